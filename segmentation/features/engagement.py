"""How much a record reacts: mails opened and clicked, contacts, activities, who wants no mail."""

import numpy as np
import pandas as pd
import pyarrow as pa

from connectors.model import ObjectKind
from segmentation.features.columns import (
    Floats,
    Indexes,
    Texts,
    day_numbers,
    flag_values,
    numbers,
    positions,
    texts,
)
from segmentation.features.quality import count_of
from segmentation.features.table import Feature, FeatureContext
from segmentation.features.vocabulary import SENIORITY_WORDS
from segmentation.model import FeatureSpec

__all__ = ["engagement_features"]

_FAMILY = "engagement"
NOISY = 0.5
"""Weight of small counts, which differ by chance more than the rest."""
RARE = 0.25
"""Weight of what holds for few: left alone, a rare yes makes a group of its own."""


def engagement_features(context: FeatureContext) -> list[Feature]:
    """Features of people and activities: the own ones, or those of an account's contacts."""
    if context.kind is ObjectKind.ACCOUNT:
        return _of_accounts(context)
    return _of_people(context)


def _of_accounts(context: FeatureContext) -> list[Feature]:
    size = context.records.table.num_rows
    ids = context.records.table.column("account_id")
    last = np.full(size, -np.inf)
    features: list[Feature] = []
    contacts = context.records.other(ObjectKind.CONTACT)
    if contacts is not None and contacts.num_rows:
        at = positions(contacts, "account_id", ids)
        people = np.bincount(at[at >= 0], minlength=size).astype(np.float64)
        features.append(
            Feature(
                FeatureSpec("contacts", _FAMILY, "Contacts", "people", "contact", scale="root", weight=NOISY),
                people,
            )
        )
        features += _mail(
            _mean(numbers(contacts, "email_opens_90d"), at, size),
            _mean(numbers(contacts, "email_clicks_90d"), at, size),
            "contact",
        )
        features.append(_highest_rank(contacts, at, size))
        opted = _mean(flag_values(contacts, "email_opt_out"), at, size)
        spec = FeatureSpec(
            *("opt_out_share", _FAMILY, "Contacts who want no mail", "share", "contact.email_opt_out"),
            # Holds for few, whatever kind of customer they are: left in, it makes a group of its own.
            is_used=False,
        )
        features.append(Feature(spec, opted))
        _keep_latest(last, at, _past_days(context, contacts, "last_activity_date", ObjectKind.CONTACT))
    features += _activities(context, ids, last)
    features.append(_last_activity(context, last, "contact.last_activity_date and activity.occurred_on"))
    return features


def _of_people(context: FeatureContext) -> list[Feature]:
    table = context.records.table
    kind = context.kind.value
    last = np.full(table.num_rows, -np.inf)
    own = np.arange(table.num_rows, dtype=np.int64)
    _keep_latest(last, own, _past_days(context, table, "last_activity_date", context.kind))
    opted = FeatureSpec(
        *("opted_out", _FAMILY, "Wants no mail", "", f"{kind}.email_opt_out"), kind="flag", weight=RARE
    )
    features = [
        *_mail(numbers(table, "email_opens_90d"), numbers(table, "email_clicks_90d"), kind),
        Feature(opted, flag_values(table, "email_opt_out")),
    ]
    if context.kind is ObjectKind.CONTACT:
        features += _activities(context, table.column("contact_id"), last)
    features.append(_last_activity(context, last, f"{kind}.last_activity_date"))
    spec = FeatureSpec("seniority", _FAMILY, "Rank", "", f"{kind}.title", kind="category")
    return [*features, Feature(spec, _seniority(table))]


def _activities(context: FeatureContext, ids: pa.ChunkedArray, last: Floats) -> list[Feature]:
    """Activities of the last 90 days; `last` is moved on to the latest of all."""
    table = context.records.other(ObjectKind.ACTIVITY)
    if table is None or not table.num_rows:
        return []
    column = "account_id" if context.kind is ObjectKind.ACCOUNT else "contact_id"
    at = positions(table, column, ids)
    contacts = context.records.other(ObjectKind.CONTACT)
    if context.kind is ObjectKind.ACCOUNT and contacts is not None and contacts.num_rows:
        through = positions(table, "contact_id", contacts.column("contact_id"))
        theirs = positions(contacts, "account_id", ids)
        at = np.where((at < 0) & (through >= 0), theirs[through], at)
    days = _past_days(context, table, "occurred_on", ObjectKind.ACTIVITY)
    _keep_latest(last, at, days)
    is_recent = (at >= 0) & (context.as_of_day - days <= 90)
    counted = np.bincount(at[is_recent], minlength=len(last)).astype(np.float64)
    spec = FeatureSpec(
        *("activities_90d", _FAMILY, "Activities in 90 days", "", "activity.occurred_on"),
        scale="root",
        weight=NOISY,
    )
    return [Feature(spec, counted)]


def _mail(opens: Floats, clicks: Floats, source: str) -> list[Feature]:
    per = " per contact" if source == "contact" else ""
    return [
        Feature(
            FeatureSpec(
                *("email_opens", _FAMILY, f"Mails opened in 90 days{per}", "", f"{source}.email_opens_90d"),
                scale="root",
            ),
            opens,
        ),
        Feature(
            FeatureSpec(
                *(
                    "email_clicks",
                    _FAMILY,
                    f"Mails clicked in 90 days{per}",
                    "",
                    f"{source}.email_clicks_90d",
                ),
                scale="root",
                # Clicks follow opens; "none or one" would split records that are alike otherwise.
                is_used=False,
            ),
            clicks,
        ),
    ]


def _last_activity(context: FeatureContext, last: Floats, source: str) -> Feature:
    spec = FeatureSpec(
        *("days_since_activity", _FAMILY, "Days since the last activity", "days", source), scale="log"
    )
    return Feature(spec, np.where(np.isfinite(last), context.as_of_day - last, np.nan))


def _past_days(context: FeatureContext, table: pa.Table, name: str, kind: ObjectKind) -> Floats:
    days = day_numbers(table, name)
    is_future = days > context.as_of_day
    if count := int(is_future.sum()):
        context.log.add(
            "future",
            f"{count_of(kind, count)} with a {name} after {context.as_of.isoformat()}; ignored for now.",
            count=count,
            source=f"{kind.value}.{name}",
        )
    return np.where(is_future, np.nan, days)


def _keep_latest(last: Floats, at: Indexes, days: Floats) -> None:
    known = (at >= 0) & np.isfinite(days)
    np.maximum.at(last, at[known], days[known])


def _mean(values: Floats, at: Indexes, size: int) -> Floats:
    """Mean of the known values per account; NaN where none is known."""
    known = (at >= 0) & np.isfinite(values)
    total = np.bincount(at[known], weights=values[known], minlength=size)
    count = np.bincount(at[known], minlength=size)
    mean: Floats = np.divide(total, count, out=np.full(size, np.nan), where=count > 0)
    return mean


def _highest_rank(contacts: pa.Table, at: Indexes, size: int) -> Feature:
    """The highest rank that an account's contacts have, by their titles."""
    order = np.array([*SENIORITY_WORDS, "Other", None], dtype=object)
    places = pd.Index(order[:-1], dtype=object).get_indexer(pd.Index(_seniority(contacts), dtype=object))
    best = np.full(size, len(order) - 1, dtype=np.int64)
    known = (at >= 0) & (places >= 0)
    np.minimum.at(best, at[known], places[known])
    spec = FeatureSpec(
        *("top_rank", _FAMILY, "Highest rank among contacts", "", "contact.title"),
        kind="category",
        is_used=False,
    )
    return Feature(spec, order[best])


def _seniority(table: pa.Table) -> Texts:
    codes, titles = pd.factorize(texts(table, "title"))
    ranks = np.array([*(_rank(title) for title in titles), None], dtype=object)
    found: Texts = ranks[codes]
    return found


def _rank(title: str) -> str | None:
    plain = title.casefold().replace(",", " ").replace("/", " ").replace("-", " ")
    padded = f" {' '.join(plain.split())} "
    # "Vice president" holds "president"; the longer word says more.
    if " vice president " in padded:
        return "Director"
    found = (rank for rank, words in SENIORITY_WORDS.items() if any(f" {word} " in padded for word in words))
    return next(found, "Other" if title.strip() else None)
