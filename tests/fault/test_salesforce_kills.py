"""`crm-segments` killed at any request to Salesforce: the next run finishes, and nothing is written twice."""

import os
import re
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from crm_segments.sandbox.faults import client_killed
from crm_segments.sandbox.salesforce import SalesforceOrg
from crm_segments.sandbox.wire import Exchange
from sync import open_store
from sync.state import schema
from sync.state.audit import first_broken_link
from tests.salesforce import SalesforceWorld
from tests.salesforce_runs import OURS, Commands, Desk, Ended, commands, our_values, plug_in

POINTS = int(os.environ.get("CRM_SEGMENTS_KILL_POINTS", "4"))
"""Requests to die at, per story and beyond those of each kind that changes something; a large number means
every request in every phase."""

PHASES = {
    "before it was carried out": client_killed(applied=False),
    "after it was carried out": client_killed(applied=True),
    "after its answer": client_killed(applied=True, answered=True),
}
Point = tuple[int, str]


@pytest.fixture(scope="module")
def drive() -> Iterator[Commands]:
    with commands() as made:
        yield made


@dataclass(frozen=True, slots=True)
class Story:
    """What is done, and by which route records are written."""

    command: tuple[str, ...]
    limits: str
    is_first: bool = False
    """Nothing was ever written, and our fields are not there yet."""

    @property
    def written(self) -> int:
        """Records whose segment changes."""
        return 12 if self.is_first else 6


PLAN = "PLAN"
"""Stands for the id of the plan that was saved."""

STORIES = {
    "a first run": Story(("run", "--yes"), "BATCHES", is_first=True),
    "a saved plan, in batches": Story(("apply", PLAN, "--yes"), "BATCHES"),
    "a saved plan, in jobs": Story(("apply", PLAN, "--yes"), "JOBS"),
}


@dataclass
class Stage:
    """An org and a folder, ready for the command of a story; both are copied for each time it is played."""

    world: SalesforceWorld
    org: SalesforceOrg
    folder: Path
    command: tuple[str, ...]

    def again(self, target: Path) -> Path:
        """Puts the org back and copies the folder."""
        plug_in(self.world, self.org)
        shutil.copytree(self.folder, target)
        return target


def set_up(world: SalesforceWorld, story: Story, folder: Path, drive: Commands) -> Stage:
    folder.mkdir()
    desk = Desk(world, folder)
    command = story.command
    if not story.is_first:
        assert drive(folder, "BATCHES", "run", "--yes").code == 0
        desk.resize(dict.fromkeys(desk.ids[0::2], 400))
        desk.resize(dict.fromkeys(desk.ids[1::6], 20))
        command = plan_in_place(story.command, drive(folder, story.limits, "plan"))
    desk.store.close()
    return Stage(world, world.org, folder, command)


def plan_in_place(command: Sequence[str], planned: Ended) -> tuple[str, ...]:
    """The command with the id of the plan that was just saved."""
    found = re.search(r"Plan ([0-9a-f-]+)", planned.out)
    assert found, planned.told
    return tuple(found[1] if part == PLAN else part for part in command)


@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("name", list(STORIES))
def test_a_command_killed_at_any_request_is_finished_by_the_next(
    name: str,
    salesforce: SalesforceWorld,
    drive: Commands,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    story = STORIES[name]
    stage = set_up(salesforce, story, tmp_path / "template", drive)
    folder = stage.again(tmp_path / "undisturbed")
    before = our_values(salesforce.org)
    assert drive(folder, story.limits, *stage.command).code == 0
    exchanges, expected = list(salesforce.emulator.wire.exchanges), what_is_there(salesforce.org)
    assert len(changed_since(before, salesforce.org)) == story.written
    points = choose(exchanges)
    for ordinal, phase in points:
        folder = stage.again(tmp_path / f"killed-{ordinal}-{phase}")
        where = f"{kind_of(exchanges[ordinal - 1])}, request {ordinal}, {phase}"
        salesforce.emulator.faults.at(ordinal, PHASES[phase])
        killed = drive(folder, story.limits, *stage.command)
        if "answer" not in phase:
            # Whoever has the last answer may be through before the signal comes.
            assert killed.code == -signal.SIGKILL, where
        assert drive(folder, story.limits, "run", "--yes").code == 0, where
        assert what_is_there(salesforce.org) == expected, where
        check_touches(before, salesforce.org, stage.org, where)
        check_quiet(salesforce, folder, drive, story, where)
        shutil.rmtree(folder)
    with capsys.disabled():
        sys.stdout.write(f"\n{name}: killed at {len(points)} of {3 * len(exchanges)} points\n")


def what_is_there(org: SalesforceOrg) -> object:
    """Everything in the org that a run could change, without times, and without ids of what it made."""
    stamps = {"LastModifiedDate", "LastModifiedById", "SystemModstamp"}
    accounts = [
        {name: value for name, value in row.items() if name not in stamps}
        for row in org.store.table("Account").values()
    ]
    views = Counter((view.label, view.visibility) for view in org.list_views.values())
    fields = org.require("Account").fields.values()
    options = {one.name: [each.value for each in one.options] for one in fields}
    granted = [row.get("Field") for row in org.store.table("FieldPermissions").values()]
    sets = [row.get("Name") for row in org.store.table("PermissionSet").values()]
    given = [row.get("AssigneeId") for row in org.store.table("PermissionSetAssignment").values()]
    return accounts, views, options, *(Counter(names) for names in (granted, sets, given))


def changed_since(before: Mapping[str, object], org: SalesforceOrg) -> set[str]:
    return {record for record, values in our_values(org).items() if values != before[record]}


def check_touches(before: Mapping[str, object], org: SalesforceOrg, start: SalesforceOrg, where: str) -> None:
    """Each record was written once where its segment changed, and otherwise not at all."""
    changed = changed_since(before, org)
    for record in before:
        touches = org.store.history.touches(record) - start.store.history.touches(record)
        assert touches == int(record in changed), f"{where}: {record}"
    ours = {change.field for record in before for change in org.store.history.changes(record)}
    assert ours <= {*OURS, "NumberOfEmployees"}, where


def check_quiet(world: SalesforceWorld, folder: Path, drive: Commands, story: Story, where: str) -> None:
    """Nothing is open, and one more run changes nothing in the org."""
    seen = len(world.emulator.wire.exchanges)
    assert drive(folder, story.limits, "run", "--yes").code == 0, where
    later = world.emulator.wire.exchanges[seen:]
    writing = [kind_of(one) for one in later if one.call.method != "GET" and "oauth2" not in one.call.path]
    assert writing == [], where
    store = open_store(f"sqlite:///{folder / '.crm-segments' / 'state.db'}")
    with store.begin() as tx:
        assert first_broken_link(tx) is None, where
        states = tx.execute(sa.select(schema.batch.c.state).distinct()).scalars().all()
        statuses = tx.execute(sa.select(schema.plan.c.status).distinct()).scalars().all()
    store.close()
    assert set(states) <= {"settled"}, where
    assert "applying" not in statuses, where


def kind_of(exchange: Exchange) -> str:
    """Method and path, without what differs from one record or job to the next."""
    path = re.sub(r"/(750|00N)\w+", "/ID", exchange.call.path)
    return f"{exchange.call.method} {path}"


def choose(exchanges: Sequence[Exchange]) -> list[Point]:
    """Where to die: each kind of request that changes something in each phase, and others in between."""
    kinds = [kind_of(one) for one in exchanges]
    first = {kind: kinds.index(kind) + 1 for kind in kinds if not kind.startswith("GET")}
    chosen = {(ordinal, phase) for ordinal in first.values() for phase in PHASES}
    every = [(number + 1, phase) for number in range(len(kinds)) for phase in PHASES]
    count = min(POINTS, len(every))
    return sorted(chosen | {every[number * len(every) // count] for number in range(count)})
