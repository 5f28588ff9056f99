"""Options of our picklists: which are missing, how they are labelled, how they join those of others.

Salesforce tells neither labels nor values apart by the case of their letters ("Picklist Considerations",
Help, read 2026-11), and both must be unique within a field.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from connectors.errors import SchemaError
from connectors.model import FieldSpec, Option

__all__ = ["MAX_LABEL_LENGTH", "MAX_OPTION_COUNT", "merge_values", "settled"]

MAX_OPTION_COUNT = 1_000
"""Values of a restricted picklist, inactive ones included (Help, "Picklist Limits", read 2026-11)."""

MAX_LABEL_LENGTH = 255
"""Characters of a picklist value's label (the same page)."""


def settled(wanted: FieldSpec, present: Sequence[Option]) -> tuple[Option, ...]:
    """The wanted options as they can be labelled beside those that are there.

    A label that another option has already, one that is no longer wanted or somebody else's, gets a number:
    `Enterprise (2)`. The same beginning always gives the same labels.

    Raises:
        SchemaError: An option of somebody else is, but for the case of its letters, one of ours.
    """
    own = {option.value for option in wanted.options}
    others = [option for option in present if option.value not in own]
    _check_values(wanted, others)
    taken = {_folded(option.label) for option in others}
    found = []
    for option in wanted.options:
        label = _free_label(option.label.strip()[:MAX_LABEL_LENGTH], taken)
        taken.add(_folded(label))
        found.append(Option(option.value, label))
    return tuple(found)


def merge_values(
    present: Sequence[Mapping[str, Any]], wanted: FieldSpec
) -> tuple[list[dict[str, Any]], tuple[Option, ...]]:
    """The field's values with ours added or relabelled, as the Tooling API takes them.

    Nothing is left out: what is no longer wanted stays, active or not.

    Args:
        present: The values as they were read.
        wanted: The field as it is to be.

    Returns:
        All values, and the options that are new, relabelled or active again.

    Raises:
        SchemaError: An option is in the way, or there would be too many.
    """
    # The documentation names both keys; what was read is sent back as it was.
    key = "valueName" if present and "valueName" in present[0] else "fullName"
    known = [Option(_value(one), one.get("label") or _value(one)) for one in present]
    options = {option.value: option for option in settled(wanted, known)}
    values, changed = [], []
    for one in present:
        option = options.pop(_value(one), None)
        is_right = option is None or (one.get("label") == option.label and one.get("isActive") is not False)
        if option is None or is_right:
            values.append(dict(one))
            continue
        changed.append(option)
        active = {"isActive": True} if one.get("isActive") is False else {}
        values.append({**one, "label": option.label, **active})
    values += [{key: one.value, "default": False, "label": one.label} for one in options.values()]
    if len(values) > MAX_OPTION_COUNT:
        raise _too_many(wanted, len(values))
    return values, (*changed, *options.values())


def _value(one: Mapping[str, Any]) -> str:
    return str(one.get("valueName") or one.get("fullName"))


def _folded(label: str) -> str:
    return label.strip().casefold()


def _free_label(label: str, taken: Collection[str]) -> str:
    number, found = 2, label
    while _folded(found) in taken:
        ending = f" ({number})"
        found = f"{label[: MAX_LABEL_LENGTH - len(ending)]}{ending}"
        number += 1
    return found


def _check_values(wanted: FieldSpec, others: Sequence[Option]) -> None:
    own = {option.value.casefold(): option.value for option in wanted.options}
    for option in others:
        if option.value.casefold() in own:
            raise SchemaError(
                f"The field {wanted.name} has an option {option.value} that somebody added; Salesforce "
                f"takes it for {own[option.value.casefold()]}, which is one of ours.",
                hint="Setup > Object Manager > the object > Fields & Relationships > the field > Values: "
                "give that option another API name, or replace and delete it.",
                code="salesforce.field.option",
                details={"field": wanted.name, "option": option.value},
            )


def _too_many(wanted: FieldSpec, count: int) -> SchemaError:
    return SchemaError(
        f"The field {wanted.name} would have {count:,} options, inactive ones included, and Salesforce "
        f"allows {MAX_OPTION_COUNT:,}.",
        hint="Delete options that no record holds any more: Setup > Object Manager > the object > Fields & "
        "Relationships > the field > Values > Inactive Values.",
        code="salesforce.field.options",
        details={"field": wanted.name, "count": count},
    )
