"""Many records go in jobs; whatever happens to a job, each record is written once."""

from collections import Counter

import pytest

from connectors.model import CallBudget, JobState, ObjectKind, WriteOutcome, WriteResult
from sync.results import ChangeCounts, RunStatus
from tests.sync.bulk import BulkConnector, Killed
from tests.sync.world import World, code_of


def jobs_of(world: World, **more: object) -> BulkConnector:
    bulk = BulkConnector(world.crm, **more)  # type: ignore[arg-type]
    world.connector = bulk
    return bulk


def assert_settled(world: World) -> None:
    """Every record holds its value by one write, and another run has nothing to do."""
    assert Counter(record for record, _field, _new in world.writes()) == dict.fromkeys(world.keys(), 4)
    touched = world.touched()
    result = world.run()
    assert (result.exit_code, result.changes, result.write_requests) == (0, ChangeCounts(), 0)
    assert world.touched() == touched


def test_many_records_go_in_jobs_of_the_size_that_the_crm_takes(world: World) -> None:
    bulk = jobs_of(world)
    result = world.run()
    assert (result.exit_code, result.changes.written, result.write_requests) == (0, 24, 4)
    assert [len(job.batch) for job in bulk.jobs.values()] == [6, 6, 6, 6]
    assert bulk.requests == []
    assert_settled(world)


def test_few_records_go_in_batches(world: World) -> None:
    bulk = jobs_of(world)
    world.run()
    world.resize(["a001", "a004"], 20)
    result = world.run()
    assert (result.changes.written, len(bulk.requests), len(bulk.jobs)) == (2, 1, 4)


def test_few_records_go_in_a_job_where_calls_are_short(world: World) -> None:
    bulk = jobs_of(world)
    world.run()
    bulk.budget = CallBudget(allowed=100, left=20, reserve=20)
    world.resize(["a001", "a004"], 20)
    result = world.run()
    assert (result.changes.written, len(bulk.requests), len(bulk.jobs)) == (2, 0, 5)


def test_rejected_and_missing_records_of_a_job_are_told_apart(world: World) -> None:
    bulk = jobs_of(world, rejects={"a003": "Rating is empty."})

    def somebody_deletes(_reference: str) -> None:
        world.crm.delete(ObjectKind.ACCOUNT, ["a004"])

    bulk.on_submit = somebody_deletes
    result = world.run()
    assert (result.exit_code, result.status) == (5, RunStatus.PARTIAL)
    assert (result.changes.written, result.changes.rejected, result.changes.gone) == (22, 1, 1)
    assert [group.message for group in result.rejected] == ["Rating is empty."]


def test_what_a_job_did_not_reach_goes_into_another_job(world: World) -> None:
    bulk = jobs_of(world, reaches=4)
    result = world.run()
    assert (result.exit_code, result.changes.written) == (0, 24)
    assert [len(job.batch) for job in bulk.jobs.values()] == [6, 2, 6, 2, 6, 2, 6, 2]
    assert_settled(world)


def test_records_that_a_job_cannot_carry_are_rejected_or_sent_by_themselves(world: World) -> None:
    bulk = jobs_of(world)
    bulk.leaves_out = {
        "a001": WriteResult("a001", WriteOutcome.BUSY, "json_only", message="Sent by itself."),
        "a002": WriteResult("a002", WriteOutcome.REJECTED, "long", "crm_segment_reason", "Too long."),
    }
    result = world.run()
    assert (result.exit_code, result.changes.written, result.changes.rejected) == (5, 23, 1)
    assert [ids for _name, ids in bulk.requests] == [["a001"]]


def test_a_job_that_would_be_empty_is_ended(world: World) -> None:
    bulk = jobs_of(world)
    everybody = world.keys()
    bulk.leaves_out = {
        each: WriteResult(each, WriteOutcome.BUSY, "json_only", message="By itself.") for each in everybody
    }
    assert world.run().changes.written == 24
    assert bulk.abandoned == list(bulk.jobs)
    bulk.leaves_out = {}
    assert_settled(world)


def test_a_crm_that_gives_up_jobs_for_good_pauses_the_run(world: World) -> None:
    bulk = jobs_of(world, reaches=2)
    paused = world.run()
    assert (paused.exit_code, code_of(paused)) == (75, "write.job_given_up")
    assert paused.changes.written == 4
    bulk.reaches = 6
    world.run()
    assert_settled(world)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_to_a_submission_is_resolved_by_the_job_itself(world: World, when: str) -> None:
    bulk = jobs_of(world, lose_submit=when)
    result = world.run()
    assert (result.exit_code, result.changes.written) == (0, 24)
    assert bulk.reads == 0
    assert bulk.abandoned == (["job-0"] if when == "before" else [])
    assert_settled(world)


def test_a_refused_submission_leaves_no_job_behind_and_pauses(world: World) -> None:
    bulk = jobs_of(world)
    bulk.lose_submit = "refuse"
    assert world.run().exit_code == 0  # repeated within the run
    assert bulk.abandoned == []
    assert_settled(world)


@pytest.mark.parametrize("polls_later", [0, 3])
def test_a_job_whose_run_was_killed_is_taken_up_by_the_next_run(world: World, polls_later: int) -> None:
    bulk = jobs_of(world)

    def die(reference: str) -> None:
        bulk.jobs[reference].polls = polls_later
        bulk.on_submit = lambda _reference: None
        raise Killed

    bulk.on_submit = die
    with pytest.raises(Killed):
        world.run()
    again = world.reopen()
    bulk.inner, again.connector = again.crm, bulk
    result = again.run()
    assert (result.exit_code, result.changes.written) == (0, 24)
    assert bulk.reads == 0, "the job knew what became of its records"
    assert_settled(again)


def test_an_empty_job_of_a_killed_run_is_ended_and_its_records_go_into_a_new_one(world: World) -> None:
    bulk = jobs_of(world)
    bulk.lose_submit = "killed"
    with pytest.raises(Killed):
        world.run()
    assert bulk.jobs["job-0"].state is JobState.OPEN
    again = world.reopen()
    bulk.inner, again.connector = again.crm, bulk
    assert again.run().changes.written == 24
    assert bulk.abandoned == ["job-0"]
    assert_settled(again)


def test_a_job_that_the_crm_has_forgotten_is_resolved_by_reading_back(world: World) -> None:
    bulk = jobs_of(world)

    def die(reference: str) -> None:
        job = bulk.jobs.pop(reference)
        bulk._work(reference, job)
        bulk.on_submit = lambda _reference: None
        raise Killed

    bulk.on_submit = die
    with pytest.raises(Killed):
        world.run()
    again = world.reopen()
    bulk.inner, again.connector = again.crm, bulk
    assert again.run().changes.written == 24
    assert bulk.reads > 0
    assert_settled(again)


def test_stopping_while_a_job_is_at_work_leaves_it_to_the_next_run(world: World) -> None:
    bulk = jobs_of(world)
    bulk.on_submit = lambda reference: setattr(bulk.jobs[reference], "polls", 50)
    asked = iter([False, False, True])
    world.should_stop = lambda: next(asked, True) if bulk.jobs else False
    paused = world.run()
    assert (paused.exit_code, code_of(paused)) == (75, "stopped.job_under_way")
    world.should_stop = lambda: False
    bulk.on_submit = lambda _reference: None
    bulk.jobs["job-0"].polls = 0
    assert world.run().exit_code == 0
    assert_settled(world)


def test_a_job_is_asked_at_once_and_then_ever_less_often(world: World) -> None:
    bulk = jobs_of(world)
    bulk.on_submit = lambda reference: setattr(bulk.jobs[reference], "polls", 4)
    world.run()
    assert world.slept[:4] == [0.5, 0.75, 1.125, 1.6875]


def test_a_plan_waits_for_the_job_of_an_earlier_run(world: World) -> None:
    bulk = jobs_of(world)

    def die(_reference: str) -> None:
        bulk.on_submit = lambda _reference: None
        raise Killed

    bulk.on_submit = die
    with pytest.raises(Killed):
        world.run()
    again = world.reopen()
    bulk.inner, again.connector = again.crm, bulk
    assert again.plan().plan.head.counts["set"] == 18
