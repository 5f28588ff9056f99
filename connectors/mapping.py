"""Which canonical columns the settings may map to fields of a CRM."""

from collections.abc import Mapping

from connectors.errors import ConfigError
from connectors.model import CANONICAL_SCHEMAS, ObjectKind

__all__ = ["check_columns"]


def check_columns(kind: ObjectKind, mapped: Mapping[str, str]) -> None:
    """Refuse columns that records of this kind do not have, or that cannot be mapped.

    Raises:
        ConfigError: There is one; names those that can.
    """
    names = [name for name in CANONICAL_SCHEMAS[kind].names if not name.endswith("_number")]
    fixed = {names[0], "modified_at"}
    for column in mapped:
        if column.startswith("x_") or (column in names and column not in fixed):
            continue
        raise ConfigError(
            f"[connection.fields] maps {column} of {kind.value}, which is not a column that can be mapped.",
            hint=f"Use one of {', '.join(name for name in names if name not in fixed)}, or a name of your "
            "own that begins with x_.",
            code="config.fields",
        )
