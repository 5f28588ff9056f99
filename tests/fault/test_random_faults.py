"""Whatever goes wrong with the requests: every record ends right, by one effective change."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.model import ObjectKind
from sync import get_history
from sync.results import ChangeCounts
from sync.state import schema
from sync.state.audit import first_broken_link
from tests.sync.faulty import Fault, FaultyConnector
from tests.sync.world import DAY, Values, World, make_world

SEEDS = int(os.environ.get("CRM_SEGMENTS_FAULT_SEEDS", "15"))
"""Schedules to try; a large number is for a hunt at night."""

COUNT = 12
IDS = st.integers(0, COUNT - 1).map(lambda number: f"a{number:03}")
ORDINALS = st.integers(0, 9)
SEGMENTS = {20: "small", 300: "middle", 5_000: "large"}
REASONS = {20: "20 employees", 300: "300 employees", 5_000: "5,000 employees"}


class KilledError(BaseException):
    """Stands for the end of the process in the middle of a request."""


@dataclass(frozen=True)
class Story:
    """What people do and what goes wrong, by ordinal of the write request."""

    moved: dict[str, int]
    edited: set[str]
    deleted: set[str]
    rejected: set[str]
    faults: dict[int, Fault]
    killed_before: set[int]
    killed_after: set[int]
    stopped: set[int]


STORIES = st.builds(
    Story,
    moved=st.dictionaries(IDS, st.sampled_from(sorted(SEGMENTS)), min_size=4, max_size=COUNT),
    edited=st.sets(IDS, max_size=3),
    deleted=st.sets(IDS, max_size=2),
    rejected=st.sets(IDS, max_size=2),
    faults=st.dictionaries(ORDINALS, st.sampled_from(Fault), max_size=6),
    killed_before=st.sets(ORDINALS, max_size=2),
    killed_after=st.sets(ORDINALS, max_size=2),
    stopped=st.sets(ORDINALS, max_size=2),
)


class Drill:
    """One story, played on a CRM in which everything was in order."""

    def __init__(self, world: World, story: Story) -> None:
        self.world = world
        self.story = story
        assert world.run().changes.written == COUNT
        for record_id, size in story.moved.items():
            world.resize([record_id], size)
        for record_id in story.edited:
            world.edit(record_id, crm_segment_reason="Our own words")
        self.before = world.values()
        self.touched = world.touched()
        self.written = len(world.writes())
        # Two troubles with one record would leave open which of them it tells.
        self.rejected = story.rejected - story.edited - story.deleted
        self.crm = FaultyConnector(world.crm, batch_records=2, faults=story.faults)
        self.crm.rejects = dict.fromkeys(self.rejected, "A rule of the administrator says no.")
        self.crm.before_write, self.crm.after_write = self._before_write, self._after_write
        world.connector = self.crm

    def _before_write(self, ordinal: int) -> None:
        if ordinal in self.story.killed_before:
            raise KilledError
        self.world.crm.delete(ObjectKind.ACCOUNT, sorted(self.story.deleted))

    def _after_write(self, ordinal: int) -> None:
        if ordinal in self.story.killed_after:
            raise KilledError

    def play(self) -> set[int]:
        """Run until a run ends neither paused, nor failed, nor killed; returns all exit codes."""
        codes: set[int] = set()
        stops = set(self.story.stopped)

        def should_stop() -> bool:
            return len(self.crm.requests) in stops

        self.world.should_stop = should_stop
        for _attempt in range(40):
            try:
                codes.add(code := self.world.run().exit_code)
            except KilledError:
                continue
            if code in {0, 5}:
                return codes
            stops.discard(len(self.crm.requests))
        raise AssertionError(f"forty runs were not enough: {codes}")

    def wants_write(self, record_id: str) -> bool:
        size = self.story.moved.get(record_id)
        is_ours = record_id not in self.story.edited
        return is_ours and size is not None and SEGMENTS[size] != self.before[record_id][0]

    def expected(self) -> dict[str, Values]:
        gone = self.story.deleted if self.crm.requests else set()
        return {
            record_id: self._expected_values(record_id, values)
            for record_id, values in self.before.items()
            if record_id not in gone
        }

    def _expected_values(self, record_id: str, values: Values) -> Values:
        if record_id in self.rejected or not self.wants_write(record_id):
            return values
        size = self.story.moved[record_id]
        return SEGMENTS[size], "clear", REASONS[size], DAY.isoformat()


@settings(max_examples=SEEDS)
@given(STORIES)
def test_every_record_ends_right_whatever_goes_wrong(story: Story) -> None:
    with TemporaryDirectory() as folder:
        world = make_world(Path(folder), count=COUNT)
        world.settings = world.settings.model_copy(update={"max_shrink_share": 1.0})
        drill = Drill(world, story)
        codes = drill.play()
        _check_crm(drill)
        _check_truth(drill, codes)
        _check_quiet(drill)
        world.close()


def _check_crm(drill: Drill) -> None:
    """The CRM is as wanted, and every record got there by one change and was touched no more than that."""
    world, values = drill.world, drill.expected()
    assert world.values() == values
    changed = {record_id for record_id in values if values[record_id] != drill.before[record_id]}
    effective = Counter(
        record for record, field, _new in world.writes()[drill.written :] if field == "crm_segment"
    )
    assert {record: count for record, count in effective.items() if record in values} == dict.fromkeys(
        changed, 1
    )
    touched = {record for record, moment in world.touched().items() if moment != drill.touched[record]}
    assert touched == changed
    assert max(drill.crm.carried_out.values(), default=0) <= 1, "sent again although it had arrived"


def _check_truth(drill: Drill, codes: set[int]) -> None:
    """Exit code 5 was seen exactly if the CRM refused a record, and the ledger leaves nothing open."""
    refused = {record_id for record_id in drill.rejected if drill.wants_write(record_id)}
    # A pause of the same command outranks the 5 of the run that it finished first; history keeps it.
    codes = codes | {row.exit_code for row in get_history(drill.world.workspace(), 99) if row.exit_code}
    assert (5 in codes) == bool(refused)
    with drill.world.store.begin() as tx:
        assert first_broken_link(tx) is None
        states = tx.execute(sa.select(schema.batch.c.state).distinct()).scalars().all()
        statuses = tx.execute(sa.select(schema.plan.c.status).distinct()).scalars().all()
    assert states == ["settled"]
    assert "applying" not in statuses


def _check_quiet(drill: Drill) -> None:
    """Another run sends nothing and lists what stands."""
    values = drill.expected()
    held = len(drill.story.edited & set(values))
    waiting = len([record_id for record_id in drill.rejected if drill.wants_write(record_id)])
    drill.world.should_stop = lambda: False
    result = drill.world.run()
    assert (result.exit_code, result.write_requests) == (0, 0)
    assert result.changes == ChangeCounts(planned=held + waiting, held=held, rejected=waiting)
