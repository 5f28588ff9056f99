"""Killed at any step and run again, the CRM ends as if nothing had happened, and nothing is written twice."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.local import open_connector
from sync.results import ChangeCounts
from sync.state import schema
from sync.state.audit import first_broken_link
from tests.sync.world import DAY, Clock, World, make_world, open_state

POINTS = int(os.environ.get("CRM_SEGMENTS_KILL_POINTS", "12"))
"""Steps to die at, per story; a large number means every one."""

Answer = dict[str, object]
Driver = Callable[[Sequence[tuple[Path, int]]], list[Answer]]


@pytest.fixture(scope="module")
def drive() -> Iterator[Driver]:
    """Hands jobs to the driver, in order."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fault.driver"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    stdin, stdout = process.stdin, process.stdout

    def answers(jobs: Sequence[tuple[Path, int]]) -> list[Answer]:
        found = []
        for folder, kill_at in jobs:
            stdin.write(json.dumps([str(folder), kill_at]) + "\n")
            stdin.flush()
            found.append(json.loads(stdout.readline()))
        return found

    yield answers
    stdin.close()
    assert process.wait(timeout=30) == 0
    stdout.close()


def first_run(folder: Path) -> None:
    """Nothing was ever written."""
    make_world(folder, count=12).close()


def later_run(folder: Path) -> None:
    """Everything was written, and some records moved since."""
    world = make_world(folder, count=12)
    world.run()
    world.resize([f"a{number:03}" for number in range(0, 12, 2)], 400)
    world.edit("a001", crm_segment="large")
    world.close()


def opened(folder: Path) -> World:
    clock = Clock()
    return World(
        folder, open_connector(path=folder / "crm.db", clock=clock), open_state(folder, clock), clock
    )


@pytest.mark.parametrize("story", [first_run, later_run])
def test_a_run_killed_at_any_step_is_finished_by_the_next(
    story: Callable[[Path], None], drive: Driver, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = tmp_path / "template"
    story(template)
    (undisturbed,) = drive([(_copy(template, tmp_path / "undisturbed"), 0)])
    places = undisturbed["places"]
    assert undisturbed["code"] == 0
    assert isinstance(places, list)
    expected = read_folder(tmp_path / "undisturbed")
    points = _spread(places)
    for point in points:
        folder = _copy(template, tmp_path / f"killed-{point}")
        killed, again = drive([(folder, point), (folder, 0)])
        where = f"step {point}: {places[point - 1]}"
        assert killed == {"signal": signal.SIGKILL}, where
        assert again["code"] == 0, where
        assert read_folder(folder) == expected, where
        assert_nothing_left_to_do(folder, where)
        shutil.rmtree(folder)
    kinds = Counter(places[point - 1] for point in points)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{story.__name__}: killed at {len(points)} of {len(places)} steps: {dict(kinds)}\n"
        )
    assert set(kinds) == set(places)


def _copy(template: Path, target: Path) -> Path:
    shutil.copytree(template, target)
    return target


def _spread(places: Sequence[str]) -> list[int]:
    """Steps from 1, evenly over the run, with each kind of place at least once."""
    count = min(POINTS, len(places))
    chosen = {1 + number * len(places) // count for number in range(count)}
    chosen |= {places.index(place) + 1 for place in places}
    return sorted(chosen)


def read_folder(folder: Path) -> object:
    """What is in the CRM, and everything that we ever wrote to it, each value once."""
    world = opened(folder)
    writes = Counter(world.writes())
    found = (world.values(), world.everything_else(), writes, world.crm.views())
    world.close()
    return found


def assert_nothing_left_to_do(folder: Path, where: str) -> None:
    world = opened(folder)
    touched = world.touched()
    result = world.run()
    held = result.changes.held
    assert (result.exit_code, result.write_requests) == (0, 0), where
    assert result.changes == ChangeCounts(planned=held, held=held), where
    assert world.touched() == touched, where
    with world.store.begin() as tx:
        assert first_broken_link(tx) is None, where
        states = tx.execute(sa.select(schema.batch.c.state).distinct()).scalars().all()
        statuses = tx.execute(sa.select(schema.plan.c.status).distinct()).scalars().all()
    assert set(states) <= {"settled"}, where
    assert "applying" not in statuses, where
    world.close()
    rubbish = [path.name for path in folder.rglob("*.partial")]
    assert rubbish == [], where


def test_the_stories_are_about_something(tmp_path: Path) -> None:
    later_run(tmp_path)
    world = opened(tmp_path)
    result = world.run(as_of=DAY + timedelta(days=7))
    assert (result.changes.written, result.changes.held) == (4, 1)
    world.close()
