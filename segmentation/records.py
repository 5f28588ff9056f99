"""What segments are computed from: the pulled tables of one CRM account."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from connectors.errors import DataError
from connectors.model import ObjectKind, id_column

__all__ = ["Records"]


@dataclass(frozen=True, slots=True)
class Records:
    """The records to be grouped, with everything that is known around them.

    Args:
        kind: Which of the tables holds the records that are grouped.
        tables: Tables in canonical columns, maybe with extra ones; kinds may be missing.

    Raises:
        DataError: The table of `kind` is missing, has no id column, or has an empty or doubled id.
    """

    kind: ObjectKind
    tables: Mapping[ObjectKind, pa.Table]

    def __post_init__(self) -> None:
        """Refuse tables in which a record cannot be told from another."""
        table = self.tables.get(self.kind)
        column = id_column(self.kind)
        if table is None or column not in table.column_names:
            raise DataError(
                f"There are no {self.kind.value} records to group.",
                hint=f"Pull or import {self.kind.value} records first.",
                code="data.records.missing",
            )
        ids = table.column(column)
        if ids.null_count:
            raise DataError(
                f"{ids.null_count} {self.kind.value} record{'s' * (ids.null_count > 1)} without {column}.",
                hint=f"Give every record its {column} and import again.",
                code="data.records.no_id",
            )
        if len(ids.unique()) != len(ids):
            counts = ids.value_counts()
            doubled = [str(entry["values"]) for entry in counts.to_pylist() if entry["counts"] > 1]
            raise DataError(
                f"{len(doubled)} {self.kind.value} ids appear more than once, for example {doubled[0]}.",
                hint="Keep one record for each id and import again.",
                code="data.records.doubled",
            )

    @property
    def table(self) -> pa.Table:
        """The table of the records that are grouped."""
        return self.tables[self.kind]

    def other(self, kind: ObjectKind) -> pa.Table | None:
        """The table of another kind, or None."""
        return self.tables.get(kind)
