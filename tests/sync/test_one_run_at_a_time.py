"""One run at a time holds a connection; a dead holder holds nothing."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from connectors.errors import LockedError
from sync import decide_refit, get_history, get_status, list_segments, make_plans, refit
from sync.session import open_session
from tests.sync.faulty import FaultyConnector
from tests.sync.world import World, make_world


def test_a_second_run_during_the_first_ends_with_75_and_changes_nothing(world: World) -> None:
    faulty = FaultyConnector(world.crm)
    refusals: list[LockedError] = []

    def run_again(ordinal: int) -> None:
        if ordinal == 2:
            with pytest.raises(LockedError) as caught:
                World(world.folder, world.crm, world.store, world.clock).run()
            refusals.append(caught.value)

    faulty.before_write = run_again
    world.connector = faulty
    result = world.run()
    assert (result.exit_code, result.changes.written) == (0, 24)
    assert [(error.exit_code, error.code) for error in refusals] == [(75, "lock.held")]
    assert len(world.writes()) == 24 * 4


@pytest.mark.parametrize(
    "command",
    [
        World.run,
        lambda world: make_plans(world.workspace()),
        lambda world: refit(world.workspace()),
        lambda world: decide_refit(world.workspace(), approve=True),
    ],
)
def test_no_command_that_changes_the_state_goes_on_beside_a_run(
    world: World, command: Callable[[World], object]
) -> None:
    with open_session(world.workspace()), pytest.raises(LockedError):
        command(world)
    world.run()


def test_looking_is_possible_beside_a_run(world: World) -> None:
    world.run()
    with open_session(world.workspace()):
        assert get_status(world.workspace()).last_run is not None
        assert get_history(world.workspace(), 1)
        assert list_segments(world.workspace())


def test_a_killed_process_frees_the_connection(world: World) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-m", "tests.sync.holder", str(world.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockedError) as caught:
            world.run()
        assert f"process {holder.pid}" in caught.value.message
        assert re.search(r", since \d{1,2} [A-Z][a-z]{2} \d{4}, \d{2}:\d{2} UTC\)", caught.value.message)
        holder.kill()
        holder.wait()
    assert world.run().exit_code == 0


def test_two_connections_do_not_wait_for_each_other(world: World) -> None:
    other = make_world(world.folder / "other")
    beside = World(world.folder / "other", other.crm, world.store, world.clock, settings=world.settings)
    workspace = beside.workspace()
    with open_session(world.workspace()), open_session(replace(workspace, target="other.toml")) as session:
        assert session.connection.connection_id == other.crm.identify().connection_id
    other.close()
