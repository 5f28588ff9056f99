"""Pulls by pages: each fault ends in a clear error or in the right records, never in a part of them."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from connectors.errors import (
    CrmSegmentsError,
    DataError,
    ProtocolError,
    QuotaExhaustedError,
    RateLimitedError,
    UnavailableError,
    UsageError,
)
from connectors.model import ObjectKind, Page
from crm_segments.sandbox import Fault, html_page, mangled, meanwhile, redirected, reset_before, truncated
from crm_segments.sandbox.calls import Reply
from crm_segments.sandbox.salesforce import OrgSettings
from crm_segments.sandbox.salesforce.fields import Value
from crm_segments.sandbox.salesforce.refusals import concurrent_limit, server_unavailable, session_ended
from tests.connectors.salesforce.pulling.worlds import ids_of
from tests.salesforce import SalesforceWorld

ACCOUNT = ObjectKind.ACCOUNT
PAGES = "/query"


@pytest.fixture
def ids(salesforce: SalesforceWorld) -> list[str]:
    """Three pages of accounts."""
    made = salesforce.seed(ACCOUNT, [{"name": f"Company {number}"} for number in range(50)])
    salesforce.clock.advance(60)
    return made


def changed(change: Callable[[dict[str, Any]], object]) -> Fault:
    """An answer whose JSON is changed on its way."""

    def act(reply: Reply) -> Reply:
        body = json.loads(reply.body)
        change(body)
        return Reply(reply.status, json.dumps(body).encode(), reply.headers)

    return mangled(act)


def until_it_fails(pages: Iterable[Page]) -> tuple[list[Page], CrmSegmentsError]:
    """The pages that came, and the error that ended them."""
    kept: list[Page] = []
    with pytest.raises(CrmSegmentsError) as caught:
        kept.extend(pages)
    return kept, caught.value


def resumed(world: SalesforceWorld, kept: list[Page]) -> list[str]:
    """All ids, when another process goes on after what was kept."""
    checkpoint = kept[-1].checkpoint if kept else None
    with world.open() as fresh:
        return ids_of([*kept, *fresh.pull(ACCOUNT, checkpoint=checkpoint)])


@pytest.mark.parametrize("position", [1, 2, 3])
@pytest.mark.parametrize(
    "fault",
    [html_page(), html_page(502), truncated(), reset_before(), server_unavailable(retry_after=7)],
    ids=["page with status 200", "page with status 502", "half an answer", "reset", "503"],
)
def test_what_comes_instead_of_a_page_is_never_taken_for_one(
    salesforce: SalesforceWorld, ids: list[str], position: int, fault: Fault
) -> None:
    """A maintenance page with status 200 ended pulls early with success; half an answer did too."""
    salesforce.emulator.faults.at(position, fault, path=PAGES)
    kept, error = until_it_fails(salesforce.connector.pull(ACCOUNT))
    assert isinstance(error, UnavailableError)
    assert len(kept) == position - 1
    assert resumed(salesforce, kept) == ids


@pytest.mark.usefixtures("ids")
def test_a_busy_server_says_when_to_ask_again(salesforce: SalesforceWorld) -> None:
    salesforce.emulator.faults.at(2, server_unavailable(retry_after=7), path=PAGES)
    _, error = until_it_fails(salesforce.connector.pull(ACCOUNT))
    assert isinstance(error, UnavailableError)
    assert error.retry_after == 7


def test_a_session_that_ends_between_pages_is_renewed_once(
    salesforce: SalesforceWorld, ids: list[str]
) -> None:
    """Long reads died when the token did."""
    salesforce.emulator.faults.at(2, session_ended(), path=PAGES)
    assert ids_of(salesforce.connector.pull(ACCOUNT)) == ids
    assert len(salesforce.emulator.wire.requests("POST", "/oauth2/token")) == 2


def test_too_many_long_requests_are_told_from_a_used_up_day(
    salesforce: SalesforceWorld, ids: list[str]
) -> None:
    salesforce.emulator.faults.at(2, concurrent_limit(), path=PAGES)
    kept, error = until_it_fails(salesforce.connector.pull(ACCOUNT))
    assert isinstance(error, RateLimitedError)
    assert resumed(salesforce, kept) == ids


def test_a_pull_stops_before_it_touches_the_reserve_of_calls_and_goes_on_later(
    salesforce: SalesforceWorld, ids: list[str]
) -> None:
    """Tools ate the org's calls of the day; ours leaves a fifth to others."""
    pull = salesforce.connector.pull(ACCOUNT)
    kept = [next(pull)]
    salesforce.org.usage.add(12_000)
    before = len(salesforce.emulator.wire.requests())
    kept.append(next(pull))  # The org says only with this answer that others have used so many.
    more, error = until_it_fails(pull)
    assert isinstance(error, QuotaExhaustedError)
    assert (more, len(salesforce.emulator.wire.requests()) - before) == ([], 1)
    salesforce.clock.advance(86_400)
    assert resumed(salesforce, kept) == ids


@pytest.mark.parametrize(
    "elsewhere",
    [
        "@evil.example/services/data/v67.0/query/01g000000000000-20",
        "https://evil.example/services/data/v67.0/query/01g000000000000-20",
        "//evil.example/services/data/v67.0/query/01g000000000000-20",
        "/services/data/v67.0/query/../../../evil",
        "/services/data/v67.0/query/01g?x=\r\nHost: evil.example",
        "",
        7,
    ],
)
@pytest.mark.usefixtures("ids")
def test_the_next_page_lies_on_the_same_host_or_nowhere(
    salesforce: SalesforceWorld, elsewhere: object
) -> None:
    """Clients followed an address that began with @host, and took the session along."""
    salesforce.emulator.faults.at(1, changed(lambda body: body.update(nextRecordsUrl=elsewhere)), path=PAGES)
    before = len(salesforce.emulator.wire.requests())
    kept, error = until_it_fails(salesforce.connector.pull(ACCOUNT))
    assert isinstance(error, ProtocolError)
    assert (kept, "evil" in error.message + error.hint) == ([], False)
    assert not [call for call in salesforce.emulator.wire.requests()[before:] if "evil" in str(call)]


@pytest.mark.usefixtures("ids")
def test_a_redirect_to_another_host_is_not_followed(salesforce: SalesforceWorld) -> None:
    salesforce.emulator.faults.at(2, redirected("https://evil.example/"), path=PAGES)
    kept, error = until_it_fails(salesforce.connector.pull(ACCOUNT))
    assert (error.code, len(kept)) == ("salesforce.redirected", 1)


@pytest.mark.usefixtures("ids")
def test_a_place_that_repeats_ends_the_pull(salesforce: SalesforceWorld) -> None:
    """A cursor that came again was followed for ever."""
    places: list[object] = []

    def repeat(body: dict[str, Any]) -> None:
        places.append(body.get("nextRecordsUrl"))
        body["nextRecordsUrl"] = places[0]

    salesforce.emulator.faults.at([1, 2], changed(repeat), path=PAGES)
    kept, error = until_it_fails(salesforce.connector.pull(ACCOUNT))
    assert (error.code, len(kept)) == ("salesforce.pull.repeats", 1)


@pytest.mark.usefixtures("ids")
def test_a_page_that_comes_twice_ends_the_pull(salesforce: SalesforceWorld) -> None:
    pages: list[object] = []

    def repeat(body: dict[str, Any]) -> None:
        pages.append(body["records"])
        body["records"] = pages[0]

    salesforce.emulator.faults.at([1, 2], changed(repeat), path=PAGES)
    _, error = until_it_fails(salesforce.connector.pull(ACCOUNT))
    assert error.code == "salesforce.pull.repeats"


@pytest.mark.parametrize("position", [1, 2, 3])
@pytest.mark.parametrize("change", ["cut", "doubled", "early end", "no records", "no count", "other shape"])
@pytest.mark.usefixtures("ids")
def test_pages_that_do_not_fit_together_are_refused(
    salesforce: SalesforceWorld, position: int, change: str
) -> None:
    """Records were lost in silence where a page was shorter than it said."""
    changes: dict[str, Callable[[dict[str, Any]], object]] = {
        "cut": lambda body: body["records"].pop(),
        "doubled": lambda body: body["records"].append(body["records"][0]),
        "early end": lambda body: body.update(done=not body["done"]),
        "no records": lambda body: body.pop("records"),
        "no count": lambda body: body.pop("totalSize"),
        "other shape": lambda body: body["records"][0].update(NumberOfEmployees="many", CreatedDate="soon"),
    }
    salesforce.emulator.faults.at(position, changed(changes[change]), path=PAGES)
    with pytest.raises(ProtocolError) as caught:
        list(salesforce.connector.pull(ACCOUNT))
    assert "Company" not in str(caught.value) + repr(caught.value.details)


def test_records_that_are_purged_while_pages_are_read_are_no_loss(
    salesforce: SalesforceWorld, ids: list[str]
) -> None:
    """Salesforce leaves them out of later pages, so that fewer come than were announced."""
    gone = ids[30]

    def drop(body: dict[str, Any]) -> None:
        body["records"] = [one for one in body["records"] if one["Id"] != gone]

    faults = salesforce.emulator.faults
    faults.at(1, meanwhile(lambda: salesforce.delete(ACCOUNT, gone)), path=PAGES)
    faults.at(2, changed(drop), path=PAGES)
    assert ids_of(salesforce.connector.pull(ACCOUNT)) == [one for one in ids if one != gone]


def test_a_place_that_has_expired_is_found_again_by_the_last_id(
    salesforce: SalesforceWorld, ids: list[str]
) -> None:
    """Locators end after two days, or when other programs open too many queries."""
    pull = salesforce.connector.pull(ACCOUNT)
    kept = [next(pull)]
    salesforce.org.cursors.forget_all()
    assert ids_of([*kept, *pull]) == ids


@pytest.mark.parametrize(
    "checkpoint",
    [
        "",
        "{}",
        "[]",
        "null",
        "01g000000000000-20",
        '{"kind":"contact","since":null,"mark":"x","columns":"y"}',
        '{"kind":"account","mark":"x","columns":"y"}',
        '{"kind":"account","since":null,"mark":"m","columns":"c","after":"001\' OR Name != \'"}',
        '{"kind":"account","since":null,"mark":"m","columns":"c","job":"../../limits"}',
        '{"kind":"account","since":null,"mark":"m","columns":"c","source":-1}',
        '{"kind":"account","since":null,"mark":"m","columns":"c","read":true}',
        '{"kind":"account","since":null,"mark":"m","columns":"c","more":1}',
    ],
)
def test_a_foreign_checkpoint_is_refused(salesforce: SalesforceWorld, checkpoint: str) -> None:
    with pytest.raises(UsageError):
        list(salesforce.connector.pull(ACCOUNT, checkpoint=checkpoint))


@pytest.mark.usefixtures("ids")
def test_a_checkpoint_of_another_pull_is_refused(salesforce: SalesforceWorld) -> None:
    *_, last = salesforce.connector.pull(ACCOUNT)
    with pytest.raises(UsageError):
        list(salesforce.connector.pull(ACCOUNT, since=last.watermark, checkpoint=last.checkpoint))
    with pytest.raises(UsageError):
        list(salesforce.connector.pull(ObjectKind.CONTACT, checkpoint=last.checkpoint))


@pytest.mark.usefixtures("ids")
def test_fields_that_change_between_two_pages_end_the_pull(salesforce: SalesforceWorld) -> None:
    """A resumed pull would otherwise lay pages of two shapes beside each other."""
    first = next(salesforce.connector.pull(ACCOUNT))
    salesforce.org.hide_field("Account", "Industry", salesforce.integration)
    with salesforce.open() as fresh, pytest.raises(DataError) as caught:
        list(fresh.pull(ACCOUNT, checkpoint=first.checkpoint))
    assert caught.value.code == "salesforce.watermark.moved"


@pytest.mark.usefixtures("ids")
def test_a_field_that_vanishes_between_description_and_query_is_named_as_such(
    salesforce: SalesforceWorld,
) -> None:
    hide = meanwhile(lambda: salesforce.org.hide_field("Account", "Site", salesforce.integration))
    salesforce.emulator.faults.at(1, hide, path="/limits/recordCount")
    _, error = until_it_fails(salesforce.connector.pull(ACCOUNT, ["Site"]))
    assert error.code == "salesforce.field.vanished"


def test_activities_come_from_two_objects_and_resume_in_either(
    salesforce: SalesforceWorld,
) -> None:
    """Tasks and events are one kind of record to us."""
    org = salesforce.org
    done: dict[str, Value] = {"Status": "Completed", "IsClosed": True, "ActivityDate": "2026-10-01"}
    tasks = [org.add("Task", {**done, "TaskSubtype": "Call"}) for _ in range(25)]
    org.add("Task", {"Status": "Not Started", "ActivityDate": "2026-12-01"})
    org.add("Task", {**done, "IsArchived": True})
    events = [org.add("Event", {"ActivityDate": "2026-10-02"}) for _ in range(25)]
    kind = ObjectKind.ACTIVITY
    pages = list(salesforce.connector.pull(kind))
    assert ids_of(pages, kind) == [*tasks, *events]
    types = [kind for page in pages for kind in page.table["type"].to_pylist()]
    assert types == ["Call"] * 25 + [None] * 25
    assert len({page.checkpoint for page in pages}) == len(pages)
    for kept in range(1, len(pages) + 1):
        with salesforce.open() as fresh:
            rest = fresh.pull(kind, checkpoint=pages[kept - 1].checkpoint)
            assert ids_of([*pages[:kept], *rest], kind) == [*tasks, *events]


def test_a_pull_sends_few_requests(salesforce_server: Any) -> None:
    """Two descriptions are not asked for twice, and a page takes 2,000 records."""
    board, url = salesforce_server
    world = SalesforceWorld(url, board, settings=OrgSettings())
    world.seed(ACCOUNT, [{"name": f"Company {number}"} for number in range(2_001)])
    assert len(ids_of(world.connector.pull(ACCOUNT))) == 2_001
    paths = [call.path.removeprefix("/services/data/v67.0/") for call in world.emulator.wire.requests()]
    assert paths[:4] == ["/services/oauth2/token", "sobjects/Account/describe", "limits/recordCount", "query"]
    assert len(paths) == 5
    world.close()
