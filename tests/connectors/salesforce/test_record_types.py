"""Options that record types hide are said before anything is written."""

import pytest

from connectors.model import ObjectKind, Severity
from tests.connectors.salesforce.setup import KEY, actions, changing, wanted
from tests.salesforce import SalesforceWorld

ACCOUNT = ObjectKind.ACCOUNT


@pytest.mark.parametrize("refuses", [True, False])
def test_pain_15_options_hidden_by_a_record_type_are_said_at_plan_time(
    salesforce: SalesforceWorld, *, refuses: bool
) -> None:
    """Said whether or not Salesforce then refuses such a value through the API."""
    salesforce.org.settings.beliefs.record_type_hides_options = refuses
    salesforce.org.add_record_type("Account", "Partner", {KEY: ["small"]})
    salesforce.org.add_record_type("Account", "Customer")
    salesforce.connector.ensure_fields(ACCOUNT, wanted())
    before = len(salesforce.emulator.wire.requests())
    changes = salesforce.connector.ensure_fields(ACCOUNT, wanted(), dry_run=True)
    assert actions(changes) == ["none"] * 3
    ((warning,), *others) = [change.warnings for change in changes]
    assert others == [(), ()]
    assert '"Partner" of Account hides 1 of our options' in warning
    assert "Big ones" in warning
    assert "Record Types > Partner" in warning
    assert changing(salesforce, before) == []


def test_findings_name_type_field_and_click_path(salesforce: SalesforceWorld) -> None:
    salesforce.org.add_record_type("Account", "Partner", {KEY: []})
    salesforce.connector.ensure_fields(ACCOUNT, wanted())
    (finding,) = [one for one in salesforce.connector.check() if "record type" in one.what]
    assert finding.severity is Severity.WARN
    assert "hides 2 of our options" in finding.what
    assert "Selected Values" in finding.hint


def test_an_org_without_record_types_costs_no_request(salesforce: SalesforceWorld) -> None:
    salesforce.connector.ensure_fields(ACCOUNT, wanted())
    before = len(salesforce.emulator.wire.requests())
    salesforce.connector.ensure_fields(ACCOUNT, wanted())
    paths = [one.path for one in salesforce.emulator.wire.requests()[before:]]
    assert [path.rpartition("/")[2] for path in paths] == ["describe"]


def test_options_of_other_people_may_be_hidden(salesforce: SalesforceWorld) -> None:
    salesforce.org.add_record_type("Account", "Partner", {KEY: ["big", "small"]})
    salesforce.connector.ensure_fields(ACCOUNT, wanted())
    changes = salesforce.connector.ensure_fields(ACCOUNT, wanted())
    assert [change.warnings for change in changes] == [(), (), ()]
