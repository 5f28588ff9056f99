"""The clean company as text, column by column, the way that a CRM would export it."""

from collections.abc import Sequence

from crm_segments.sample.accounts import Accounts
from crm_segments.sample.columns import Ints, iso_dates
from crm_segments.sample.engagement import Activities, Contacts
from crm_segments.sample.names import web_addresses
from crm_segments.sample.purchases import WON, Deals
from crm_segments.sample.words import (
    ACTIVITY_TYPES,
    COUNTRIES,
    INDUSTRIES,
    OWNERS,
    PLACES,
    PRODUCTS,
    ROLES,
    SOURCES,
)

__all__ = [
    "Sheet",
    "account_ids",
    "account_sheet",
    "activity_sheet",
    "contact_sheet",
    "deal_ids",
    "deal_sheet",
]

Sheet = dict[str, list[str]]
"""Columns of one file, in order, all equally long."""

STAGES = ("Prospecting", "Proposal", "Negotiation", "Closed Won", "Closed Lost", "Cancelled")
KINDS = ("New Business", "Expansion", "Renewal")


def account_ids(places: Ints) -> list[str]:
    """Ids of the accounts at these places."""
    return [f"A{1_000_001 + place}" for place in places.tolist()]


def deal_ids(count: int) -> list[str]:
    """Ids of the first deals."""
    return [f"D{1_000_001 + place}" for place in range(count)]


def account_sheet(accounts: Accounts) -> Sheet:
    """Columns of accounts.csv."""
    countries = _named(COUNTRIES, accounts.country)
    places = [PLACES[country][city] for country, city in zip(countries, accounts.city.tolist(), strict=True)]
    names: list[str] = accounts.name.tolist()
    ids = account_ids(accounts.number)
    return {
        "account_id": ids,
        "name": names,
        "website": web_addresses(names, accounts.number.tolist()),
        "industry": _named(INDUSTRIES, accounts.industry),
        "country": countries,
        "state": [state for state, _ in places],
        "city": [city for _, city in places],
        "employees": _whole(accounts.employees()),
        "annual_revenue": _whole(accounts.revenue()),
        "currency": ["USD"] * len(ids),
        "founded_year": _whole(accounts.founded),
        "source": _named(SOURCES, accounts.source),
        "owner": _named(OWNERS, accounts.owner),
        "parent_account_id": ["" if place < 0 else ids[place] for place in accounts.parent.tolist()],
        "created_date": iso_dates(accounts.created),
    }


def contact_sheet(contacts: Contacts) -> Sheet:
    """Columns of contacts.csv."""
    titles = _named(ROLES, contacts.role)
    ids = _contact_ids(len(titles))
    return {
        "contact_id": ids,
        "account_id": account_ids(contacts.account),
        "title": titles,
        "email": [
            f"{title.lower().replace(' ', '.')}.{name.lower()}@example.invalid"
            for title, name in zip(titles, ids, strict=True)
        ],
        "email_opens_90d": _whole(contacts.opens.sum(axis=1)),
        "email_clicks_90d": _whole(contacts.clicks.sum(axis=1)),
        "email_opt_out": ["true" if opted_out else "false" for opted_out in contacts.opt_out.tolist()],
        "last_activity_date": iso_dates(contacts.last_seen),
        "created_date": iso_dates(contacts.created),
    }


def deal_sheet(deals: Deals, accounts: Accounts) -> Sheet:
    """Columns of opportunities.csv."""
    products = _named(PRODUCTS, deals.product)
    names: list[str] = accounts.name[deals.account].tolist()
    kinds = _named(KINDS, deals.kind)
    return {
        "opportunity_id": deal_ids(len(products)),
        "account_id": account_ids(deals.account),
        "name": [f"{product} - {name}" for product, name in zip(products, names, strict=True)],
        "stage": _named(STAGES, deals.stage),
        "is_closed": ["true" if stage >= WON else "false" for stage in deals.stage.tolist()],
        "is_won": ["true" if stage == WON else "false" for stage in deals.stage.tolist()],
        "amount": [f"{amount:.0f}" for amount in deals.amount.tolist()],
        "currency": ["USD"] * len(products),
        "type": kinds,
        "pipeline": ["Renewals" if kind == "Renewal" else "Direct Sales" for kind in kinds],
        "product": products,
        "owner": _named(OWNERS, accounts.owner[deals.account]),
        "created_date": iso_dates(deals.created),
        "close_date": iso_dates(deals.closed),
    }


def activity_sheet(activities: Activities) -> Sheet:
    """Columns of activities.csv."""
    count = len(activities.account)
    contacts = _contact_ids(int(activities.contact.max(initial=-1)) + 1)
    return {
        "activity_id": [f"E{1_000_001 + place}" for place in range(count)],
        "account_id": account_ids(activities.account),
        "contact_id": [contacts[place] for place in activities.contact.tolist()],
        "type": _named(ACTIVITY_TYPES, activities.kind),
        "date": iso_dates(activities.day),
    }


def _contact_ids(count: int) -> list[str]:
    return [f"C{1_000_001 + place}" for place in range(count)]


def _named(words: Sequence[str], places: Ints) -> list[str]:
    return [words[place] for place in places.tolist()]


def _whole(numbers: Ints) -> list[str]:
    return [str(number) for number in numbers.tolist()]
