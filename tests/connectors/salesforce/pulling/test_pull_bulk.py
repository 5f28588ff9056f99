"""Pulls by bulk jobs: the whole conformance suite, and everything that can go wrong with jobs and files."""

import json
from collections.abc import Callable

import pyarrow as pa
import pytest

from connectors.config import ConnectionSettings
from connectors.errors import (
    CrmSegmentsError,
    DataError,
    ProtocolError,
    QuotaExhaustedError,
    UnavailableError,
)
from connectors.model import ObjectKind, Page
from connectors.salesforce.bulk_query import BulkReading
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.connector import SalesforceConnector
from connectors.testing.pulling import PullSuite
from connectors.testing.world import HOSTILE_TEXTS, World
from crm_segments.sandbox import Fault, html_page, mangled, redirected, refused, reset_before, truncated
from crm_segments.sandbox.calls import Reply
from crm_segments.sandbox.salesforce.refusals import query_timeout, server_unavailable, session_ended
from tests.connectors.salesforce.pulling.worlds import BulkWorld, ids_of, table_of
from tests.salesforce import SalesforceWorld

ACCOUNT = ObjectKind.ACCOUNT
RESULTS = "/results$"
POLLS = "/jobs/query/[0-9A-Za-z]+$"


class TestSalesforceInBulk(PullSuite):
    """What holds of pages holds of jobs."""

    @pytest.fixture
    def world(self, bulk: BulkWorld) -> World:
        return bulk


@pytest.fixture
def ids(bulk: BulkWorld) -> list[str]:
    """Three parts of accounts."""
    made = bulk.seed(ACCOUNT, [{"name": f'Company "{number}",\nInc.'} for number in range(50)])
    bulk.clock.advance(60)
    return made


def until_it_fails(world: BulkWorld, kept: list[Page]) -> CrmSegmentsError:
    """The error that ends the rest of the pull; pages that came are added to `kept`."""
    checkpoint = kept[-1].checkpoint if kept else None
    with pytest.raises(CrmSegmentsError) as caught:
        kept.extend(world.connector.pull(ACCOUNT, checkpoint=checkpoint))
    return caught.value


def resumed(world: BulkWorld, kept: list[Page]) -> list[str]:
    """All ids, when another process goes on after what was kept."""
    checkpoint = kept[-1].checkpoint if kept else None
    with world.open() as fresh:
        return ids_of([*kept, *fresh.pull(ACCOUNT, checkpoint=checkpoint)])


def jobs_made(world: SalesforceWorld) -> int:
    return len(world.emulator.wire.requests("POST", "/jobs/query"))


def file_changed(change: Callable[[bytes], bytes], **headers: str | None) -> Fault:
    """A file of results that is changed on its way; a header that is None is taken off."""

    def act(reply: Reply) -> Reply:
        body = change(reply.body)
        merged = {**reply.headers, **headers}
        kept = {name: value for name, value in merged.items() if value is not None}
        return Reply(reply.status, body, kept)

    return mangled(act)


def shown(**values: object) -> Fault:
    """An answer about a job that says something else."""

    def act(reply: Reply) -> Reply:
        return Reply(reply.status, json.dumps({**json.loads(reply.body), **values}).encode(), reply.headers)

    return mangled(act)


@pytest.mark.parametrize("position", [1, 2, 3])
@pytest.mark.parametrize(
    "fault",
    [
        html_page(),
        truncated(),
        reset_before(),
        server_unavailable(retry_after=7),
        file_changed(lambda body: body[:-40]),
        file_changed(lambda body: body[: body.rindex(b'\n"', 0, -1) + 1]),
        file_changed(lambda body: body[: len(body) // 2]),
        file_changed(lambda body: body[:-3]),
        file_changed(lambda body: body[: body.rindex(b',"') + 1]),
        file_changed(lambda body: body[: body.rindex(b',"') + 2]),
        file_changed(lambda _: b"<html>busy</html>"),
        file_changed(lambda _: b"<html>busy</html>", **{"Sforce-NumberOfRecords": None}),
        file_changed(lambda _: b'[{"Id": "1"}]', **{"Content-Type": "application/json"}),
        file_changed(lambda _: b""),
    ],
    ids=[
        *("page with status 200", "half an answer", "reset", "503", "cut in a row", "cut after a row"),
        *(
            "cut in the middle",
            "cut in the last cell",
            "cut before it",
            "cut in its quotes",
            "page as CSV",
            "page as CSV, no count",
            "JSON",
        ),
        "empty",
    ],
)
def test_what_comes_instead_of_a_file_is_never_taken_for_one(
    bulk: BulkWorld, ids: list[str], position: int, fault: Fault
) -> None:
    """Truncated files of records were read as whole ones."""
    bulk.emulator.faults.at(position, fault, path=RESULTS)
    kept: list[Page] = []
    error = until_it_fails(bulk, kept)
    assert isinstance(error, UnavailableError)
    assert "Company" not in str(error)
    assert sum(page.table.num_rows for page in kept) == 20 * (position - 1)
    assert resumed(bulk, kept) == ids
    assert jobs_made(bulk) == 1


def test_a_refused_poll_does_not_cost_the_job(bulk: BulkWorld, ids: list[str]) -> None:
    """Ids of finished jobs were lost with the exception of a later request."""
    bulk.org.settings.bulk_polls = 4
    bulk.emulator.faults.at([2, 3], server_unavailable(), path=POLLS, method="GET")
    kept: list[Page] = []
    for _ in range(2):
        assert isinstance(until_it_fails(bulk, kept), UnavailableError)
    assert resumed(bulk, kept) == ids
    assert jobs_made(bulk) == 1


def test_a_session_that_ends_is_renewed_on_the_way_of_jobs_too(bulk: BulkWorld, ids: list[str]) -> None:
    """The client library renews sessions for ordinary requests only."""
    bulk.emulator.faults.at(1, session_ended(), path="/jobs/query$")
    bulk.emulator.faults.at(1, session_ended(), path=POLLS)
    bulk.emulator.faults.at(2, session_ended(), path=RESULTS)
    assert ids_of(bulk.connector.pull(ACCOUNT)) == ids
    assert len(bulk.emulator.wire.requests("POST", "/oauth2/token")) == 4


def test_the_first_look_is_at_once_and_later_ones_come_more_and_more_slowly(
    bulk: BulkWorld, ids: list[str]
) -> None:
    """The client library slept five seconds before it looked at all."""
    bulk.org.settings.bulk_polls = 0
    assert ids_of(bulk.connector.pull(ACCOUNT)) == ids
    assert bulk.waits == []
    bulk.org.settings.bulk_polls = 9
    assert ids_of(bulk.connector.pull(ACCOUNT)) == ids
    assert bulk.waits == [0.5, 1, 2, 4, 8, 16, 20, 20, 20]


def test_whoever_waits_for_a_job_can_stop_between_two_looks(bulk: BulkWorld, ids: list[str]) -> None:
    bulk.org.settings.bulk_polls = 3
    pull = bulk.connector.pull(ACCOUNT)
    kept = [next(pull), next(pull), next(pull)]
    assert [page.table.num_rows for page in kept] == [0, 0, 0]
    assert len({page.checkpoint for page in kept}) == 3
    assert resumed(bulk, kept) == ids
    assert jobs_made(bulk) == 1


@pytest.mark.parametrize("state", ["Failed", "Aborted"])
def test_a_job_that_fails_is_made_again_once(bulk: BulkWorld, ids: list[str], state: str) -> None:
    bulk.emulator.faults.at(1, shown(state=state, errorMessage="Company 7"), path=POLLS)
    assert ids_of(bulk.connector.pull(ACCOUNT)) == ids
    assert jobs_made(bulk) == 2
    bulk.emulator.faults.at([1, 2], shown(state=state, errorMessage="Company 7"), path=POLLS)
    error = until_it_fails(bulk, [])
    assert (error.code, "Company" in str(error)) == ("salesforce.job.failed", False)


def test_a_job_that_never_ends_is_given_up(bulk: BulkWorld) -> None:
    bulk.org.settings.bulk_polls = 100_000
    bulk.org.settings.daily_api_requests = 100_000
    kept: list[Page] = []
    assert isinstance(until_it_fails(bulk, kept), UnavailableError)
    assert len(kept) == 1_501


def test_a_state_that_nobody_knows_ends_the_pull(bulk: BulkWorld) -> None:
    bulk.emulator.faults.at(1, shown(state="Pondering"), path=POLLS)
    assert until_it_fails(bulk, []).code == "salesforce.job.odd"


def test_a_job_that_somebody_deleted_is_made_again_or_says_that_its_result_is_gone(
    bulk: BulkWorld, ids: list[str]
) -> None:
    pull = bulk.connector.pull(ACCOUNT)
    kept = [next(pull)]
    bulk.org.bulk.jobs.clear()
    kept.extend(next(pull) for _ in range(3))
    assert sum(page.table.num_rows for page in kept) == 20
    bulk.org.bulk.jobs.clear()
    error = until_it_fails(bulk, kept)
    assert isinstance(error, DataError)
    assert error.code == "salesforce.job.gone"
    assert resumed(bulk, []) == ids


def test_a_place_that_repeats_ends_the_pull(bulk: BulkWorld, ids: list[str]) -> None:
    del ids
    places: list[str] = []

    def repeat(reply: Reply) -> Reply:
        places.append(reply.headers["Sforce-Locator"])
        return reply.with_headers({"Sforce-Locator": places[0]})

    bulk.emulator.faults.at([1, 2], mangled(repeat), path=RESULTS)
    assert until_it_fails(bulk, []).code == "salesforce.pull.repeats"


@pytest.mark.parametrize("total", [49, 51])
def test_parts_that_do_not_add_up_are_refused(bulk: BulkWorld, ids: list[str], total: int) -> None:
    """A whole batch vanished without an exception."""
    del ids
    bulk.org.settings.bulk_polls = 0
    bulk.emulator.faults.at(1, shown(numberRecordsProcessed=total), path=POLLS)
    error = until_it_fails(bulk, [])
    assert isinstance(error, ProtocolError)
    assert error.code == "salesforce.pull.count"


def test_a_part_that_is_missing_at_the_end_is_noticed(bulk: BulkWorld, ids: list[str]) -> None:
    del ids
    bulk.emulator.faults.at(2, file_changed(lambda body: body, **{"Sforce-Locator": "null"}), path=RESULTS)
    assert until_it_fails(bulk, []).code == "salesforce.pull.count"


def test_a_proxy_that_takes_headers_off_loses_nothing(bulk: BulkWorld, ids: list[str]) -> None:
    """Without a count in the header the job's own count still has to agree."""
    no_count = file_changed(lambda body: body, **{"Sforce-NumberOfRecords": None})
    bulk.emulator.faults.at([1, 2, 3], no_count, path=RESULTS)
    assert ids_of(bulk.connector.pull(ACCOUNT)) == ids
    no_place = file_changed(lambda body: body, **{"Sforce-Locator": None})
    bulk.emulator.faults.at(1, no_place, path=RESULTS)
    assert until_it_fails(bulk, []).code == "salesforce.pull.count"


def test_later_parts_may_come_without_the_line_of_names(bulk: BulkWorld, ids: list[str]) -> None:
    bare = file_changed(lambda body: body.partition(b"\n")[2])
    bulk.emulator.faults.at([2, 3], bare, path=RESULTS)
    assert ids_of(bulk.connector.pull(ACCOUNT)) == ids
    bulk.emulator.faults.at(1, bare, path=RESULTS)
    assert isinstance(until_it_fails(bulk, []), UnavailableError)


def test_a_redirect_to_another_host_is_not_followed(bulk: BulkWorld, ids: list[str]) -> None:
    del ids
    bulk.emulator.faults.at(2, redirected("https://evil.example/"), path=RESULTS)
    assert until_it_fails(bulk, []).code == "salesforce.redirected"


def test_cells_of_another_type_than_described_are_no_broken_transport(
    bulk: BulkWorld, ids: list[str]
) -> None:
    """Bulk files hold nothing but text: types come from the description, and are held against it."""
    bulk.org.edit(ids[0], {"NumberOfEmployees": "many"})
    error = until_it_fails(bulk, [])
    assert isinstance(error, ProtocolError)
    assert (error.code, "many" in str(error)) == ("salesforce.answer.odd", False)


@pytest.mark.parametrize("name", [*HOSTILE_TEXTS, 'a\nb\r\nc "d", e', '"', ",", "\u2028x\x0b", "x" * 50_000])
def test_texts_come_back_to_the_character(bulk: BulkWorld, name: str) -> None:
    """Quotes, commas and line breaks in names broke rows of bulk files apart."""
    bulk.seed(ACCOUNT, [{"name": "before"}, {"name": name}, {"name": "after"}])
    assert table_of(bulk.connector.pull(ACCOUNT))["name"].to_pylist() == ["before", name, "after"]


def test_a_pull_stops_before_it_touches_the_reserve_of_calls(bulk: BulkWorld, ids: list[str]) -> None:
    pull = bulk.connector.pull(ACCOUNT)
    kept = [next(pull)]
    bulk.org.usage.add(12_000)
    kept.append(next(pull))
    with pytest.raises(QuotaExhaustedError):
        next(pull)
    bulk.clock.advance(86_400)
    assert resumed(bulk, kept) == ids
    assert jobs_made(bulk) == 1


def test_memory_does_not_grow_with_the_number_of_records(bulk: BulkWorld) -> None:
    """Whole results were held until the last record had come."""
    bulk.seed(ACCOUNT, [{"name": f"{number} {'x' * 200}"} for number in range(400)])
    held = [pa.total_allocated_bytes() for page in bulk.connector.pull(ACCOUNT) if page.table.num_rows]
    assert len(held) == 20
    assert max(held[2:]) - min(held[2:]) < 40_000


class TestChoice:
    """By pages or by a job: what decides."""

    @pytest.fixture
    def world(self, salesforce: SalesforceWorld) -> SalesforceWorld:
        salesforce.seed(ACCOUNT, [{"name": f"Company {number}"} for number in range(29)])
        return salesforce

    @pytest.fixture
    def connector(self, world: SalesforceWorld) -> SalesforceConnector:
        known = {"crm": "salesforce", "endpoint": world.url, "client_id": "key", "client_secret": "secret"}
        settings = ConnectionSettings.model_validate(known)
        how = BulkReading(from_records=30, part_records=20, sleep=world.clock.advance)
        opened = SalesforceConnector(SalesforceClient(settings), settings, bulk_reading=how)
        world.opened.append(opened)
        return opened

    def test_few_records_come_by_pages(self, world: SalesforceWorld, connector: SalesforceConnector) -> None:
        assert len(ids_of(connector.pull(ACCOUNT))) == 29
        assert jobs_made(world) == 0

    def test_many_records_come_by_a_job(self, world: SalesforceWorld, connector: SalesforceConnector) -> None:
        world.seed(ACCOUNT, [{"name": "One more"}])
        assert len(ids_of(connector.pull(ACCOUNT))) == 30
        assert jobs_made(world) == 1
        assert world.emulator.wire.requests("GET", "v67.0/query") == []

    def test_the_first_page_may_know_better_than_the_count(
        self, world: SalesforceWorld, connector: SalesforceConnector
    ) -> None:
        """Counts of records are approximate, and an incremental pull has none beforehand."""
        *_, last = connector.pull(ACCOUNT)
        made = world.seed(ACCOUNT, [{"name": "One more"}])
        found = ids_of(connector.pull(ACCOUNT, since=last.watermark))
        assert (len(found), set(made) <= set(found), jobs_made(world)) == (30, True, 1)

    def test_a_query_that_takes_too_long_is_given_to_a_job(
        self, world: SalesforceWorld, connector: SalesforceConnector
    ) -> None:
        world.emulator.faults.at(1, query_timeout(), path="/query$")
        assert len(ids_of(connector.pull(ACCOUNT))) == 29
        assert jobs_made(world) == 1

    def test_an_org_without_jobs_is_read_by_pages(
        self, world: SalesforceWorld, connector: SalesforceConnector
    ) -> None:
        ids = [*ids_of(connector.pull(ACCOUNT)), *world.seed(ACCOUNT, [{"name": "One more"}])]
        refused_job = refused(400, body='[{"errorCode":"FEATURENOTENABLED","message":"no"}]')
        world.emulator.faults.at(1, refused_job, method="POST", path="/jobs/query")
        pages = list(connector.pull(ACCOUNT))
        assert ids_of(pages) == ids
        rest = connector.pull(ACCOUNT, checkpoint=pages[0].checkpoint)
        assert ids_of([pages[0], *rest]) == ids
        assert jobs_made(world) == 1

    def test_a_query_too_long_for_an_address_goes_into_the_body_of_a_job(
        self, world: SalesforceWorld, connector: SalesforceConnector
    ) -> None:
        """Addresses that are too long were refused, or cut in silence."""
        names = [f"Field_with_a_long_name_{number:03}__c" for number in range(400)]
        for name in names:
            world.add_text_field(ACCOUNT, name)
        table = table_of(connector.pull(ACCOUNT, names))
        assert (table.num_rows, table.column_names[-400:], jobs_made(world)) == (29, names, 1)
