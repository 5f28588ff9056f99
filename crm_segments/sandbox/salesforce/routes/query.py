"""SOQL over REST: the first page, the pages after it, and deleted records where asked for."""

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented, recorded
from crm_segments.sandbox.salesforce.asks import Ask, Routes
from crm_segments.sandbox.salesforce.cursors import Cursor
from crm_segments.sandbox.salesforce.errors import ApiError
from crm_segments.sandbox.salesforce.soql.parser import parse
from crm_segments.sandbox.salesforce.soql.run import run_query

__all__ = ["ROUTES"]

ROUTES = Routes()
_SIZES = range(200, 2001)
_LONGEST = 100_000


@ROUTES.add(
    "GET",
    "/services/data/v{version}/query",
    recorded("rest_collections.json: get_query_200; cumulusci_rest.json: get_data_vxx.0_query_200"),
)
def query(ask: Ask) -> Reply:
    """The first page of a query's records."""
    return _first_page(ask, "query", deleted_too=False)


@ROUTES.add("GET", "/services/data/v{version}/queryAll", documented("REST API: QueryAll"))
def query_all(ask: Ask) -> Reply:
    """The same with deleted and merged records."""
    return _first_page(ask, "queryAll", deleted_too=True)


@ROUTES.add("GET", "/services/data/v{version}/query/{locator}", documented("REST API: Query More"))
def query_more(ask: Ask) -> Reply:
    """A further page."""
    return _next_page(ask, "query")


@ROUTES.add("GET", "/services/data/v{version}/queryAll/{locator}", documented("REST API: Query More"))
def query_all_more(ask: Ask) -> Reply:
    """A further page, of a query with deleted records."""
    return _next_page(ask, "queryAll")


def page_size(ask: Ask) -> int:
    """How many records a page may hold: the client's wish within the limits, and perhaps fewer."""
    header = ask.call.header("Sforce-Query-Options")
    wanted = _SIZES[-1]
    if header is not None:
        name, _, value = header.partition("=")
        if name.strip().lower() != "batchsize" or not value.strip().isdigit():
            raise ApiError(400, "INVALID_HEADER", "Sforce-Query-Options: expected batchSize=200 to 2000")
        wanted = min(max(int(value), _SIZES[0]), _SIZES[-1])
    return min(wanted, ask.org.settings.max_page_rows)


def _first_page(ask: Ask, resource: str, *, deleted_too: bool) -> Reply:
    soql = ask.call.query.get("q")
    if soql is None:
        raise ApiError(400, "MALFORMED_QUERY", "A query string has to be specified")
    if len(soql) > _LONGEST:
        raise ApiError(
            400, "QUERY_TOO_COMPLICATED", f"SOQL statements cannot be longer than {_LONGEST} characters."
        )
    result = run_query(ask.asker(), parse(soql), deleted_too=deleted_too)
    cursor = ask.org.cursors.open(ask.user, result.rows, result.render, result.total, page_size(ask))
    return json_reply(200, _page(ask, resource, cursor, 0))


def _next_page(ask: Ask, resource: str) -> Reply:
    cursor, start = ask.org.cursors.find(ask.user, ask.param("locator"))
    return json_reply(200, _page(ask, resource, cursor, start))


def _page(ask: Ask, resource: str, cursor: Cursor, start: int) -> dict[str, object]:
    end = start + cursor.size
    done = end >= len(cursor.rows)
    page: dict[str, object] = {"totalSize": cursor.total, "done": done}
    if not done:
        page["nextRecordsUrl"] = f"/services/data/v{ask.version}/{resource}/{cursor.locator}-{end}"
    page["records"] = [cursor.render(row) for row in cursor.rows[start:end]]
    return page
