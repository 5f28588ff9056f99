"""Jobs whose answers are lost, whose results are cut, and that nobody wants any more."""

from collections.abc import Callable

import pytest

from connectors.errors import (
    CrmSegmentsError,
    ProtocolError,
    QuotaExhaustedError,
    UnavailableError,
    UnknownOutcomeError,
    UsageError,
)
from connectors.model import FieldWrite, JobState, ObjectKind, WriteOutcome
from connectors.salesforce.connector import SalesforceConnector
from crm_segments.sandbox import (
    Fault,
    FaultPlan,
    answer_lost,
    html_page,
    mangled,
    meanwhile,
    reset_before,
    truncated,
)
from crm_segments.sandbox.calls import Reply
from crm_segments.sandbox.salesforce.bulk import IngestJob
from crm_segments.sandbox.salesforce.bulk_work import process
from crm_segments.sandbox.salesforce.refusals import concurrent_limit, server_unavailable
from tests.connectors.salesforce.writing import KEY, REASON, add_fields, outcomes, seed, stored, write_job
from tests.salesforce import SalesforceWorld

ACCOUNT = ObjectKind.ACCOUNT
LOST = pytest.mark.parametrize(
    "what",
    [
        pytest.param(answer_lost(), id="lost after it was done"),
        pytest.param(reset_before(), id="reset before"),
        pytest.param(html_page(502), id="502"),
        pytest.param(html_page(200, applied=True), id="a page"),
    ],
)


@pytest.fixture
def world(salesforce: SalesforceWorld) -> SalesforceWorld:
    add_fields(salesforce)
    salesforce.connector.describe(ACCOUNT)
    return salesforce


def plan(
    world: SalesforceWorld, what: Fault, method: str, path: str = "jobs/ingest", position: int = 1
) -> None:
    world.emulator.wire.faults = FaultPlan().at(position, what, method=method, path=path)


def job_of(world: SalesforceWorld) -> IngestJob:
    (job,) = world.org.bulk.jobs.values()
    assert isinstance(job, IngestJob)
    return job


def start(world: SalesforceWorld, ids: list[str]) -> str:
    reference = world.connector.open_job(ACCOUNT, [KEY])
    world.connector.submit_job(reference, ACCOUNT, [FieldWrite(one, {KEY: "big"}) for one in ids])
    return reference


def ended(connector: SalesforceConnector, reference: str) -> JobState:
    for _ in range(5):
        state = connector.job_state(reference)
        if state is not JobState.WORKING:
            return state
    raise AssertionError(state)


@LOST
def test_a_job_whose_upload_was_lost_is_open_and_can_be_given_up(world: SalesforceWorld, what: Fault) -> None:
    (record_id,) = seed(world, 1)
    plan(world, what, "PUT")
    with pytest.raises(UnknownOutcomeError):
        start(world, [record_id])
    reference = job_of(world).record_id
    assert world.connector.job_state(reference) is JobState.OPEN
    world.connector.abandon_job(reference)
    assert job_of(world).state == "Aborted"
    assert world.connector.job_results(reference, [record_id]) == [None]
    assert stored(world, record_id, KEY) is None
    assert len(world.emulator.wire.requests("PUT")) == 1


@LOST
def test_a_job_whose_beginning_was_lost_knows_itself_whether_it_began(
    world: SalesforceWorld, what: Fault
) -> None:
    (record_id,) = seed(world, 1)
    plan(world, what, "PATCH")
    with pytest.raises(UnknownOutcomeError):
        start(world, [record_id])
    reference = job_of(world).record_id
    began = job_of(world).state != "Open"
    state = ended(world.connector, reference)
    assert state is (JobState.ENDED if began else JobState.OPEN)
    if began:
        (result,) = world.connector.job_results(reference, [record_id])
        assert result is not None
        assert result.outcome is WriteOutcome.WRITTEN
    assert world.org.store.history.touches(record_id) == int(began)


@pytest.mark.parametrize(
    "what", [server_unavailable(), server_unavailable(retry_after=2), concurrent_limit()]
)
def test_a_beginning_that_was_turned_away_is_not_begun_twice(world: SalesforceWorld, what: Fault) -> None:
    """Asking again finds the file there already: then the job says that it is open, and a new one is made."""
    (record_id,) = seed(world, 1)
    batch = [FieldWrite(record_id, {KEY: "big"})]
    reference = world.connector.open_job(ACCOUNT, [KEY])
    plan(world, what, "PATCH")
    with pytest.raises(CrmSegmentsError) as caught:
        world.connector.submit_job(reference, ACCOUNT, batch)
    assert not isinstance(caught.value, UnknownOutcomeError)
    with pytest.raises(UnknownOutcomeError):
        world.connector.submit_job(reference, ACCOUNT, batch)
    assert world.connector.job_state(reference) is JobState.OPEN
    world.connector.abandon_job(reference)
    assert outcomes(write_job(world, [(record_id, {KEY: "big"})])) == [WriteOutcome.WRITTEN]
    assert world.org.store.history.touches(record_id) == 1


def test_a_lost_answer_to_a_new_job_leaves_an_empty_one_and_may_be_asked_again(
    world: SalesforceWorld,
) -> None:
    plan(world, answer_lost(), "POST")
    with pytest.raises(UnavailableError):
        world.connector.open_job(ACCOUNT, [KEY])
    assert job_of(world).state == "Open"
    assert len(world.connector.open_job(ACCOUNT, [KEY])) == 18


@LOST
def test_a_job_is_given_up_even_if_the_answer_to_that_is_lost_or_else_it_is_said(
    world: SalesforceWorld, what: Fault
) -> None:
    reference = world.connector.open_job(ACCOUNT, [KEY])
    plan(world, what, "PATCH")
    try:
        world.connector.abandon_job(reference)
    except UnknownOutcomeError:
        assert job_of(world).state == "Open"
        world.connector.abandon_job(reference)
    assert job_of(world).state == "Aborted"
    # Giving up twice is fine.
    world.connector.abandon_job(reference)


def test_a_job_that_has_begun_cannot_be_given_up(world: SalesforceWorld) -> None:
    ids = seed(world, 2)
    reference = start(world, ids)
    with pytest.raises(UnknownOutcomeError):
        world.connector.abandon_job(reference)
    assert ended(world.connector, reference) is JobState.ENDED
    assert {stored(world, one, KEY) for one in ids} == {"big"}


def test_a_job_that_begins_while_it_is_given_up_is_not_taken_for_given_up(world: SalesforceWorld) -> None:
    """A process that was thought dead begins the job between our question and our word."""
    (record_id,) = seed(world, 1)
    reference = world.connector.open_job(ACCOUNT, [KEY])

    def begin() -> None:
        world.emulator.wire.faults = FaultPlan()
        job = job_of(world)
        job.data = f'"Id","{KEY}"\n"{record_id}","big"\n'.encode()
        world.org.bulk.start(job, lambda: process(world.org, job))

    plan(world, meanwhile(begin), "GET", f"jobs/ingest/{reference}")
    with pytest.raises(UnknownOutcomeError):
        world.connector.abandon_job(reference)
    assert world.connector.job_state(reference) is JobState.ENDED
    assert outcomes(world.connector.job_results(reference, [record_id])) == [WriteOutcome.WRITTEN]


def cut_row(reply: Reply) -> Reply:
    lines = reply.body.splitlines(keepends=True)
    return Reply(reply.status, b"".join(lines[:-1]), reply.headers)


def doubled_row(reply: Reply) -> Reply:
    lines = reply.body.splitlines(keepends=True)
    return Reply(reply.status, b"".join([*lines[:-2], lines[-1], lines[-1]]), reply.headers)


def foreign_row(reply: Reply) -> Reply:
    return Reply(reply.status, reply.body.replace(b"0000001QAA", b"0000099QAA"), reply.headers)


def no_rows(reply: Reply) -> Reply:
    return Reply(reply.status, b"", reply.headers)


def broken_row(reply: Reply) -> Reply:
    return Reply(reply.status, reply.body + b'"half', reply.headers)


def narrow_row(reply: Reply) -> Reply:
    lines = reply.body.splitlines(keepends=True)
    return Reply(reply.status, b"".join([*lines[:-1], b'"0014S0000000003QAA"\n']), reply.headers)


def latin(reply: Reply) -> Reply:
    return Reply(reply.status, reply.body.replace("ä".encode(), b"\xe4"), reply.headers)


@pytest.mark.parametrize(
    "change",
    [cut_row, doubled_row, foreign_row, no_rows, broken_row, narrow_row, latin],
    ids=lambda one: one.__name__,
)
def test_results_that_do_not_account_for_every_record_are_not_believed(
    world: SalesforceWorld, change: Callable[[Reply], Reply]
) -> None:
    """Pain: 1,150 records sent, 200 results, no exception."""
    ids = seed(world, 3)
    reference = world.connector.open_job(ACCOUNT, [REASON])
    world.connector.submit_job(reference, ACCOUNT, [FieldWrite(one, {REASON: "ä"}) for one in ids])
    assert ended(world.connector, reference) is JobState.ENDED
    plan(world, mangled(change), "GET", "successfulResults")
    with pytest.raises(ProtocolError) as caught:
        world.connector.job_results(reference, ids)
    assert "ä" not in caught.value.message
    # The next attempt reads them anew.
    assert outcomes(world.connector.job_results(reference, ids)) == [WriteOutcome.WRITTEN] * 3


@pytest.mark.parametrize("name", ["successfulResults", "failedResults", "unprocessedrecords"])
@pytest.mark.parametrize("what", [truncated(), html_page(), server_unavailable(), reset_before()])
def test_a_result_file_that_did_not_arrive_whole_is_asked_for_again(
    world: SalesforceWorld, name: str, what: Fault
) -> None:
    world.org.settings.bulk_fail_after_rows = 2
    ids = seed(world, 3)
    world.org.lock_row(ids[0], 1)
    reference = start(world, ids)
    assert ended(world.connector, reference) is JobState.ENDED
    plan(world, what, "GET", name)
    with pytest.raises(UnavailableError):
        world.connector.job_results(reference, ids)
    assert outcomes(world.connector.job_results(reference, ids)) == [
        *(WriteOutcome.BUSY, WriteOutcome.WRITTEN, None)
    ]


def test_results_are_not_read_before_the_end(world: SalesforceWorld) -> None:
    world.org.settings.bulk_seconds = 60
    reference = start(world, seed(world, 1))
    with pytest.raises(UsageError):
        world.connector.job_results(reference, [])


def test_a_session_that_ends_between_the_steps_of_a_job_is_renewed(world: SalesforceWorld) -> None:
    """Trap: the client never renews a session on the bulk path, and its handle keeps the old token."""
    ids = seed(world, 3)
    reference = world.connector.open_job(ACCOUNT, [KEY])
    world.emulator.wire.faults = FaultPlan().at(1, meanwhile(world.org.sessions.expire_all), method="PUT")
    world.connector.submit_job(reference, ACCOUNT, [FieldWrite(one, {KEY: "big"}) for one in ids])
    world.org.sessions.expire_all()
    assert ended(world.connector, reference) is JobState.ENDED
    world.org.sessions.expire_all()
    assert outcomes(world.connector.job_results(reference, ids)) == [WriteOutcome.WRITTEN] * 3
    assert {world.org.store.history.touches(one) for one in ids} == {1}


def test_the_reserve_of_calls_is_not_touched_by_new_jobs(world: SalesforceWorld) -> None:
    world.org.usage.add(13_000)
    world.connector.identify()
    with pytest.raises(QuotaExhaustedError):
        world.connector.open_job(ACCOUNT, [KEY])
    assert world.org.bulk.jobs == {}


def test_an_unknown_state_is_not_guessed(world: SalesforceWorld) -> None:
    reference = world.connector.open_job(ACCOUNT, [KEY])
    job_of(world).state = "Paused"
    job_of(world).polls = 99
    with pytest.raises(ProtocolError):
        world.connector.job_state(reference)
