"""What sharing and field-level security hide is said, for the log and for doctor."""

import logging

import pytest

from connectors.config import ConnectionSettings
from connectors.errors import ProtocolError
from connectors.model import ObjectKind, Severity
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.objects import sources_of
from connectors.salesforce.schema import Schema
from connectors.salesforce.visibility import Seen, count_seen, field_findings
from crm_segments.sandbox import mangled
from crm_segments.sandbox.calls import Reply
from crm_segments.sandbox.salesforce import Field
from tests.connectors.salesforce.pulling.worlds import ids_of
from tests.salesforce import SalesforceWorld

ACCOUNT = ObjectKind.ACCOUNT


def settings_of(world: SalesforceWorld, **more: object) -> ConnectionSettings:
    known = {"crm": "salesforce", "endpoint": world.url, "client_id": "key", "client_secret": "secret"}
    return ConnectionSettings.model_validate({**known, **more})


@pytest.fixture
def private(salesforce: SalesforceWorld) -> list[str]:
    """Accounts of which the integration user sees its own only."""
    salesforce.org.settings.private_objects.add("Account")
    rights = salesforce.org.rights(salesforce.integration)
    rights.system.discard("ViewAllData")
    salesforce.org.access.forget()
    mine = salesforce.seed(ACCOUNT, [{"name": "Mine", "owner": salesforce.integration}])
    salesforce.seed(ACCOUNT, [{"name": f"Others {number}"} for number in range(4)])
    return mine


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[object, ...]]:
    found = [vars(one) for one in caplog.records if one.getMessage() == "salesforce.records_hidden"]
    return [(one["object"], one["seen"], one["there"]) for one in found]


def test_a_user_who_sees_fewer_records_than_there_are_is_warned(
    salesforce: SalesforceWorld, private: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "connectors.salesforce"):
        assert ids_of(salesforce.connector.pull(ACCOUNT)) == private
    (line,) = lines(caplog)
    assert line == ("Account", 1, 5)


def test_a_user_who_sees_all_is_not_warned(either: SalesforceWorld, caplog: pytest.LogCaptureFixture) -> None:
    either.seed(ACCOUNT, [{"name": f"Company {number}"} for number in range(45)])
    with caplog.at_level(logging.WARNING, "connectors.salesforce"):
        first, *rest = either.connector.pull(ACCOUNT)
        list(either.connector.pull(ACCOUNT, checkpoint=first.checkpoint))
        list(either.connector.pull(ACCOUNT, since=rest[-1].watermark))
    assert lines(caplog) == []


def test_a_user_without_any_right_to_the_setup_pulls_all_the_same(
    either: SalesforceWorld, caplog: pytest.LogCaptureFixture
) -> None:
    """Counts of records take View Setup and Configuration, which a scheduled run need not have."""
    ids = either.seed(ACCOUNT, [{"name": f"Company {number}"} for number in range(45)])
    either.org.rights(either.integration).system.discard("ViewSetup")
    either.org.access.forget()
    with caplog.at_level(logging.WARNING, "connectors.salesforce"):
        pages = list(either.connector.pull(ACCOUNT))
    assert ids_of(pages) == ids
    assert lines(caplog) == []
    assert ids_of(either.connector.pull(ACCOUNT, since=pages[-1].watermark)) == ids
    settings = settings_of(either)
    client = SalesforceClient(settings)
    (found,) = count_seen(client, sources_of(ACCOUNT, settings))
    assert (found, found.is_short) == (Seen("Account", 45, None), False)
    client.close()


def test_an_answer_without_a_time_is_refused(salesforce: SalesforceWorld) -> None:
    """By this machine's clock records would be missed."""
    broken = mangled(lambda reply: Reply(reply.status, reply.body, {**reply.headers, "Date": "today"}))
    salesforce.emulator.faults.at(1, broken, path="/limits/recordCount")
    with pytest.raises(ProtocolError) as caught:
        list(salesforce.connector.pull(ACCOUNT))
    assert caught.value.code == "salesforce.date"


def test_doctor_can_say_how_many_are_seen(salesforce: SalesforceWorld, private: list[str]) -> None:
    settings = settings_of(salesforce)
    client = SalesforceClient(settings)
    assert count_seen(client, sources_of(ACCOUNT, settings)) == [Seen("Account", len(private), 5)]
    assert count_seen(client, sources_of(ObjectKind.ACTIVITY, settings)) == [
        Seen("Task", 0, 0),
        Seen("Event", 0, 0),
    ]
    client.close()


def test_doctor_can_say_which_fields_are_missing(salesforce: SalesforceWorld) -> None:
    salesforce.org.hide_field("Account", "Industry", salesforce.integration)
    salesforce.org.add_field("Account", Field(name="Tier__c", label="T", type="string"), visible=False)
    settings = settings_of(salesforce)
    client = SalesforceClient(settings)
    (found,) = field_findings(Schema(client), sources_of(ACCOUNT, settings))
    assert (found.severity, found.details["fields"]) == (Severity.WARN, ["Industry"])
    (found,) = field_findings(Schema(client), sources_of(ObjectKind.PRODUCT, settings))
    assert found.severity is Severity.OK
    mapped = settings_of(salesforce, fields={"account": {"x_tier": "Tier__c"}})
    (found,) = field_findings(Schema(client), sources_of(ACCOUNT, mapped))
    assert found.severity is Severity.FAIL
    assert "Tier__c" in found.what
    client.close()
