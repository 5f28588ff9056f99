"""Size of a company: employees, revenue, revenue per head."""

import numpy as np
import pyarrow as pa

from connectors.model import ObjectKind
from segmentation.features.columns import Floats, numbers, positions, texts
from segmentation.features.money import HomeAmounts, to_home_currency
from segmentation.features.numbers import NumberKind, ParsedNumbers, read_numbers
from segmentation.features.quality import count_of, listed
from segmentation.features.table import Feature, FeatureContext
from segmentation.model import FeatureSpec

REPEATING = 0.3
"""Weight of what mostly repeats another feature: the revenue of a company follows its size."""

__all__ = ["amounts_at_home", "say_unreadable", "size_features"]


def size_features(context: FeatureContext) -> list[Feature]:
    """Employees, yearly revenue and revenue per head; of the own account where people are grouped."""
    if context.kind is ObjectKind.CONTACT:
        accounts = context.records.other(ObjectKind.ACCOUNT)
        if accounts is None:
            return []
        at = positions(context.records.table, "account_id", accounts.column("account_id"))
        employees, revenue = (np.where(at >= 0, values[at], np.nan) for values in _size(context, accounts))
        owner = "account"
    else:
        employees, revenue = _size(context, context.records.table)
        owner = context.kind.value
    with np.errstate(invalid="ignore"):
        per_head = np.where(employees > 0, revenue / employees, np.nan)
    fields = f"{owner}.employees", f"{owner}.annual_revenue"
    home = context.currency.home
    return [
        Feature(FeatureSpec("employees", "size", "Employees", "people", fields[0], scale="log"), employees),
        Feature(
            FeatureSpec(
                *("annual_revenue", "size", "Revenue a year", home, fields[1]), scale="log", weight=REPEATING
            ),
            revenue,
        ),
        Feature(
            FeatureSpec(
                *("revenue_per_head", "size", "Revenue per employee", home, " and ".join(fields)),
                scale="log",
                is_used=False,
            ),
            per_head,
        ),
    ]


def _size(context: FeatureContext, table: pa.Table) -> tuple[Floats, Floats]:
    kind = ObjectKind.ACCOUNT if table.column_names[0] == "account_id" else context.kind
    employees = read_numbers(texts(table, "employees"), numbers(table, "employees_number"), NumberKind.PEOPLE)
    say_unreadable(context, kind, "employees", employees)
    revenue = read_numbers(
        texts(table, "annual_revenue"), numbers(table, "annual_revenue_number"), NumberKind.TURNOVER
    )
    say_unreadable(context, kind, "annual_revenue", revenue)
    return employees.values, amounts_at_home(context, kind, table, "annual_revenue", revenue).values


def say_unreadable(context: FeatureContext, kind: ObjectKind, field: str, parsed: ParsedNumbers) -> None:
    """Report what could not be read as a number and what only stood for 'unknown'."""
    source = f"{kind.value}.{field}"
    if parsed.unreadable_count:
        context.log.add(
            "unreadable",
            f"{count_of(kind, parsed.unreadable_count)} with a text in {field} that is no number "
            f"({listed(repr(text[:20]) for text in parsed.unreadable_examples)}); treated as unknown.",
            count=parsed.unreadable_count,
            source=source,
        )
    if parsed.placeholder_count:
        context.log.add(
            "placeholder",
            f"{count_of(kind, parsed.placeholder_count)} with a place holder in {field} "
            '("Select", "N/A", 0, 999999 and the like); treated as unknown.',
            count=parsed.placeholder_count,
            source=source,
        )


def amounts_at_home(
    context: FeatureContext, kind: ObjectKind, table: pa.Table, field: str, parsed: ParsedNumbers
) -> HomeAmounts:
    """Amounts in the home currency; those in a currency without a rate are left out, aloud."""
    field_codes = texts(table, "currency")
    inside = parsed.currencies
    codes = np.where(np.array([code is None for code in inside], dtype=bool), field_codes, inside)
    converted = to_home_currency(parsed.values, codes, context.currency)
    for code, count in converted.left_out.items():
        context.log.add(
            "currency",
            f"{count_of(kind, count)} with the {field} in {code[:12]}, for which there is no rate, left "
            f"out. Add {code[:12]} to rates under [currency] to count them.",
            count=count,
            source=f"{kind.value}.{field}",
        )
    return converted
