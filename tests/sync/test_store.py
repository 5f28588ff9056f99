"""The state store: private, migrated, and clear about files that are none."""

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from connectors.errors import ConfigError, LedgerError
from sync import StateStore, open_store
from sync.state import schema
from sync.state.migrations import alembic_config
from sync.state.pins import list_pins


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "state.db"


def opened(path: Path) -> StateStore:
    return open_store(f"sqlite:///{path}")


def test_an_empty_place_gets_all_tables_and_the_newest_format(path: Path) -> None:
    with opened(path) as store, store.begin() as tx:
        names = set(sa.inspect(tx).get_table_names())
        revision = tx.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    assert names == {*schema.metadata.tables, "alembic_version"}
    assert revision == schema.HEAD_REVISION


def test_the_migrations_make_exactly_the_tables_that_the_code_knows(path: Path) -> None:
    with opened(path) as store, store.begin() as tx:
        assert compare_metadata(MigrationContext.configure(tx), schema.metadata) == []


def test_there_is_one_newest_format_and_the_code_names_it() -> None:
    scripts = ScriptDirectory.from_config(alembic_config())
    assert scripts.get_heads() == [schema.HEAD_REVISION]


def test_what_was_stored_is_there_when_it_is_opened_again(path: Path) -> None:
    with opened(path) as store:
        first = store.installation_id()
    with opened(path) as store:
        assert store.installation_id() == first
    with opened(path.with_name("other.db")) as store:
        assert store.installation_id() != first


def test_a_store_of_the_first_format_is_brought_up_with_a_copy_laid_beside_it(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(sa.insert(schema.meta).values(name="installation_id", value="as before"))
    engine.dispose()
    with open_store(f"sqlite:///{path}") as store:
        assert store.installation_id() == "as before"
        with store.begin() as tx:
            assert list_pins(tx, 1) == []
    backup = path.with_suffix(".0001.backup")
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    assert backup.stat().st_mode & 0o077 == 0


def test_only_the_owner_can_read_it_whatever_the_habits_of_the_system(path: Path) -> None:
    before = os.umask(0)
    try:
        with opened(path) as store, store.begin() as tx:
            tx.execute(schema.meta.insert().values(name="x", value="y"))
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o600}
    assert len(modes) > 1, "SQLite's own files beside it are looked at too"
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_newer_format_is_refused_and_not_touched(path: Path) -> None:
    opened(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerError, match="newer version") as caught:
        opened(path)
    assert caught.value.code == "ledger.newer"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)


def test_a_database_of_another_program_is_refused_and_not_touched(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(LedgerError, match="not a state store") as caught:
        opened(path)
    assert (caught.value.code, caught.value.exit_code) == ("ledger.foreign", 1)
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    assert tables == [("recipes",)]


@pytest.mark.parametrize("content", [b"Dear diary, " * 200, b"SQLite format 3\x00" + b"\xff" * 4_000])
def test_a_file_that_is_no_database_is_refused_and_not_touched(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(LedgerError):
        opened(path)
    assert path.read_bytes() == content


def test_a_folder_in_its_place_is_refused(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises((ConfigError, LedgerError)):
        opened(path)


def test_a_place_that_cannot_be_made_is_refused(path: Path) -> None:
    path.parent.parent.mkdir(exist_ok=True)
    path.parent.write_text("a file where the folder should be")
    with pytest.raises(ConfigError) as caught:
        opened(path)
    assert caught.value.code == "config.state.unwritable"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("not an address", "config.state.url"),
        ("sqlite://", "config.state.url"),
        ("sqlite:///:memory:", "config.state.url"),
        ("postgresql://localhost/x", "config.state.backend"),
    ],
)
def test_addresses_that_keep_nothing_are_refused(url: str, code: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_store(url)
    assert caught.value.code == code


def test_a_folder_with_a_percent_sign_works(tmp_path: Path) -> None:
    with opened(tmp_path / "100% ours" / "state.db") as store:
        assert store.installation_id()


def break_half_way(store: StateStore) -> None:
    with store.begin() as tx:
        tx.execute(schema.meta.insert().values(name="half", value="done"))
        raise ZeroDivisionError


def test_a_failed_transaction_leaves_nothing(path: Path) -> None:
    with opened(path) as store:
        with pytest.raises(ZeroDivisionError):
            break_half_way(store)
        with store.begin() as tx:
            assert tx.execute(sa.select(schema.meta).filter_by(name="half")).all() == []


def write_without_the_right_to(store: StateStore) -> None:
    with store.begin() as tx:
        tx.exec_driver_sql("PRAGMA query_only = 1")
        tx.execute(schema.meta.insert().values(name="half", value="done"))


def test_what_may_not_be_written_names_the_files_beside_it_too(path: Path) -> None:
    with opened(path) as store:
        with pytest.raises(LedgerError, match="readonly") as caught:
            write_without_the_right_to(store)
        assert "right to write to state.db*, and to the folder" in caught.value.hint


def test_every_commit_is_on_disk(path: Path) -> None:
    with opened(path) as store, store.begin() as tx:
        assert tx.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert tx.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
