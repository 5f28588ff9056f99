"""The three-way comparison, in pure columns: what we want, what the CRM holds, what we last wrote.

Records are matched by position, not joined: the other two sides are brought into the order of the first,
and columns of text are copied only where that order differs.
"""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from sync.plan import CHANGE_SCHEMA, PARTS, Action

__all__ = ["VALUE_SCHEMA", "compare", "needs_text", "value_digest", "wanted_values"]

VALUE_SCHEMA = pa.schema(
    [pa.field("record_id", pa.string()), *(pa.field(part, pa.string()) for part in PARTS)]
)
"""Values of our fields per record; all null where the record carries none."""


def needs_text(keys: pa.Table, seen: pa.Table, last: pa.Table) -> pa.Array:
    """Ids of the records whose reason, confidence and date are written anew: those whose key moves.

    Args:
        keys: record_id, key: the segment each record is in now.
        seen: What the CRM holds, in `VALUE_SCHEMA`.
        last: What we last wrote, in `VALUE_SCHEMA`.
    """
    ids = _flat(keys["record_id"])
    carried = pc.coalesce(_Side.of(last, ids).values["key"], _Side.of(seen, ids).values["key"])
    return ids.filter(pc.invert(_true(pc.equal(keys["key"].combine_chunks(), carried))))


def wanted_values(fresh: pa.Table, keys: pa.Table, seen: pa.Table, last: pa.Table) -> pa.Table:
    """The values every record in scope shall carry, in `VALUE_SCHEMA`.

    A record whose key stands keeps the words it has, so that written text does not age into a rewrite.

    Args:
        fresh: Values for the records that `needs_text` named.
        keys: record_id, key of all records in scope.
        seen: As for `needs_text`.
        last: As for `needs_text`.
    """
    ids = _flat(keys["record_id"])
    new, held, written = _Side.of(fresh, ids), _Side.of(seen, ids), _Side.of(last, ids)
    was_written = pc.is_valid(written.values["key"])
    columns = [ids]
    for part in PARTS:
        kept = _choose(was_written, written.values[part], held.values[part])
        columns.append(_choose(new.is_known, new.values[part], kept))
    return pa.table(columns, schema=VALUE_SCHEMA)


def compare(
    wanted: pa.Table, seen: pa.Table, last: pa.Table, waiting: pa.Table, *, is_recovery: bool = False
) -> pa.Table:
    """What has to happen, one row per record with something to do, in `CHANGE_SCHEMA` by record id.

    Args:
        wanted: Values every record in scope shall carry, in `VALUE_SCHEMA`.
        seen: What the CRM holds, in `VALUE_SCHEMA`.
        last: What we last wrote, in `VALUE_SCHEMA`.
        waiting: record_id and the values (as `value_digest`) that the CRM rejected lately.
        is_recovery: What we last wrote was lost: what the CRM carries is taken for ours, not for an edit.

    Returns:
        Rows to set; to adopt (already right, though not by us); to hold, because what the CRM holds is
        neither what we last wrote nor what we want; and to leave waiting.
    """
    ids = _flat(wanted["record_id"])
    ours, theirs, base = _Side.of(wanted, ids), _Side.of(seen, ids), _Side.of(last, ids)
    is_settled = pc.and_(base.is_known, pc.and_(ours.same_as(theirs), ours.same_as(base)))
    rows = pc.indices_nonzero(pc.invert(is_settled))
    ids, ours, theirs, base = ids.take(rows), ours.take(rows), theirs.take(rows), base.take(rows)
    edited = pc.and_(base.is_known, pc.invert(base.same_as(theirs)))
    foreign = pc.and_(pc.invert(base.is_known), theirs.carries_any())
    action = pc.case_when(
        pc.make_struct(
            ours.same_as(theirs),
            edited if is_recovery else pc.or_(edited, foreign),
            _is_waiting(ids, ours, waiting),
        ),
        Action.ADOPT.value,
        Action.HOLD.value,
        Action.WAIT.value,
        Action.SET.value,
    )
    is_same_key = _true(pc.equal(ours.values["key"], base.values["key"]))
    cause = pc.case_when(
        pc.make_struct(edited, foreign, pc.invert(base.is_known), pc.invert(is_same_key)),
        *("edited", "foreign", "new", "moved", "text"),
    )
    columns = [ids, action, cause]
    columns += [theirs.values[part] for part in PARTS] + [ours.values[part] for part in PARTS]
    columns.append(pa.nulls(len(ids), pa.string()))
    return pa.table(columns, schema=CHANGE_SCHEMA).sort_by("record_id").combine_chunks()


def value_digest(table: pa.Table) -> pa.Array:
    """One text per row that stands for its wanted values, to notice when they change."""
    return _digest({part: _flat(table[part]) for part in PARTS})


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the three sides, in the order of the records that are compared."""

    values: dict[str, pa.Array]
    is_known: pa.Array
    """Whether the side has the record at all."""

    @classmethod
    def of(cls, table: pa.Table, ids: pa.Array) -> "_Side":
        own = _flat(table["record_id"])
        columns = {part: _flat(table[part]) for part in PARTS if part in table.column_names}
        if own.equals(ids):
            return cls(columns, _all(len(ids)))
        at = pc.index_in(ids, value_set=own)
        return cls({part: column.take(at) for part, column in columns.items()}, pc.is_valid(at))

    def take(self, rows: pa.Array) -> "_Side":
        return _Side({part: each.take(rows) for part, each in self.values.items()}, self.is_known.take(rows))

    def same_as(self, other: "_Side") -> pa.Array:
        result = _all(len(self.is_known))
        for part in PARTS:
            left, right = self.values[part], other.values[part]
            if left is not right:
                both_null = pc.and_(pc.is_null(left), pc.is_null(right))
                result = pc.and_(result, pc.or_(_true(pc.equal(left, right)), both_null))
        return result

    def carries_any(self) -> pa.Array:
        result = pc.is_valid(self.values[PARTS[0]])
        for part in PARTS[1:]:
            result = pc.or_(result, pc.is_valid(self.values[part]))
        return result


def _is_waiting(ids: pa.Array, ours: _Side, waiting: pa.Table) -> pa.Array:
    pairs = pc.binary_join_element_wise(ids, _digest(ours.values), "\x1f")
    known = pc.binary_join_element_wise(_flat(waiting["record_id"]), _flat(waiting["digest"]), "\x1f")
    return pc.is_in(pairs, value_set=known)


def _digest(values: dict[str, pa.Array]) -> pa.Array:
    return pc.binary_join_element_wise(*(pc.fill_null(values[part], "\x00") for part in PARTS), "\x1f")


def _choose(condition: pa.Array, yes: pa.Array, no: pa.Array) -> pa.Array:
    """Like `if_else`, without copying a million texts where one side wins everywhere."""
    wins = pc.sum(condition).as_py() or 0
    if wins == len(condition):
        return yes
    return no if wins == 0 else pc.if_else(condition, yes, no)


def _flat(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return flat.cast(pa.string())


def _true(mask: pa.Array) -> pa.Array:
    return pc.fill_null(mask, False)


def _all(count: int) -> pa.Array:
    return pa.repeat(True, count)
