"""A batch whose request, answer, session or quota is lost: never a silent success, never a resend."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from pydantic import SecretStr

from connectors.config import ConnectionSettings
from connectors.errors import (
    CrmSegmentsError,
    ProtocolError,
    QuotaExhaustedError,
    RateLimitedError,
    UnavailableError,
    UnknownOutcomeError,
)
from connectors.model import FieldWrite, ObjectKind, WriteOutcome
from connectors.salesforce.client import SalesforceClient
from crm_segments.sandbox import (
    Fault,
    FaultPlan,
    answer_lost,
    html_page,
    mangled,
    redirected,
    refused,
    reset_before,
    truncated,
)
from crm_segments.sandbox.calls import Reply
from crm_segments.sandbox.salesforce.refusals import concurrent_limit, server_unavailable, session_ended
from tests.connectors.salesforce.writing import KEY, add_fields, collections, outcomes, put, seed, stored
from tests.salesforce import SalesforceWorld


@pytest.fixture
def world(salesforce: SalesforceWorld) -> SalesforceWorld:
    add_fields(salesforce)
    return salesforce


def fault(world: SalesforceWorld, what: Fault, position: int = 1) -> None:
    world.emulator.wire.faults = FaultPlan().at(position, what, method="PATCH", path="composite/sobjects")


def shortened(reply: Reply) -> Reply:
    return Reply(reply.status, orjson.dumps(orjson.loads(reply.body)[:-1]), reply.headers)


def turned(reply: Reply) -> Reply:
    return Reply(reply.status, orjson.dumps(orjson.loads(reply.body)[::-1]), reply.headers)


def emptied(reply: Reply) -> Reply:
    return Reply(reply.status, b"[]", reply.headers)


def nulled(reply: Reply) -> Reply:
    return Reply(reply.status, b"null", reply.headers)


def no_verdicts(reply: Reply) -> Reply:
    return Reply(reply.status, orjson.dumps([{}] * len(orjson.loads(reply.body))), reply.headers)


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(answer_lost(), id="the answer is lost"),
        pytest.param(truncated(), id="half an answer"),
        pytest.param(html_page(applied=True), id="a page with status 200"),
        pytest.param(html_page(500, applied=True), id="a page with status 500"),
        pytest.param(refused(500), id="500 without a body"),
        pytest.param(refused(502, html=True, body="<html>"), id="502"),
        pytest.param(refused(502, retry_after=1), id="502 with Retry-After"),
        pytest.param(refused(504), id="504"),
        pytest.param(mangled(shortened), id="one verdict too few"),
        pytest.param(mangled(turned), id="verdicts in another order"),
        pytest.param(mangled(emptied), id="success without verdicts"),
        pytest.param(mangled(nulled), id="null"),
        pytest.param(mangled(no_verdicts), id="verdicts that say nothing"),
    ],
)
def test_an_answer_that_is_lost_leaves_the_outcome_open_and_is_not_sent_again(
    world: SalesforceWorld, what: Fault
) -> None:
    """Pain: a success that is none. Trap: retries that send a write again that had been carried out."""
    ids = seed(world, 3)
    fault(world, what)
    with pytest.raises(UnknownOutcomeError) as caught:
        put(world, [(record_id, {KEY: "big"}) for record_id in ids])
    assert len(collections(world)) == 1
    assert world.org.store.history.touches(ids[0]) <= 1
    assert "read back" in caught.value.hint
    assert not any(record_id in f"{caught.value.message} {caught.value.hint}" for record_id in ids)


def test_a_reset_before_the_request_was_carried_out_is_as_open_as_one_after(world: SalesforceWorld) -> None:
    (record_id,) = seed(world, 1)
    fault(world, reset_before())
    with pytest.raises(UnknownOutcomeError):
        put(world, [(record_id, {KEY: "big"})])
    assert stored(world, record_id, KEY) is None
    assert outcomes(put(world, [(record_id, {KEY: "big"})])) == [WriteOutcome.WRITTEN]


@pytest.mark.parametrize(
    ("what", "error", "seconds"),
    [
        pytest.param(server_unavailable(), UnavailableError, None, id="503"),
        pytest.param(server_unavailable(retry_after=7), UnavailableError, 7, id="503 with Retry-After"),
        pytest.param(html_page(503), UnavailableError, None, id="a page with status 503"),
        pytest.param(refused(429, retry_after=3), UnavailableError, 3, id="429 with Retry-After"),
        pytest.param(refused(429), UnavailableError, None, id="429"),
        pytest.param(concurrent_limit(), RateLimitedError, None, id="too many long requests"),
        pytest.param(html_page(403), UnavailableError, None, id="a proxy's page with status 403"),
    ],
)
def test_a_request_that_was_turned_away_touched_nothing_and_may_be_asked_again(
    world: SalesforceWorld, what: Fault, error: type[CrmSegmentsError], seconds: float | None
) -> None:
    """Pain: a "retry" that did not retry, or not after the time that the server named."""
    (record_id,) = seed(world, 1)
    put(world, [(record_id, {KEY: "small"})])
    fault(world, what)
    with pytest.raises(error) as caught:
        put(world, [(record_id, {KEY: "big"})])
    assert getattr(caught.value, "retry_after", None) == seconds
    assert stored(world, record_id, KEY) == "small"
    assert outcomes(put(world, [(record_id, {KEY: "big"})])) == [WriteOutcome.WRITTEN]


def test_a_redirect_is_not_followed(world: SalesforceWorld) -> None:
    """Trap: both client libraries follow a redirect to another host, records and all."""
    (record_id,) = seed(world, 1)
    fault(world, redirected("https://elsewhere.example/"))
    with pytest.raises(ProtocolError, match="elsewhere") as caught:
        put(world, [(record_id, {KEY: "big"})])
    assert "elsewhere.example" not in caught.value.message
    assert len(collections(world)) == 1


def test_a_session_that_ends_in_the_middle_is_renewed_once_for_ten_threads(world: SalesforceWorld) -> None:
    """Pain: a token dies in a long run. Trap: the client library logs in without end, in each thread."""
    ids = seed(world, 400)
    put(world, [(ids[0], {KEY: "small"})])
    logins = world.org.sessions.login_count
    gate = threading.Barrier(10)

    def write(number: int) -> list[WriteOutcome | None]:
        gate.wait()
        if number == 4:
            world.org.sessions.expire_all()
        part = ids[number * 40 : number * 40 + 40]
        return outcomes(put(world, [(record_id, {KEY: "big"}) for record_id in part]))

    with ThreadPoolExecutor(10) as pool:
        found = list(pool.map(write, range(10)))
    assert {outcome for part in found for outcome in part} == {WriteOutcome.WRITTEN}
    assert world.org.sessions.login_count - logins <= 1
    # Nobody's batch was carried out twice.
    assert {world.org.store.history.touches(record_id) for record_id in ids[1:]} == {1}


def test_a_session_that_stays_refused_ends_the_run_after_one_new_login(world: SalesforceWorld) -> None:
    (record_id,) = seed(world, 1)
    put(world, [(record_id, {KEY: "small"})])
    logins = world.org.sessions.login_count
    world.emulator.wire.faults = FaultPlan().at(range(1, 20), session_ended(), path="composite/sobjects")
    with pytest.raises(CrmSegmentsError) as caught:
        put(world, [(record_id, {KEY: "big"})])
    assert caught.value.exit_code == 4
    assert world.org.sessions.login_count - logins == 1
    assert stored(world, record_id, KEY) == "small"


def test_the_reserve_of_calls_is_not_touched(world: SalesforceWorld) -> None:
    """Pain: the sync eats the org's daily calls, and everybody else's integrations stop."""
    (record_id,) = seed(world, 1)
    put(world, [(record_id, {KEY: "small"})])
    world.org.usage.add(12_000)
    put(world, [(record_id, {KEY: "small"})])
    sent = len(world.emulator.wire.requests())
    with pytest.raises(QuotaExhaustedError, match="12,0"):
        put(world, [(record_id, {KEY: "big"})])
    assert len(world.emulator.wire.requests()) == sent
    assert stored(world, record_id, KEY) == "small"


def test_a_day_without_calls_stops_the_run_and_touches_nothing(world: SalesforceWorld) -> None:
    (record_id,) = seed(world, 1)
    put(world, [(record_id, {KEY: "small"})])
    world.org.usage.add(15_000)
    with pytest.raises(QuotaExhaustedError) as caught:
        put(world, [(record_id, {KEY: "big"})])
    assert caught.value.exit_code == 75
    assert stored(world, record_id, KEY) == "small"


def test_a_refusal_that_nobody_can_explain_is_reported_by_its_code(world: SalesforceWorld) -> None:
    (record_id,) = seed(world, 1)
    body = '[{"errorCode": "JSON_PARSER_ERROR", "message": "secret"}]'
    fault(world, refused(400, body=body))
    with pytest.raises(ProtocolError, match="JSON_PARSER_ERROR") as caught:
        put(world, [(record_id, {KEY: "big"})])
    assert "secret" not in f"{caught.value.message}{caught.value.hint}"
    assert len(collections(world)) == 1


def test_an_org_that_contradicts_its_own_description_stops_the_run_with_nothing_written(
    world: SalesforceWorld,
) -> None:
    (record_id,) = seed(world, 1)
    body = '[{"errorCode": "INVALID_FIELD", "message": "No such column", "fields": ["CRM_Segment__c"]}]'
    fault(world, refused(400, body=body))
    with pytest.raises(CrmSegmentsError) as caught:
        put(world, [(record_id, {KEY: "big"})])
    assert (caught.value.code, caught.value.exit_code) == ("salesforce.fields.moved", 6)
    assert caught.value.details["fields"] == [KEY]


def test_survivors_that_cannot_be_asked_for_do_not_cost_the_results_of_the_others(
    world: SalesforceWorld,
) -> None:
    gone, fine = seed(world, 2)
    world.delete(ObjectKind.ACCOUNT, gone)
    world.emulator.wire.faults = FaultPlan().at(1, server_unavailable(), path="queryAll")
    results = put(world, [(gone, {KEY: "big"}), (fine, {KEY: "big"})])
    assert outcomes(results) == [WriteOutcome.GONE, WriteOutcome.WRITTEN]


def test_a_write_that_is_never_answered_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trap: neither client library has a time limit of its own."""
    monkeypatch.setattr("connectors.salesforce.client.TIMEOUTS", (1.0, 0.2))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = ConnectionSettings(
            crm="salesforce",
            endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}",
            domain="emulated",
            access_token=SecretStr("token"),
        )
        client = SalesforceClient(settings)
        with pytest.raises(UnknownOutcomeError):
            client.send("PATCH", "composite/sobjects", purpose="write", content={}, is_write=True)
        client.close()


def test_all_batches_of_a_run_share_few_connections(world: SalesforceWorld) -> None:
    ids = seed(world, 1000)
    batches = [ids[start : start + 20] for start in range(0, 1000, 20)]
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda part: put(world, [(one, {KEY: "big"}) for one in part]), batches))
    assert len(collections(world)) == 50
    assert world.emulator.wire.connection_count() <= 12
    assert world.org.store.history.touches() == 1000


def test_every_row_is_sent_exactly_once(world: SalesforceWorld) -> None:
    """Pain: an automatic batch size dropped the last row, or all of them."""
    for count in (1, 199, 200):
        ids = seed(world, count)
        batch = [FieldWrite(record_id, {KEY: "big"}) for record_id in ids]
        results = world.connector.write(ObjectKind.ACCOUNT, batch, request_id="test")
        assert len(results) == count
        assert {world.org.store.history.touches(record_id) for record_id in ids} == {1}
