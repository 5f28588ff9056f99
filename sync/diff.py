"""The three-way comparison, in pure columns: what we want, what the CRM holds, what we last wrote."""

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
    joined = _join(_join(keys, last, "last_"), seen, "seen_")
    stands = pc.equal(joined["key"], pc.coalesce(joined["last_key"], joined["seen_key"]))
    return joined.filter(pc.invert(pc.fill_null(stands, False)))["record_id"].combine_chunks()


def wanted_values(fresh: pa.Table, keys: pa.Table, seen: pa.Table, last: pa.Table) -> pa.Table:
    """The values every record in scope shall carry, in `VALUE_SCHEMA`.

    A record whose key stands keeps the words it has, so that written text does not age into a rewrite.

    Args:
        fresh: Values for the records that `needs_text` named.
        keys: record_id, key of all records in scope.
        seen: As for `needs_text`.
        last: As for `needs_text`.
    """
    joined = _join(_join(_join(keys.select(["record_id"]), fresh, "new_"), last, "last_"), seen, "seen_")
    is_fresh = pc.is_valid(joined["new_key"])
    was_written = pc.is_valid(joined["last_key"])
    columns = [joined["record_id"]]
    for part in PARTS:
        kept = pc.if_else(was_written, joined[f"last_{part}"], joined[f"seen_{part}"])
        columns.append(pc.if_else(is_fresh, joined[f"new_{part}"], kept))
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
    joined = _join(_join(wanted, last, "last_"), seen, "seen_")
    is_known = pc.is_in(joined["record_id"], last["record_id"].combine_chunks())
    matches = _same(joined, "", "seen_")
    edited = pc.and_(is_known, pc.invert(_same(joined, "last_", "seen_")))
    foreign = pc.and_(pc.invert(is_known), _any_value(joined, "seen_"))
    remembered = pc.and_(is_known, _same(joined, "last_", ""))
    in_the_way = edited if is_recovery else pc.or_(edited, foreign)
    action = pc.case_when(
        pc.make_struct(
            pc.and_(matches, remembered),
            matches,
            in_the_way,
            _is_waiting(joined, waiting),
        ),
        pa.scalar(None, pa.string()),
        Action.ADOPT.value,
        Action.HOLD.value,
        Action.WAIT.value,
        Action.SET.value,
    )
    cause = pc.case_when(
        pc.make_struct(
            edited,
            foreign,
            pc.invert(is_known),
            pc.fill_null(pc.not_equal(joined["key"], joined["last_key"]), True),
        ),
        "edited",
        "foreign",
        "new",
        "moved",
        "text",
    )
    columns = [joined["record_id"], action, cause]
    columns += [joined[f"seen_{part}"] for part in PARTS] + [joined[part] for part in PARTS]
    table = pa.table(columns, names=CHANGE_SCHEMA.names).filter(pc.is_valid(action))
    return table.sort_by("record_id").cast(CHANGE_SCHEMA).combine_chunks()


def value_digest(table: pa.Table) -> pa.Array:
    """One text per row that stands for its wanted values, to notice when they change."""
    parts = [pc.fill_null(table[part], "\x00") for part in PARTS]
    return pc.binary_join_element_wise(*parts, "\x1f")


def _is_waiting(joined: pa.Table, waiting: pa.Table) -> pa.ChunkedArray:
    if waiting.num_rows == 0:
        return pa.chunked_array([pa.repeat(False, joined.num_rows)])
    ids, digests = joined["record_id"], value_digest(joined)
    pairs = pc.binary_join_element_wise(ids, digests, "\x1f")
    known = pc.binary_join_element_wise(waiting["record_id"], waiting["digest"], "\x1f")
    return pc.is_in(pairs, known.combine_chunks())


def _join(left: pa.Table, right: pa.Table, prefix: str) -> pa.Table:
    names = [name if name == "record_id" else prefix + name for name in right.column_names]
    return left.join(right.rename_columns(names), "record_id", join_type="left outer").combine_chunks()


def _same(joined: pa.Table, one: str, other: str) -> pa.ChunkedArray:
    result = None
    for part in PARTS:
        left, right = joined[one + part], joined[other + part]
        equal = pc.fill_null(pc.equal(left, right), pc.and_(pc.is_null(left), pc.is_null(right)))
        result = equal if result is None else pc.and_(result, equal)
    return result


def _any_value(joined: pa.Table, prefix: str) -> pa.ChunkedArray:
    result = pc.is_valid(joined[prefix + PARTS[0]])
    for part in PARTS[1:]:
        result = pc.or_(result, pc.is_valid(joined[prefix + part]))
    return result
