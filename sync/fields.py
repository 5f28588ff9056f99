"""The fields that we keep in the CRM, and which values a record's segment turns into."""

from collections.abc import Mapping, Sequence

from connectors.contract import Connector
from connectors.model import UNCLASSIFIED_KEY, FieldSpec, FieldType, ListSpec, ObjectKind, Option
from sync.plan import PARTS, PlanHead

__all__ = [
    "BANDS",
    "UNCLASSIFIED_TITLE",
    "field_names",
    "field_specs",
    "list_specs",
    "segment_options",
    "wanted_specs",
]

UNCLASSIFIED_TITLE = "Unclassified"
"""What people see for records that fit nowhere."""

BANDS = ("clear", "likely", "close call")
"""How sure an assignment is, from surest."""

_STEMS = {"key": "", "confidence": "confidence", "reason": "reason", "since": "since"}
_DEFAULT_STEM = "crm_segment"


def field_names(connector: Connector, stem: str) -> dict[str, str]:
    """Each part of what we write, with the CRM's name of its field."""
    return {part: connector.field_name(stem, _STEMS[part]) for part in PARTS}


def field_specs(head: PlanHead, stem: str, text_length: int, installation_id: str) -> list[FieldSpec]:
    """The fields as they have to be for this plan, in the order of the parts."""
    return wanted_specs(stem, head.field_names, head.options, text_length, installation_id)


def wanted_specs(
    stem: str,
    names: Mapping[str, str],
    options: Sequence[Option],
    text_length: int,
    installation_id: str,
) -> list[FieldSpec]:
    """The fields as they have to be, in the order of the parts.

    Args:
        stem: As the settings name it.
        names: Part to the CRM's name of its field.
        options: Of the field that holds the key.
        text_length: Longest reason, in characters.
        installation_id: Whose fields they are.
    """
    title = "Customer segment" if stem == _DEFAULT_STEM else stem.replace("_", " ").capitalize()
    bands = tuple(Option(band, band.capitalize()) for band in BANDS)
    picklist = FieldType.PICKLIST
    shapes: dict[str, tuple[str, FieldType, int | None, tuple[Option, ...], str]] = {
        "key": (title, picklist, None, tuple(options), "Which customer segment this record is in."),
        "confidence": (
            f"{title} confidence",
            picklist,
            None,
            bands,
            "How clearly the record belongs to its segment, when it was put there.",
        ),
        "reason": (
            f"{title} reason",
            FieldType.TEXT,
            text_length,
            (),
            "Why the record is in its segment, with its own numbers.",
        ),
        "since": (f"{title} since", FieldType.DATE, None, (), "The day the record came into its segment."),
    }
    return [
        FieldSpec(
            name=names[part],
            label=label,
            type=kind,
            max_length=length,
            options=choices,
            description=description,
            installation_id=installation_id,
            is_custom=True,
        )
        for part, (label, kind, length, choices, description) in shapes.items()
    ]


def segment_options(titles: Sequence[tuple[str, str]]) -> tuple[Option, ...]:
    """Options of the segment field: every key with its title, then the one for what fits nowhere."""
    options = [Option(key, title) for key, title in titles if key != UNCLASSIFIED_KEY]
    return (*options, Option(UNCLASSIFIED_KEY, UNCLASSIFIED_TITLE))


def list_specs(head: PlanHead) -> list[ListSpec]:
    """One saved list per segment of the plan."""
    return [
        ListSpec(
            key=f"{head.segmentation}.{segment.key}",
            title=segment.name,
            object=ObjectKind(head.object),
            field=head.field_names["key"],
            value=segment.key,
        )
        for segment in head.segments
        if segment.key != UNCLASSIFIED_KEY
    ]
