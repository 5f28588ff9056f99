"""The ledger: intents before, outcomes after, and a chain that shows tampering."""

import sqlite3
from contextlib import closing

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import LedgerError
from sync.ledger import format_rows, parse_rows
from sync.state import schema
from sync.state.audit import first_broken_link
from tests.sync.faulty import FaultyConnector
from tests.sync.world import World


@given(st.lists(st.integers(0, 300), unique=True))
def test_row_numbers_survive_their_text(rows: list[int]) -> None:
    assert parse_rows(format_rows(rows)) == rows


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([], ""),
        ([7], "7"),
        ([0, 1, 2], "0-2"),
        ([0, 2], "0,2"),
        ([*range(200), 205], "0-199,205"),
        ([1, 0], "1,0"),
    ],
)
def test_runs_of_rows_are_written_as_ranges(rows: list[int], text: str) -> None:
    assert format_rows(rows) == text


def test_a_confirmed_record_costs_only_a_few_bytes(world: World) -> None:
    world.run()
    with world.store.begin() as tx:
        (row,) = tx.execute(sa.select(schema.batch)).all()
    assert (row.rows, row.outcomes, row.state, row.requests) == ("0-23", "W" * 24, "settled", 1)


def test_the_intent_is_durable_before_the_request_is_sent(world: World) -> None:
    faulty = FaultyConnector(world.crm)
    seen: list[tuple[str, str]] = []

    def look(ordinal: int) -> None:
        with closing(sqlite3.connect(world.store.path)) as connection:
            query = "SELECT state, rows FROM batch WHERE batch_no = ?"
            seen.append(connection.execute(query, (ordinal,)).fetchone())

    faulty.before_write = look
    world.connector = faulty
    world.run()
    assert seen == [("inflight", rows) for rows in ("0-4", "5-9", "10-14", "15-19", "20-23")]


def test_without_a_durable_intent_nothing_is_sent(world: World) -> None:
    faulty = FaultyConnector(world.crm)
    world.connector = faulty
    with world.store.begin() as tx:
        tx.exec_driver_sql(
            "CREATE TRIGGER full_disk BEFORE INSERT ON batch BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
    result = world.run()
    assert (result.exit_code, isinstance(result.error, LedgerError)) == (1, True)
    assert (faulty.requests, world.writes()) == ([], [])
    with world.store.begin() as tx:
        tx.exec_driver_sql("DROP TRIGGER full_disk")
    assert world.run().exit_code == 0
    assert len(world.writes()) == 24 * 4


def test_every_batch_has_its_link_with_who_and_when(world: World) -> None:
    world.connector = FaultyConnector(world.crm)
    world.run()
    with world.store.begin() as tx:
        links = tx.execute(sa.select(schema.audit)).all()
        batches = tx.execute(sa.select(schema.batch.c.digest)).scalars().all()
    assert [link.digest for link in links] == list(batches)
    assert {link.actor for link in links} == {"tester"}
    assert {link.at for link in links} == {"2026-11-02T08:00:00.000+00:00"}


@pytest.fixture
def audited(world: World) -> World:
    world.connector = FaultyConnector(world.crm)
    world.run()
    return world


def broken(world: World) -> int | None:
    with world.store.begin() as tx:
        return first_broken_link(tx)


def test_an_untouched_chain_holds(audited: World) -> None:
    assert broken(audited) is None


@pytest.mark.parametrize(
    ("statement", "at"),
    [
        ("UPDATE audit SET actor = 'somebody else' WHERE sequence = 2", 2),
        ("UPDATE audit SET at = '2020-01-01' WHERE sequence = 1", 1),
        ("UPDATE audit SET digest = 'x' WHERE sequence = 3", 3),
        ("DELETE FROM audit WHERE sequence = 2", 3),
        ("UPDATE batch SET outcomes = 'RRRRR' WHERE batch_no = 1", 2),
        ("UPDATE batch SET rows = '5-8,0' WHERE batch_no = 1", 2),
        ("UPDATE plan SET hash = 'x'", 1),
    ],
)
def test_tampering_is_noticed_where_it_happened(audited: World, statement: str, at: int) -> None:
    with audited.store.begin() as tx:
        tx.exec_driver_sql(statement)
    assert broken(audited) == at


def test_the_chain_holds_after_old_batches_were_removed(audited: World) -> None:
    with audited.store.begin() as tx:
        tx.exec_driver_sql("DELETE FROM batch WHERE batch_no < 3")
    assert broken(audited) is None
