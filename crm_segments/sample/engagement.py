"""The clean contacts and activities: who gets mails, who reads them, when somebody last talked to them."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from crm_segments.sample.accounts import Accounts
from crm_segments.sample.columns import Floats, Ints, Truths
from crm_segments.sample.streams import Streams
from crm_segments.sample.words import ACTIVITY_TYPES, ROLES
from crm_segments.sample.world import World

__all__ = ["Activities", "Contacts", "draw_contacts", "past_activities", "read_mails", "talk"]

WINDOW_WEEKS = 13
"""Opens and clicks are counted over the last 90 days, kept week by week."""
MAILS_PER_WEEK = 3.0
PAST_DAYS = 180
"""How far back activities go."""

Counts = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Contacts:
    """Contacts as columns; a contact's place never changes, later ones follow."""

    account: Ints
    role: Ints
    keenness: Floats
    """The contact's open rate beside that of the account."""
    opt_out: Truths
    opens: Counts
    """Mails opened in each of the last weeks, one column per week, the latest last."""
    clicks: Counts
    last_seen: Ints
    """Day of the last activity."""
    created: Ints


@dataclass(frozen=True, slots=True)
class Activities:
    """Activities as columns; an activity's place never changes, later ones follow."""

    account: Ints
    contact: Ints
    kind: Ints
    day: Ints


def draw_contacts(accounts: Accounts, world: World, streams: Streams, as_of: int) -> Contacts:
    """At least one contact for each of the accounts, with the mails of the last 90 days read or not."""
    extra = np.array([kind.contacts for kind in world.segments])[accounts.segment]
    owners = np.repeat(np.arange(len(extra)), 1 + streams.of("contacts").poisson(extra))
    count = len(owners)
    age = np.minimum(as_of - accounts.created[owners], 300) * streams.of("contact ages").random(count)
    created = accounts.created[owners] + age.astype(np.int64)
    unwilling = np.array([kind.opt_out for kind in world.segments])[accounts.segment[owners]]
    # Before the activities that are written out, and before an account's silence began.
    quiet = np.maximum(accounts.silence[owners], PAST_DAYS) * streams.of("last seen").uniform(1.0, 1.8, count)
    bare = Contacts(
        account=owners.astype(np.int64),
        role=streams.of("roles").integers(0, len(ROLES), count),
        keenness=streams.of("keenness").gamma(16.0, 1 / 16, count),
        opt_out=streams.of("opt out").random(count) < unwilling,
        opens=np.zeros((count, WINDOW_WEEKS), dtype=np.int16),
        clicks=np.zeros((count, WINDOW_WEEKS), dtype=np.int16),
        last_seen=np.maximum(as_of - np.ceil(quiet).astype(np.int64), created),
        created=created,
    )
    opens, clicks = _mails(accounts, world, bare, streams, WINDOW_WEEKS)
    known_weeks = np.maximum((as_of - accounts.created[owners]) // 7, 1)[:, None]
    is_known = np.arange(WINDOW_WEEKS)[::-1] < known_weeks
    return replace(
        bare, opens=(opens * is_known).astype(np.int16), clicks=(clicks * is_known).astype(np.int16)
    )


def read_mails(accounts: Accounts, world: World, contacts: Contacts, streams: Streams) -> Contacts:
    """The same contacts a week later."""
    opens, clicks = _mails(accounts, world, contacts, streams, 1)
    return replace(
        contacts,
        opens=np.concatenate([contacts.opens[:, 1:], opens], axis=1),
        clicks=np.concatenate([contacts.clicks[:, 1:], clicks], axis=1),
    )


def past_activities(
    accounts: Accounts, world: World, contacts: Contacts, streams: Streams, as_of: int
) -> tuple[Activities, Contacts]:
    """The activities of the last half year, oldest first, and the contacts that now know of them."""
    days = np.minimum(as_of - accounts.created, PAST_DAYS)
    activities = _talks(accounts, world, contacts, streams, days)
    back = (streams.of("activity days").random(len(activities.account)) * days[activities.account]).astype(
        np.int64
    )
    dated = replace(activities, day=as_of - back)
    order = np.argsort(dated.day, kind="stable")
    dated = Activities(*(getattr(dated, name)[order] for name in Activities.__slots__))
    return dated, _seen(contacts, dated)


def talk(
    accounts: Accounts, world: World, contacts: Contacts, streams: Streams, as_of: int
) -> tuple[Activities, Contacts]:
    """The activities of the week before `as_of`, and the contacts that now know of them."""
    activities = _talks(accounts, world, contacts, streams, np.full(len(accounts.number), 7))
    day = as_of - streams.of("activity days").integers(0, 7, len(activities.account))
    dated = replace(activities, day=np.maximum(day, accounts.created[activities.account]))
    return dated, _seen(contacts, dated)


def _mails(
    accounts: Accounts, world: World, contacts: Contacts, streams: Streams, weeks: int
) -> tuple[Counts, Counts]:
    segments = accounts.segment[contacts.account]
    ratios = np.array([min(kind.clicks / kind.opens, 0.9) for kind in world.segments])[segments]
    rate = MAILS_PER_WEEK * np.exp(accounts.log_opens[contacts.account]) * contacts.keenness
    rate = np.where(contacts.opt_out, 0.0, np.minimum(rate, MAILS_PER_WEEK))
    opens = streams.of("opened").poisson(rate[:, None], (len(rate), weeks))
    clicks = streams.of("clicked").binomial(opens, ratios[:, None])
    return opens.astype(np.int16), clicks.astype(np.int16)


def _talks(accounts: Accounts, world: World, contacts: Contacts, streams: Streams, days: Ints) -> Activities:
    rates = np.array([kind.activities for kind in world.segments])[accounts.segment] * days / 90
    owners = np.repeat(np.arange(len(rates)), streams.of("activities").poisson(rates))
    by_account = np.argsort(contacts.account, kind="stable")
    per_account = np.bincount(contacts.account, minlength=len(rates))
    first = np.cumsum(per_account) - per_account
    chosen = first[owners] + (streams.of("partners").random(len(owners)) * per_account[owners]).astype(
        np.int64
    )
    return Activities(
        account=owners.astype(np.int64),
        contact=by_account[chosen],
        kind=streams.of("activity types").integers(0, len(ACTIVITY_TYPES), len(owners)),
        day=np.zeros(len(owners), dtype=np.int64),
    )


def _seen(contacts: Contacts, activities: Activities) -> Contacts:
    last_seen = contacts.last_seen.copy()
    np.maximum.at(last_seen, activities.contact, activities.day)
    return replace(contacts, last_seen=last_seen)
