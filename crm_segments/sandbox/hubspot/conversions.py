"""What the lines of files become in HubSpot: property values, and who belongs to whom."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from crm_segments.sandbox.loading import Cells, place_of

__all__ = ["CONVERSIONS", "Conversion", "Link", "activity_kind"]

Values = dict[str, object]


@dataclass(frozen=True, slots=True)
class Link:
    """A record of the files that another one belongs to."""

    place: str
    """Its kind and id in the files."""
    kind: str
    """What the API calls its kind."""
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Conversion:
    """How one kind of line becomes a record."""

    source: str
    """Kind of line."""
    kind: str
    """Kind of record; empty where it depends on the line."""
    values: Callable[[Cells], Values]
    links: Callable[[Cells], Iterator[Link]]


def activity_kind(cells: Cells) -> str:
    """The kind of record that an activity becomes."""
    kinds = {"call": "calls", "email": "emails", "meeting": "meetings", "task": "tasks"}
    return kinds.get(str(cells.get("type") or "").strip().lower(), "notes")


def _company(cells: Cells) -> Values:
    website = str(cells.get("website") or "")
    return {
        "name": cells.get("name") or cells["account_id"],
        "website": website or None,
        "domain": _domain(website),
        "industry": cells.get("industry"),
        "country": cells.get("country"),
        "state": cells.get("state"),
        "city": cells.get("city"),
        "numberofemployees": cells.get("employees"),
        "annualrevenue": cells.get("annual_revenue"),
        "founded_year": cells.get("founded_year"),
    }


def _contact(cells: Cells) -> Values:
    return {
        "lastname": cells["contact_id"],
        "jobtitle": cells.get("title"),
        "hs_email_open": cells.get("email_opens_90d"),
        "hs_email_click": cells.get("email_clicks_90d"),
        "hs_email_optout": cells.get("email_opt_out"),
        "notes_last_updated": cells.get("last_activity_date"),
    }


def _lead(cells: Cells) -> Values:
    return {
        "lastname": cells["lead_id"],
        "lifecyclestage": "lead",
        "company": cells.get("company"),
        "jobtitle": cells.get("title"),
        "industry": cells.get("industry"),
        "country": cells.get("country"),
        "annualrevenue": cells.get("annual_revenue"),
        "hs_lead_status": cells.get("status"),
    }


def _deal(cells: Cells) -> Values:
    return {
        "dealname": cells["deal_id"],
        "amount": cells.get("amount"),
        "deal_currency_code": cells.get("currency"),
        "closedate": cells.get("close_date"),
        "dealtype": cells.get("type"),
    }


def _product(cells: Cells) -> Values:
    return {"name": cells.get("name") or cells["product_id"], "price": cells.get("price")}


def _line_item(cells: Cells) -> Values:
    return {"quantity": cells.get("quantity"), "amount": cells.get("amount")}


def _activity(cells: Cells) -> Values:
    on = cells.get("occurred_on")
    title = {
        "calls": "hs_call_title",
        "emails": "hs_email_subject",
        "meetings": "hs_meeting_title",
        "tasks": "hs_task_subject",
        "notes": "hs_note_body",
    }[activity_kind(cells)]
    values: Values = {"hs_timestamp": on, title: cells.get("type") or "Note"}
    if title == "hs_task_subject":
        values["hs_task_status"] = "COMPLETED"
    return values


def _none(_cells: Cells) -> Iterator[Link]:
    yield from ()


def _to_company(cells: Cells, *, primary: bool) -> Iterator[Link]:
    place = place_of("account", cells.get("account_id"))
    if place:
        yield Link(place, "companies", primary)


def _primary_company(cells: Cells) -> Iterator[Link]:
    yield from _to_company(cells, primary=True)


def _company_and_contact(cells: Cells) -> Iterator[Link]:
    yield from _to_company(cells, primary=False)
    place = place_of("contact", cells.get("contact_id"))
    if place:
        yield Link(place, "contacts")


def _deal_of_item(cells: Cells) -> Iterator[Link]:
    place = place_of("deal", cells.get("deal_id"))
    if place:
        yield Link(place, "deals")


def _domain(website: str) -> str | None:
    host = website.partition("//")[2] or website
    return host.partition("/")[0].removeprefix("www.").lower() or None


CONVERSIONS = (
    Conversion("account", "companies", _company, _none),
    Conversion("contact", "contacts", _contact, _primary_company),
    Conversion("lead", "contacts", _lead, _none),
    Conversion("deal", "deals", _deal, _primary_company),
    Conversion("product", "products", _product, _none),
    Conversion("line_item", "line_items", _line_item, _deal_of_item),
    Conversion("activity", "", _activity, _company_and_contact),
)
"""In the order in which files are read, so that records find those that they belong to."""
