"""What a company is: industry, country, age, part of a group."""

import numpy as np
import pyarrow as pa

from connectors.model import ObjectKind
from segmentation.config import Category
from segmentation.features.categories import clean_categories, say_cleaned
from segmentation.features.columns import Floats, Indexes, day_numbers, kept_where, positions, texts
from segmentation.features.engagement import RARE
from segmentation.features.numbers import NumberKind, read_numbers
from segmentation.features.purchase import DAYS_A_YEAR
from segmentation.features.quality import count_of
from segmentation.features.size import say_unreadable
from segmentation.features.table import Feature, FeatureContext
from segmentation.features.vocabulary import COUNTRIES, INDUSTRIES
from segmentation.model import FeatureSpec

__all__ = ["firmographic_features"]

_FAMILY = "firmographic"


def firmographic_features(context: FeatureContext) -> list[Feature]:
    """Industry and country for all; age and parent for accounts."""
    table, owner = context.records.table, context.kind
    at = None
    if context.kind is ObjectKind.CONTACT:
        accounts = context.records.other(ObjectKind.ACCOUNT)
        if accounts is None:
            return []
        at = positions(table, "account_id", accounts.column("account_id"))
        table, owner = accounts, ObjectKind.ACCOUNT
    features = [
        _category(context, table, owner, "industry", at),
        _category(context, table, owner, "country", at),
    ]
    if context.kind is ObjectKind.ACCOUNT:
        features += [_age(context, table), _known_since(context, table), _parent(table)]
    return features


def _category(
    context: FeatureContext, table: pa.Table, owner: ObjectKind, name: Category, at: Indexes | None
) -> Feature:
    vocabulary = INDUSTRIES if name == "industry" else COUNTRIES
    clean = clean_categories(texts(table, name), vocabulary, context.aliases(name))
    say_cleaned(context, owner, name, clean)
    source = f"{owner.value}.{name}"
    values = clean.values
    if at is not None:
        # Position -1 would take the last value; there must be one, and it must not stay.
        values = kept_where(np.append(values, np.array([None], dtype=object))[at], at >= 0)
    return Feature(FeatureSpec(name, _FAMILY, name.capitalize(), "", source, kind="category"), values)


def _age(context: FeatureContext, table: pa.Table) -> Feature:
    nothing = np.full(table.num_rows, np.nan)
    parsed = read_numbers(texts(table, "founded_year"), nothing, NumberKind.YEAR)
    say_unreadable(context, ObjectKind.ACCOUNT, "founded_year", parsed)
    year = parsed.values
    is_absurd = (year < 1000) | (year > context.as_of.year)
    if count := int(is_absurd.sum()):
        context.log.add(
            "absurd",
            f"{count_of(ObjectKind.ACCOUNT, count)} with an impossible founded_year; treated as unknown.",
            count=count,
            source="account.founded_year",
        )
    age = np.where(is_absurd, np.nan, context.as_of.year - year)
    spec = FeatureSpec(
        "company_age", _FAMILY, "Age of the company", "years", "account.founded_year", scale="root"
    )
    return Feature(spec, age)


def _known_since(context: FeatureContext, table: pa.Table) -> Feature:
    day = day_numbers(table, "created_at")
    years: Floats = np.where(day > context.as_of_day, np.nan, (context.as_of_day - day) / DAYS_A_YEAR)
    spec = FeatureSpec(
        *("years_in_crm", _FAMILY, "Years in the CRM", "years", "account.created_at"),
        scale="root",
        is_used=False,
    )
    return Feature(spec, years)


def _parent(table: pa.Table) -> Feature:
    parents = texts(table, "parent_id")
    has_parent = np.array([bool(parent and parent.strip()) for parent in parents], dtype=np.float64)
    # An empty field says "no parent" only where the field is in use at all.
    values = has_parent if has_parent.any() else np.full(len(parents), np.nan)
    spec = FeatureSpec(
        *("has_parent", _FAMILY, "Part of a group", "", "account.parent_id"), kind="flag", weight=RARE
    )
    return Feature(spec, values)
