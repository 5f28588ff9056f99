"""Our segments beside a tier that the CRM holds already: who is where in both, and where they differ."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from connectors.errors import ConfigError
from segmentation.features.columns import texts
from segmentation.features.numbers import is_disguised_missing

__all__ = ["Comparison", "Disagreement", "compare_with_field"]

MOST_TIERS = 30


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A record whose tier is not the one that most of its segment have."""

    record_id: str
    segment_key: str
    tier: str
    usual_tier: str
    worth: Decimal


@dataclass(frozen=True, slots=True)
class Comparison:
    """A crosstab of segments and tiers, and who does not fit."""

    field: str
    tiers: tuple[str, ...]
    """Most frequent first."""
    counts: Mapping[str, Mapping[str, int]]
    """By segment, then by tier."""
    unknown: Mapping[str, int]
    """Records without a tier, by segment."""
    usual: Mapping[str, str]
    """The tier that most records of a segment have."""
    disagreements: tuple[Disagreement, ...]
    """Most valuable first."""

    @property
    def compared_count(self) -> int:
        """Records that have both a segment and a tier."""
        return sum(sum(row.values()) for row in self.counts.values())


def compare_with_field(
    table: pa.Table,
    field: str,
    assigned: pa.Table,
    worth: Mapping[str, Decimal],
    keys: Sequence[str],
) -> Comparison:
    """Lay segments and tiers beside each other. Nothing of it is ever written.

    Args:
        table: The records, id first.
        field: The field that holds the tier.
        assigned: `record_id` and `segment_key`.
        worth: What records brought, as far as it is known.
        keys: The segments, in their order.

    Raises:
        ConfigError: There is no such field, or it holds too many different values to be a tier.
    """
    tiers = _tiers(table, field)
    ids = table.column(0)
    at = pc.index_in(ids, value_set=assigned.column("record_id").combine_chunks())
    own = assigned.column("segment_key").combine_chunks().take(at.combine_chunks()).to_pylist()
    pairs = [
        (record_id, key, tier)
        for record_id, key, tier in zip(ids.to_pylist(), own, tiers, strict=True)
        if key is not None
    ]
    counts = {key: Counter(tier for _, own_key, tier in pairs if own_key == key) for key in keys}
    unknown = {key: row.pop(None, 0) for key, row in counts.items()}
    known = {key: {str(tier): count for tier, count in row.items()} for key, row in counts.items()}
    usual = {key: min(row, key=lambda tier, row=row: (-row[tier], tier)) for key, row in known.items() if row}  # type: ignore[misc]
    total = Counter(tier for _, _, tier in pairs if tier is not None)
    found = [
        Disagreement(record_id, key, tier, usual[key], worth.get(record_id, Decimal(0)))
        for record_id, key, tier in pairs
        if tier is not None and key in usual and tier != usual[key]
    ]
    return Comparison(
        field=field,
        tiers=tuple(sorted(total, key=lambda tier: (-total[tier], tier))),
        counts=known,
        unknown=unknown,
        usual=usual,
        disagreements=tuple(sorted(found, key=lambda each: (-each.worth, each.record_id))),
    )


def _tiers(table: pa.Table, field: str) -> list[str | None]:
    if field not in table.column_names:
        raise ConfigError(
            f"There is no field {field} to compare with (compare under [[segmentation]]).",
            hint="Write the field's name as the CRM has it; if it was set just now, a plan reads it first.",
            code="config.compare",
            next_command="crm-segments plan",
        )
    plain = [None if text is None else " ".join(text.split()) for text in texts(table, field)]
    found = [None if text is None or is_disguised_missing(text) else text for text in plain]
    number = len({tier for tier in found if tier is not None})
    if number > MOST_TIERS:
        raise ConfigError(
            f"{field} holds {number:,} different values: that is no tier (compare under [[segmentation]]).",
            hint=f"Name a field with at most {MOST_TIERS} choices.",
            code="config.compare.many",
        )
    return found
