"""The snapshot: base and deltas together are always what a full read would give."""

import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import ProtocolError, StopRequested
from connectors.model import DeletedRecord, ObjectKind, Page
from sync.snapshot import MAX_DELTAS, Snapshot, SnapshotHead, load_snapshot, pull_snapshot, sweep
from tests.sync.faulty import FaultyConnector
from tests.sync.world import World, code_of, make_world

ACCOUNT = ObjectKind.ACCOUNT
WANTED = {ACCOUNT: ("employees",), ObjectKind.CONTACT: ()}
CONNECTION = "local:test"


def pull(world: World, head: str | None) -> Snapshot:
    snapshot = pull_snapshot(world.workspace(), CONNECTION, head, WANTED)
    sweep(world.folder / "snapshots", CONNECTION, snapshot.head)
    return snapshot


def content(table: pa.Table) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = table.sort_by(table.column_names[0]).to_pylist()
    return rows


def files(world: World) -> list[Path]:
    return sorted(path for path in (world.folder / "snapshots").rglob("*") if path.is_file())


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["edit", "delete", "merge", "add", "back", "pull", "other"]),
        st.integers(0, 7),
        st.integers(0, 7),
    ),
    max_size=25,
)


def step(world: World, what: str, one: int, other: int) -> None:
    live = sorted(world.keys())
    first, second = f"a{one:03}", f"a{other:03}"
    if what == "edit" and first in live:
        world.edit(first, name=f"Name {other}")
    elif what == "delete":
        world.crm.delete(ACCOUNT, [first])
    elif what == "merge" and first in live and second in live and one != other:
        world.crm.merge(ACCOUNT, first, second)
    elif what == "add":
        world.resize([f"b{one}{other}"], 10)
    elif what == "back":
        world.resize([first], 70 + other)
    elif what == "other":
        world.crm.create(ObjectKind.CONTACT, {"account_id": first, "title": f"Title {other}"}, "Jo")


@settings(max_examples=30)
@given(STEPS)
def test_base_and_deltas_equal_a_full_read(steps: list[tuple[str, int, int]]) -> None:
    with TemporaryDirectory() as folder:
        world = make_world(Path(folder), count=8, has_model=False)
        head = pull(world, None).head.to_json()
        for what, one, other in steps:
            if what == "pull":
                head = pull(world, head).head.to_json()
            else:
                step(world, what, one, other)
        merged = pull(world, head)
        whole = pull_snapshot(world.workspace(), CONNECTION, None, WANTED)
        for kind in WANTED:
            assert content(merged.tables[kind]) == content(whole.tables[kind])
        loaded = load_snapshot(world.workspace(), CONNECTION, merged.head.to_json())
        assert loaded is not None
        assert content(loaded.tables[ACCOUNT]) == content(merged.tables[ACCOUNT])
        world.close()


def test_a_second_pull_asks_only_for_what_changed(world: World) -> None:
    faulty = FaultyConnector(world.crm)
    world.connector = faulty
    head = pull(world, None).head
    world.edit("a000", name="New")
    again = pull(world, head.to_json())
    assert [since is None for _kind, since in faulty.pulls] == [True, True, False, False]
    assert [file.rows for file in again.head.objects["account"].files] == [24, 1]
    assert again.tables[ACCOUNT].num_rows == 24


def test_nothing_new_adds_no_file(world: World) -> None:
    head = pull(world, None).head
    before = files(world)
    again = pull(world, head.to_json()).head
    assert (again.hash(), files(world)) == (head.hash(), before)


def test_the_hash_moves_with_the_content(world: World) -> None:
    hashes = []
    head = pull(world, None).head
    for change in (lambda: world.edit("a000", name="X"), lambda: world.crm.delete(ACCOUNT, ["a001"])):
        change()
        hashes.append(head.hash())
        head = pull(world, head.to_json()).head
    assert len({*hashes, head.hash()}) == 3


def test_many_deltas_become_a_base_again(world: World) -> None:
    head = pull(world, None).head
    counts = []
    for number in range(MAX_DELTAS + 3):
        world.edit("a000", name=f"Name {number}")
        snapshot = pull(world, head.to_json())
        head = snapshot.head
        counts.append(len(head.objects["account"].files))
        assert snapshot.tables[ACCOUNT].num_rows == 24
    assert max(counts) == MAX_DELTAS + 1
    assert min(counts[MAX_DELTAS:]) == 2
    assert len(files(world)) == sum(len(each.files) for each in head.objects.values())


@pytest.mark.parametrize(
    "spoil",
    [
        Path.unlink,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-9]),
        lambda path: path.write_bytes(path.read_bytes().replace(b"Company", b"Kompany")),
        lambda path: path.write_bytes(b"PK\x03\x04 something else"),
    ],
)
def test_a_lost_or_damaged_file_costs_a_full_pull(world: World, spoil: Callable[[Path], object]) -> None:
    head = pull(world, None).head.to_json()
    world.edit("a000", name="New")
    head = pull(world, head).head.to_json()
    before = files(world)
    name = next(path for path in before if path.name.startswith("account"))
    raw = name.read_bytes()
    spoil(name)
    if name.exists() and name.read_bytes() == raw:
        name.write_bytes(raw[:20] + b"?" + raw[21:])
    assert load_snapshot(world.workspace(), CONNECTION, head) is None
    faulty = FaultyConnector(world.crm)
    world.connector = faulty
    snapshot = pull(world, head)
    assert faulty.pulls[0] == (ACCOUNT, None)
    assert snapshot.tables[ACCOUNT].num_rows == 24


def test_other_fields_cost_a_full_pull(world: World) -> None:
    head = pull_snapshot(world.workspace(), CONNECTION, None, {ACCOUNT: ()}).head.to_json()
    faulty = FaultyConnector(world.crm)
    world.connector = faulty
    world.run()
    names = ("crm_segment",)
    snapshot = pull_snapshot(world.workspace(), CONNECTION, head, {ACCOUNT: names})
    assert faulty.pulls[-1] == (ACCOUNT, None)
    assert set(snapshot.tables[ACCOUNT]["crm_segment"].to_pylist()) == {"small", "middle", "large"}


def test_only_the_owner_can_read_it(world: World) -> None:
    pull(world, None)
    folders = {path for path in (world.folder / "snapshots").rglob("*") if path.is_dir()}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files(world)} == {0o600}
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (*folders, world.folder / "snapshots")}
    assert modes == {0o700}


def test_a_pull_that_was_stopped_leaves_the_earlier_snapshot_valid(world: World) -> None:
    head = pull(world, None).head.to_json()
    world.edit("a000", name="New")
    world.should_stop = lambda: True
    with pytest.raises(StopRequested):
        pull(world, head)
    loaded = load_snapshot(world.workspace(), CONNECTION, head)
    assert loaded is not None
    assert loaded.tables[ACCOUNT].num_rows == 24


def test_rubbish_of_a_pull_that_was_cut_off_is_swept(world: World) -> None:
    head = pull(world, None).head
    (folder,) = (world.folder / "snapshots").iterdir()
    (folder / "account-cut-off.parquet.partial").write_bytes(b"half")
    (folder / "account-unnamed.parquet").write_bytes(b"whole, but no head names it")
    sweep(world.folder / "snapshots", CONNECTION, head)
    named = {file.name for each in head.objects.values() for file in each.files}
    assert {path.name for path in files(world)} == named


def test_a_record_that_is_reported_as_deleted_is_gone(world: World) -> None:
    faulty = FaultyConnector(world.crm)
    world.connector = faulty
    head = pull(world, None).head.to_json()
    world.edit("a000", name="New")

    def delete_later(_ordinal: int, page: Page) -> Page:
        if page.table.column_names[0] != "account_id":
            return page
        return Page(page.table, page.watermark, page.checkpoint, (DeletedRecord("a001"),))

    faulty.spoil_page = delete_later
    ids = pull(world, head).tables[ACCOUNT]["account_id"].to_pylist()
    assert ("a000" in ids, "a001" in ids, len(ids)) == (True, False, 23)


def test_records_that_come_twice_in_one_pull_are_refused_and_not_kept(world: World) -> None:
    faulty = FaultyConnector(world.crm)
    world.connector = faulty

    def double(_ordinal: int, page: Page) -> Page:
        table = pa.concat_tables([page.table, page.table.slice(0, 1)])
        return Page(table, page.watermark, page.checkpoint, page.deleted)

    faulty.spoil_page = double
    with pytest.raises(ProtocolError, match="twice"):
        pull(world, None)
    result = world.run()
    assert (result.exit_code, code_of(result), world.writes()) == (1, "pull.doubled", [])
    faulty.spoil_page = lambda _ordinal, page: page
    assert world.run().changes.written == 24


def test_the_head_survives_its_json(world: World) -> None:
    pull(world, None)
    world.crm.delete(ACCOUNT, ["a003"])
    head = pull(world, pull(world, None).head.to_json()).head
    assert SnapshotHead.from_json(head.to_json()) == head


def test_no_names_of_people_and_no_addresses_are_kept(world: World) -> None:
    contact = {"contact_id": ["c1"], "account_id": ["a000"], "title": ["CFO"], "email": ["jo@canary.example"]}
    world.crm.load({ObjectKind.CONTACT: pa.table(contact)}, as_of=world.clock.now.date())
    world.run()
    kept = [path.read_bytes() for path in (*files(world), world.store.path)]
    assert not any(b"canary" in each for each in kept)
    tables = [pq.read_schema(path).names for path in files(world)]
    assert all("email" not in names for names in tables)


def test_an_older_copy_of_the_crm_costs_a_full_pull(world: World) -> None:
    world.run()
    copy = (world.folder / "crm.db").with_suffix(".copy")
    world.crm.__exit__(None, None, None)
    shutil.copy(world.folder / "crm.db", copy)
    world.resize(["a000"], 400)
    world.run()
    world.crm.__exit__(None, None, None)
    shutil.copy(copy, world.folder / "crm.db")
    result = world.run()
    assert (result.exit_code, result.write_requests) == (0, 0)
    assert world.keys()["a000"] == "small"
