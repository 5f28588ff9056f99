"""The file itself: made, found, refused, upgraded, locked, damaged, full."""

import os
import resource
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from connectors.errors import (
    AccessError,
    ConfigError,
    CrmSegmentsError,
    DataError,
    UnavailableError,
    UnknownOutcomeError,
)
from connectors.local import open_connector
from connectors.local.connector import LocalConnector
from connectors.local.faults import raise_known
from connectors.local.file_format import bring_up_to_date
from connectors.local.schema import FORMAT_STEPS, FORMAT_VERSION
from connectors.model import FieldWrite, Severity, WriteOutcome
from tests.connectors.local.making import ACCOUNT, DAY, Clock, accounts, managed_specs, modified_at


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_missing_file_is_an_error_that_names_the_import(path: Path) -> None:
    with pytest.raises(ConfigError, match=str(path)) as caught:
        open_connector(path=path)
    assert "crm-segments import DIR" in caught.value.hint
    assert caught.value.next_command == "crm-segments import DIR"
    assert not path.exists()


def test_a_new_file_is_private_and_alone_in_its_folder(path: Path) -> None:
    with open_connector(path=path, create=True):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert all(stat.S_IMODE(beside.stat().st_mode) == 0o600 for beside in path.parent.iterdir())
    assert list(path.parent.iterdir()) == [path]


def test_folders_on_the_way_are_made_and_any_name_will_do(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "crm #1?mode=ro 100%.db"
    with open_connector(path=path, create=True) as crm:
        crm.load(accounts({"name": "Acme"}), as_of=DAY)
        label = crm.identify().label
    assert label == path.name
    with open_connector(path=path) as crm:
        assert crm.count(ACCOUNT) == 1


def test_a_disk_without_links_gets_its_file_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with open_connector(path=path, create=True) as crm:
        assert crm.count(ACCOUNT) == 0
    assert list(path.parent.iterdir()) == [path]


def test_opening_again_keeps_identity_and_records(path: Path) -> None:
    with open_connector(path=path, create=True) as crm:
        crm.load(accounts({"name": "Acme"}), as_of=DAY)
        identity = crm.identify()
    with open_connector(path=path, create=True) as crm:
        assert (crm.identify(), crm.count(ACCOUNT)) == (identity, 1)
    assert identity.connection_id == f"local:{identity.account}"


def test_a_connector_may_be_entered_again_after_it_was_left(crm: LocalConnector) -> None:
    identity = crm.identify()
    with crm:
        pass
    with crm:
        assert crm.identify() == identity


def test_many_who_make_the_file_at_once_get_the_same_one(path: Path) -> None:
    def account(_: int) -> str:
        with open_connector(path=path, create=True) as crm:
            return crm.identify().account

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(account, range(16)))) == 1
    assert list(path.parent.iterdir()) == [path]


def test_a_place_that_takes_no_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be made") as caught:
        open_connector(path=tmp_path / "file" / "crm.db", create=True)
    assert "path under [connection]" in caught.value.hint


@pytest.mark.parametrize("create", [False, True])
def test_a_folder_is_refused(tmp_path: Path, create: bool) -> None:
    with pytest.raises(ConfigError, match="is a folder"):
        open_connector(path=tmp_path, create=create)


@pytest.mark.parametrize("content", [b"", b"account_id,name\n1,Acme\n" * 100], ids=["empty", "csv"])
@pytest.mark.parametrize("create", [False, True])
def test_a_file_that_is_no_database_is_refused_and_kept(path: Path, content: bytes, create: bool) -> None:
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="not a file of the embedded CRM"):
        open_connector(path=path, create=create)
    assert path.read_bytes() == content


def test_a_database_of_others_is_refused_and_kept(path: Path) -> None:
    execute(path, "CREATE TABLE accounts (id)", "PRAGMA user_version = 1")
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="not a file of the embedded CRM"):
        open_connector(path=path, create=True)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_file_of_a_newer_version_is_refused(crm: LocalConnector, path: Path) -> None:
    crm.identify()
    execute(path, f"PRAGMA user_version = {FORMAT_VERSION + 1}")
    with pytest.raises(ConfigError, match=f"format {FORMAT_VERSION + 1}") as caught:
        open_connector(path=path)
    assert "newest" in caught.value.hint


def test_an_older_file_is_copied_and_then_upgraded(crm: LocalConnector, path: Path) -> None:
    crm.load(accounts({"name": "Acme"}), as_of=DAY)
    steps = (*FORMAT_STEPS, ("ALTER TABLE accounts ADD COLUMN rating TEXT",))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        bring_up_to_date(connection, path, steps)
        assert connection.execute("SELECT name, rating FROM accounts").fetchall() == [("Acme", None)]
        assert connection.execute("PRAGMA user_version").fetchone() == (FORMAT_VERSION + 1,)
    copy = path.with_name(f"crm.db.format-{FORMAT_VERSION}.backup")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with open_connector(path=copy) as old:
        assert old.count(ACCOUNT) == 1


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(crm: LocalConnector, path: Path) -> None:
    crm.load(accounts({"name": "Acme"}), as_of=DAY)
    steps = (
        *FORMAT_STEPS,
        ("ALTER TABLE accounts ADD COLUMN rating TEXT", "ALTER TABLE nobody ADD COLUMN x"),
    )
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        with pytest.raises(sqlite3.OperationalError, match="nobody"):
            bring_up_to_date(connection, path, steps)
        assert connection.execute("PRAGMA user_version").fetchone() == (FORMAT_VERSION,)
    assert crm.table(ACCOUNT).num_rows == 1


def test_people_can_read_the_file_with_any_tool(crm: LocalConnector, path: Path) -> None:
    crm.load(accounts({"name": "Acme", "industry": "Mining", "tier": "A"}), as_of=DAY)
    with closing(sqlite3.connect(path)) as connection:
        row = connection.execute(
            "SELECT account_id, name, industry, tier, modified_at FROM accounts"
        ).fetchone()
    assert row[:4] == ("a1", "Acme", "Mining", "A")
    assert row[4].startswith("2026-11-02T08:00:00")


def test_a_locked_file_is_unavailable_and_nothing_is_written(crm: LocalConnector, path: Path) -> None:
    crm.load(accounts({"name": "Acme"}), as_of=DAY)
    crm.ensure_fields(ACCOUNT, managed_specs())
    batch = [FieldWrite("a1", {"our_text": "x"})]
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnavailableError, match="Another program") as caught:
            crm.write(ACCOUNT, batch, request_id="r1")
        assert caught.value.hint
        assert crm.read(ACCOUNT, ["a1"], ["our_text"]).column("our_text").to_pylist() == [None]
        other.execute("ROLLBACK")
    assert crm.write(ACCOUNT, batch, request_id="r1")[0].outcome is WriteOutcome.WRITTEN


def test_a_full_file_takes_back_the_whole_batch(path: Path, clock: Clock) -> None:
    with open_connector(path=path, create=True, clock=clock) as crm:
        crm.load(accounts(*({"name": f"Company {n}"} for n in range(200))), as_of=DAY)
        crm.ensure_fields(ACCOUNT, managed_specs())
        connection = crm._client.open()
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        batch = [FieldWrite(f"a{n}", {"our_text": "x" * 255}) for n in range(1, 201)]
        with pytest.raises(UnavailableError, match="disk would not take"):
            crm.write(ACCOUNT, batch, request_id="r1")
        connection.execute("PRAGMA max_page_count = 1000000")
        held = crm.read(ACCOUNT, ["a1", "a200"], ["our_text"]).column("our_text").to_pylist()
        assert held == [None, None]
        assert crm.history(ACCOUNT, field="our_text") == []
        results = crm.write(ACCOUNT, batch, request_id="r1")
        assert {result.outcome for result in results} == {WriteOutcome.WRITTEN}


def test_a_disk_that_refuses_at_the_end_takes_back_the_whole_batch(path: Path) -> None:
    """The operating system refuses to let the file grow: SQLite meets that when it stores the transaction."""
    with open_connector(path=path, create=True) as crm:
        crm.load(accounts(*({"name": f"Company {n}"} for n in range(200))), as_of=DAY)
        crm.ensure_fields(ACCOUNT, managed_specs())
        batch = [FieldWrite(f"a{n}", {"our_text": "x" * 255}) for n in range(1, 201)]
        written = path.with_name("crm.db-wal").stat().st_size
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (written + 5_000, limits[1]))
        try:
            with pytest.raises(UnavailableError, match="disk would not take"):
                crm.write(ACCOUNT, batch, request_id="r1")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert crm.history(ACCOUNT, field="our_text") == []
        results = crm.write(ACCOUNT, batch, request_id="r1")
        assert {result.outcome for result in results} == {WriteOutcome.WRITTEN}


def sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "is_committing", "expected"),
    [
        pytest.param(sqlite3.SQLITE_IOERR_FSYNC, True, UnknownOutcomeError, id="unconfirmed"),
        pytest.param(sqlite3.SQLITE_IOERR_FSYNC, False, UnavailableError, id="sync-before-the-end"),
        pytest.param(sqlite3.SQLITE_IOERR_WRITE, True, UnavailableError, id="not-written"),
        pytest.param(sqlite3.SQLITE_FULL, True, UnavailableError, id="full"),
        pytest.param(sqlite3.SQLITE_BUSY_SNAPSHOT, False, UnavailableError, id="busy"),
        pytest.param(sqlite3.SQLITE_READONLY, False, AccessError, id="read-only"),
        pytest.param(sqlite3.SQLITE_CANTOPEN, False, AccessError, id="cannot-open"),
        pytest.param(sqlite3.SQLITE_NOTADB, False, ConfigError, id="no-database"),
        pytest.param(sqlite3.SQLITE_CORRUPT, False, DataError, id="damaged"),
    ],
)
def test_what_sqlite_reports_becomes_what_the_caller_must_do(
    code: int,
    is_committing: bool,
    expected: type[CrmSegmentsError],
) -> None:
    with pytest.raises(expected, match=r"sales\.db") as caught:
        raise_known(sqlite_error(code), Path("sales.db"), is_committing=is_committing)
    assert type(caught.value) is expected
    assert caught.value.hint


def test_a_mistake_in_our_own_sql_is_not_dressed_up(crm: LocalConnector, path: Path) -> None:
    execute(path, "DROP TABLE leads")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        crm.check()
    execute(path, "DROP TABLE field_options")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        crm.ensure_fields(ACCOUNT, managed_specs())


def test_a_damaged_file_is_named(crm: LocalConnector, path: Path) -> None:
    crm.load(accounts(*({"name": "x" * 200} for _ in range(2_000))), as_of=DAY)
    crm.__exit__(None, None, None)
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : len(content) // 3 * 2] = b"\xff" * (len(content) // 3)
    path.write_bytes(content)
    with open_connector(path=path) as damaged:
        with pytest.raises(DataError, match="damaged") as caught:
            damaged.table(ACCOUNT)
        assert "copy" in caught.value.hint
        findings = damaged.check()
        assert [finding.severity for finding in findings] == [Severity.FAIL, Severity.OK, Severity.OK]
        assert "damaged" in findings[0].what


def test_a_file_that_is_cut_while_it_is_open_is_found(crm: LocalConnector, path: Path) -> None:
    crm.load(accounts(*({"name": "x" * 200} for _ in range(2_000))), as_of=DAY)
    crm.__exit__(None, None, None)
    with open_connector(path=path) as damaged:
        os.truncate(path, path.stat().st_size // 2)
        assert damaged.check()[0].severity is Severity.FAIL


def test_a_file_that_cannot_be_written_is_found(crm: LocalConnector, monkeypatch: pytest.MonkeyPatch) -> None:
    """The administrator may write anywhere, so what the system answers is set here."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    finding = crm.check()[1]
    assert finding.severity is Severity.FAIL
    assert "right to write" in finding.hint


def test_what_is_found_is_said(crm: LocalConnector, path: Path) -> None:
    findings = crm.check()
    assert [finding.severity for finding in findings] == [*[Severity.OK] * 3, Severity.WARN]
    assert "crm-segments import DIR" in findings[3].hint
    crm.load(accounts({"name": "Acme"}), as_of=DAY)
    path.chmod(0o644)
    findings = crm.check()
    assert [finding.severity for finding in findings] == [
        Severity.OK,
        Severity.OK,
        Severity.WARN,
        Severity.OK,
    ]
    assert "chmod 600" in findings[2].hint
    assert DAY.isoformat() in findings[3].what


def test_the_same_connector_serves_other_threads(crm: LocalConnector) -> None:
    crm.load(accounts({"name": "Acme"}), as_of=DAY)
    crm.ensure_fields(ACCOUNT, managed_specs())

    def write(number: int) -> WriteOutcome:
        batch = [FieldWrite("a1", {"our_number": number})]
        return crm.write(ACCOUNT, batch, request_id=f"r{number}")[0].outcome

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(write, range(40))) == {WriteOutcome.WRITTEN}
    assert len(crm.history(ACCOUNT, "a1", "our_number")) == 40


def test_modification_times_go_on_when_the_clock_goes_back(crm: LocalConnector, clock: Clock) -> None:
    crm.load(accounts({"name": "Acme"}), as_of=DAY)
    stamps = [modified_at(crm, "a1")]
    for step in (-86_400, 0, 0.000_001, -1, 3_600):
        clock.move(seconds=step)
        crm.edit(ACCOUNT, "a1", {"name": f"Acme after {step}"}, "Jo")
        stamps.append(modified_at(crm, "a1"))
    assert stamps == sorted(set(stamps))
