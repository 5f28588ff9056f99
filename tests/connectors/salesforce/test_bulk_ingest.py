"""Jobs that write: every row once, in the form that a file can carry, and each row's own verdict."""

import csv
import io

import pytest

from connectors.contract import BulkWrite
from connectors.errors import UsageError
from connectors.model import FieldValue, FieldWrite, JobState, ObjectKind, WriteOutcome
from tests.connectors.salesforce.writing import (
    AMOUNT,
    DAY,
    FLAG,
    KEY,
    MOMENT,
    REASON,
    WHOLE,
    add_fields,
    collections,
    outcomes,
    put,
    seed,
    stored,
    write_job,
    written_bodies,
)
from tests.salesforce import SalesforceWorld

ACCOUNT = ObjectKind.ACCOUNT


@pytest.fixture
def world(salesforce: SalesforceWorld) -> SalesforceWorld:
    add_fields(salesforce)
    return salesforce


def test_it_keeps_the_protocol(world: SalesforceWorld) -> None:
    assert isinstance(world.connector, BulkWrite)


def test_every_type_of_field_is_written_as_it_was_given(world: SalesforceWorld) -> None:
    """Pain: the client's files hold `nan`, moments without a zone, and blanks for what is to be cleared."""
    first, second = seed(world, 2)
    values: dict[str, FieldValue] = {
        KEY: "big",
        REASON: "412 employees",
        DAY: "2026-11-02",
        AMOUNT: 0.93,
        WHOLE: 7,
        FLAG: True,
        MOMENT: "2026-11-02T08:15:00+02:00",
    }
    put(world, [(second, values)])
    cleared: dict[str, FieldValue] = {**dict.fromkeys(values), FLAG: False}
    assert outcomes(write_job(world, [(first, values), (second, cleared)])) == [WriteOutcome.WRITTEN] * 2
    assert [stored(world, first, name) for name in values] == [
        *("big", "412 employees", "2026-11-02", 0.93, 7, True),
        "2026-11-02T06:15:00.000+0000",
    ]
    assert [stored(world, second, name) for name in values] == [None, None, None, None, None, False, None]


def test_the_file_is_what_the_documentation_asks_for(world: SalesforceWorld) -> None:
    first, second = seed(world, 2)
    bodies = written_bodies(world)
    write_job(
        world,
        [
            (first, {KEY: "big", REASON: 'ä "b",\nc', AMOUNT: 1e15}),
            (second[:15], {KEY: None, REASON: "", AMOUNT: 0.5}),
        ],
    )
    assert bodies[0].decode() == (
        f'"Id","{KEY}","{REASON}","{AMOUNT}"\n'
        f'"{first}","big","ä ""b"",\nc","1000000000000000"\n'
        f'"{second}","#N/A","#N/A","0.5"\n'
    )
    assert bodies[1] == b'{"state":"UploadComplete"}'


@pytest.mark.parametrize("count", [1, 2, 9, 10, 11, 19, 20, 21])
def test_every_row_is_sent_exactly_once(world: SalesforceWorld, count: int) -> None:
    """Pain: an automatic batch size dropped the last row of 10,001 without a word."""
    world.org.settings.bulk_batch_rows = 10
    ids = seed(world, count)
    assert outcomes(write_job(world, [(one, {KEY: "big"}) for one in ids])) == [WriteOutcome.WRITTEN] * count
    assert {world.org.store.history.touches(record_id) for record_id in ids} == {1}
    assert collections(world) == []


def test_a_failed_row_is_tied_to_its_record(world: SalesforceWorld) -> None:
    """Pain: a rejected bulk row cannot be tied to its record."""
    ids = seed(world, 30)
    world.org.lock_row(ids[7], 1)
    world.org.lock_for_approval(ids[21])
    world.delete(ACCOUNT, ids[3])
    results = write_job(world, [(one, {KEY: "big"}) for one in reversed(ids)])
    assert [result.record_id for result in results if result] == list(reversed(ids))
    special = {ids[7]: WriteOutcome.BUSY, ids[21]: WriteOutcome.LOCKED, ids[3]: WriteOutcome.GONE}
    assert outcomes(results) == [special.get(one, WriteOutcome.WRITTEN) for one in reversed(ids)]


def test_rows_that_the_job_did_not_reach_are_told_apart_from_failed_ones(world: SalesforceWorld) -> None:
    """Pain: a whole batch vanishes without an exception."""
    world.org.settings.bulk_fail_after_rows = 4
    ids = seed(world, 10)
    world.org.lock_row(ids[1], 1)
    results = write_job(world, [(one, {KEY: "big"}) for one in ids])
    assert outcomes(results) == [
        *(WriteOutcome.WRITTEN, WriteOutcome.BUSY, WriteOutcome.WRITTEN, WriteOutcome.WRITTEN),
        *[None] * 6,
    ]
    assert [world.org.store.history.touches(one) for one in ids[4:]] == [0] * 6


def test_a_job_that_could_not_read_its_file_reached_nobody(world: SalesforceWorld) -> None:
    ids = seed(world, 3)
    batch = [FieldWrite(one, {REASON: "x"}) for one in ids]
    reference = world.connector.open_job(ACCOUNT, [REASON])
    world.org.settings.bulk_seconds = 60
    assert world.connector.submit_job(reference, ACCOUNT, batch) == [None] * 3
    world.org.remove_field("Account", REASON)
    assert world.connector.job_state(reference) is JobState.WORKING
    world.clock.advance(61)
    assert world.connector.job_state(reference) is JobState.ENDED
    assert world.connector.job_results(reference, ids) == [None] * 3


def test_values_that_do_not_fit_are_left_out_and_named_at_once(world: SalesforceWorld) -> None:
    ids = seed(world, 4)
    values = ["big", "no_such_option", "small", "BIG"]
    results = write_job(world, [(one, {KEY: value}) for one, value in zip(ids, values, strict=True)])
    assert outcomes(results) == [
        *(WriteOutcome.WRITTEN, WriteOutcome.REJECTED, WriteOutcome.WRITTEN, WriteOutcome.REJECTED)
    ]
    assert [result.code for result in results if result] == ["", "value.option", "", "value.option"]
    assert [world.org.store.history.touches(one) for one in ids] == [1, 0, 1, 0]


@pytest.mark.parametrize("text", ["#N/A", "#n/a", "a\rb", "a\r\nb"])
def test_a_text_that_a_file_cannot_carry_is_left_to_single_requests(
    world: SalesforceWorld, text: str
) -> None:
    """The text #N/A would clear the field, a carriage return may end the row."""
    first, second = seed(world, 2)
    results = write_job(world, [(first, {REASON: text}), (second, {REASON: "x"})])
    assert outcomes(results) == [WriteOutcome.BUSY, WriteOutcome.WRITTEN]
    assert world.org.store.history.touches(first) == 0
    assert outcomes(put(world, [(first, {REASON: text})])) == [WriteOutcome.WRITTEN]
    assert stored(world, first, REASON) == text


@pytest.mark.parametrize(
    "text",
    [
        '"',
        '""',
        ",",
        "a,b",
        "\n",
        "a\nb",
        "line\u2028line",
        "tab\ttab",
        "'",
        "=1+1",
        "#N/A ",
        "#N/A.",
        ";|^`",
    ],
)
def test_quotes_line_breaks_and_commas_in_a_text_break_no_row(world: SalesforceWorld, text: str) -> None:
    """Pain: CSV quoting and line breaks in names broke rows. Trap: results were split at U+2028."""
    ids = seed(world, 3)
    text = f"x{text}x"
    results = write_job(world, [(one, {REASON: text}) for one in ids])
    assert outcomes(results) == [WriteOutcome.WRITTEN] * 3
    assert [stored(world, one, REASON) for one in ids] == [text] * 3


def test_a_job_of_which_everything_is_left_out_stays_open_and_writes_nothing(world: SalesforceWorld) -> None:
    (record_id,) = seed(world, 1)
    reference = world.connector.open_job(ACCOUNT, [KEY])
    (verdict,) = world.connector.submit_job(reference, ACCOUNT, [FieldWrite(record_id, {KEY: "no"})])
    assert verdict is not None
    assert verdict.outcome is WriteOutcome.REJECTED
    assert world.connector.job_state(reference) is JobState.OPEN
    world.connector.abandon_job(reference)
    assert world.connector.job_state(reference) is JobState.ENDED


def test_records_with_unlike_fields_are_refused(world: SalesforceWorld) -> None:
    """Pain: rows with other keys got blanks, which change nothing on an update and say nothing."""
    first, second = seed(world, 2)
    reference = world.connector.open_job(ACCOUNT, [KEY])
    with pytest.raises(UsageError, match="unlike"):
        world.connector.submit_job(
            reference, ACCOUNT, [FieldWrite(first, {KEY: "big"}), FieldWrite(second, {REASON: "x"})]
        )


def test_a_record_named_twice_or_too_many_bytes_are_refused_before_the_upload(
    world: SalesforceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    (record_id,) = seed(world, 1)
    reference = world.connector.open_job(ACCOUNT, [KEY])
    write = FieldWrite(record_id, {KEY: "big"})
    with pytest.raises(UsageError):
        world.connector.submit_job(reference, ACCOUNT, [write, FieldWrite(record_id[:15], {KEY: "big"})])
    monkeypatch.setattr("connectors.salesforce.bulk_ingest.MAX_JOB_BYTES", 40)
    with pytest.raises(UsageError, match="bytes"):
        world.connector.submit_job(reference, ACCOUNT, [write])
    assert world.emulator.wire.requests("PUT") == []
    assert world.connector.job_state(reference) is JobState.OPEN


def test_the_largest_job_of_ours_fits_into_a_file(world: SalesforceWorld) -> None:
    """Sixty thousand rows with the longest texts of our fields stay below the limit of bytes."""
    from connectors.salesforce.bulk_files import csv_file  # noqa: PLC0415
    from connectors.salesforce.limits import LIMITS, MAX_JOB_BYTES  # noqa: PLC0415

    values = {
        KEY: "k" * 80,
        "Confidence__c": "close call",
        REASON: "語" * 255,
        DAY: "2026-11-02",
        "Play__c": "語" * 255,
    }
    names = list(values)
    assert (
        len(csv_file(names, ["0014S0000000001QAA"], [values])) * LIMITS.max_job_records < MAX_JOB_BYTES * 1.1
    )
    assert world.connector.limits.max_job_records == LIMITS.max_job_records


def test_the_state_is_known_at_the_first_question(world: SalesforceWorld) -> None:
    """Trap: the client's own helper sleeps five seconds before it looks for the first time."""
    world.org.settings.bulk_polls = 0
    (record_id,) = seed(world, 1)
    reference = world.connector.open_job(ACCOUNT, [KEY])
    assert world.connector.job_state(reference) is JobState.OPEN
    world.connector.submit_job(reference, ACCOUNT, [FieldWrite(record_id, {KEY: "big"})])
    assert world.connector.job_state(reference) is JobState.ENDED


def test_a_job_that_salesforce_forgot_is_gone(world: SalesforceWorld) -> None:
    assert world.connector.job_state("7504S0000000099QAA") is JobState.GONE
    world.connector.abandon_job("7504S0000000099QAA")
    with pytest.raises(UsageError):
        world.connector.job_results("7504S0000000099QAA", [])


def test_results_of_an_earlier_job_survive_the_failure_of_a_later_one(world: SalesforceWorld) -> None:
    """Pain: when the third of three jobs failed, the ids and results of the first two were lost."""
    first, second = seed(world, 2)
    references = [world.connector.open_job(ACCOUNT, [KEY]) for _ in range(2)]
    world.connector.submit_job(references[0], ACCOUNT, [FieldWrite(first, {KEY: "big"})])
    world.org.settings.bulk_fail_after_rows = 0
    world.connector.submit_job(references[1], ACCOUNT, [FieldWrite(second, {KEY: "big"})])
    # Another process, which knows nothing but the references.
    with world.reopen() as later:
        assert isinstance(later, BulkWrite)
        while {later.job_state(one) for one in references} != {JobState.ENDED}:
            world.clock.advance(1)
        (result,) = later.job_results(references[0], [first])
        assert result is not None
        assert result.outcome is WriteOutcome.WRITTEN
        assert later.job_results(references[1], [second]) == [None]


def test_umlauts_of_a_result_file_without_charset_are_read_right(world: SalesforceWorld) -> None:
    """Trap: the client reads results as Latin-1 when nobody names a charset."""
    world.org.settings.bulk_polls = 0
    (record_id,) = seed(world, 1)
    assert outcomes(write_job(world, [(record_id, {REASON: "Müller & Söhne"})])) == [WriteOutcome.WRITTEN]
    job = next(iter(world.org.bulk.jobs))
    answer = world.http("GET", f"jobs/ingest/{job}/successfulResults")
    assert "charset" not in answer.headers["Content-Type"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))
    assert rows[0][REASON] == "Müller & Söhne"


@pytest.mark.parametrize("runs_rules", [False, True])
def test_owners_and_bulk_jobs(world: SalesforceWorld, *, runs_rules: bool) -> None:
    """Whether jobs run assignment rules is only believed (they do not): collections are sure not to."""
    world.org.settings.beliefs.bulk_runs_assignment_rules = runs_rules
    other = world.org.add_user("queue@example.com", world.profile)
    world.org.settings.assignment_rules["Account"] = other
    by_job, by_batch = seed(world, 2)
    owner = stored(world, by_job, "OwnerId")
    write_job(world, [(by_job, {KEY: "big"})])
    put(world, [(by_batch, {KEY: "big"})])
    assert stored(world, by_job, "OwnerId") == (other if runs_rules else owner)
    assert stored(world, by_batch, "OwnerId") == owner
    (job,) = world.org.bulk.jobs.values()
    # No rule is ever named, and the word that switches them off is on every request.
    assert getattr(job, "assignment_rule", None) is None
    assert {
        call.header("Sforce-Auto-Assign") for call in world.emulator.wire.requests(path="jobs/ingest")
    } == {"FALSE"}
