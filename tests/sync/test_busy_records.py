"""Records that another request holds are asked again, smaller; no two requests are at one parent at once."""

import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from connectors.model import FieldWrite, ObjectKind, WriteResult
from segmentation.config import SegmentationSettings
from sync.sending import BUSY_PAUSE_SECONDS
from tests.sync.bulk import BulkConnector
from tests.sync.faulty import FaultyConnector
from tests.sync.world import DAY, World, make_world


def assert_settled(world: World) -> None:
    assert Counter(record for record, _field, _new in world.writes()) == dict.fromkeys(world.keys(), 4)
    assert world.run().write_requests == 0


def test_only_busy_records_are_asked_again_and_the_others_never(world: World) -> None:
    faulty = FaultyConnector(world.crm, 12, busy={"a003": 1, "a007": 1})
    world.connector = faulty
    result = world.run()
    assert (result.exit_code, result.changes.written) == (0, 24)
    assert [ids for _name, ids in faulty.requests][2:] == [["a003", "a007"]]
    assert world.slept == [BUSY_PAUSE_SECONDS]
    assert_settled(world)


def test_busy_records_are_asked_in_ever_smaller_requests(tmp_path: Path) -> None:
    world = make_world(tmp_path, count=120)
    faulty = FaultyConnector(world.crm, 120, busy={f"a{number:03}": 2 for number in range(120)})
    world.connector = faulty
    assert world.run().changes.written == 120
    assert [len(ids) for _name, ids in faulty.requests] == [120, 50, 50, 20, *[10] * 12]
    assert_settled(world)
    world.close()


def test_what_stays_busy_waits_for_the_next_run_and_is_not_rejected(world: World) -> None:
    faulty = FaultyConnector(world.crm, 12, busy={"a003": 3})
    world.connector = faulty
    result = world.run()
    assert (result.exit_code, result.changes.written) == (0, 23)
    assert (result.changes.pending, result.changes.rejected) == (1, 0)
    assert world.run().changes.written == 1
    assert_settled(world)


def test_records_that_were_busy_in_a_job_are_asked_again_in_batches(world: World) -> None:
    bulk = BulkConnector(world.crm, busy={"a003": 1, "a009": 2})
    world.connector = bulk
    result = world.run()
    assert (result.exit_code, result.changes.written) == (0, 24)
    assert [ids for _name, ids in bulk.requests] == [["a003", "a009"], ["a009"]]
    assert_settled(world)


class Watched(FaultyConnector):
    """Notes which accounts the requests under way touch at the same time."""

    def __init__(self, world: World, accounts: dict[str, str]) -> None:
        super().__init__(world.crm, batch_records=4, parallel_writes=4)
        self.accounts = accounts
        self.now: Counter[str] = Counter()
        self.shared: set[str] = set()
        self.most_at_once = 0
        self.under_way = 0
        self.gate = threading.Barrier(2)

    def write(self, kind: ObjectKind, batch: Sequence[FieldWrite], *, request_id: str) -> list[WriteResult]:
        touched = {self.accounts[each.record_id] for each in batch}
        with self.counting:
            self.now.update(touched)
            self.under_way += 1
            self.most_at_once = max(self.most_at_once, self.under_way)
            self.shared |= {account for account in touched if self.now[account] > 1}
        try:
            # Two requests meet here where two may be under way; a lone one goes on by itself.
            self.gate.wait(0.05)
        except threading.BrokenBarrierError:
            self.gate.reset()
        try:
            return super().write(kind, batch, request_id=request_id)
        finally:
            with self.counting:
                self.now.subtract(touched)
                self.under_way -= 1


@pytest.fixture
def people(tmp_path: Path) -> World:
    """Contacts of a few accounts, one of which has more than fit into one request."""
    settings = SegmentationSettings(object="contact")
    world = make_world(tmp_path, count=6, segmentations=(settings,))
    owners = ["a000"] * 9 + ["a001", "a002", "a003"] * 3 + ["a004"] * 2 + [None]
    rows = [{"contact_id": f"c{at:02}", "account_id": owner} for at, owner in enumerate(owners)]
    # The order of ids is not the order of accounts.
    world.crm.load({ObjectKind.CONTACT: pa.Table.from_pylist(rows[::-1])}, as_of=DAY)
    return world


def test_contacts_of_one_account_are_never_in_two_requests_at_once(people: World) -> None:
    table = people.crm.table(ObjectKind.CONTACT)
    pairs = zip(table["contact_id"].to_pylist(), table["account_id"].to_pylist(), strict=True)
    accounts = {contact: account or contact for contact, account in pairs}
    watched = Watched(people, accounts)
    people.connector = watched
    result = people.run()
    assert result.changes.written == len(accounts)
    assert watched.shared == set()
    assert watched.most_at_once > 1, "requests of different accounts still go side by side"
    together = [len({accounts[each] for each in ids}) for _name, ids in watched.requests]
    assert sum(together) <= len(set(accounts.values())) + len(together), "siblings share requests"
    people.close()
