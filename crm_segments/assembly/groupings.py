"""Checks what each grouping asks for, as far as that can be known before any record is read."""

from collections.abc import Collection

from connectors.errors import ConfigError
from connectors.model import CANONICAL_SCHEMAS, ObjectKind
from crm_segments.config_problems import closest
from crm_segments.settings import LoadedSettings
from segmentation.conditions import Name, names_of, parse, wrong
from segmentation.config import FeatureSettings, SegmentationSettings

__all__ = ["check_fields", "check_groupings"]


def check_groupings(settings: LoadedSettings) -> None:
    """Refuse what a plan would refuse whatever the data are.

    Raises:
        ConfigError: No connector for the CRM, or features that do not exist.
    """
    settings.require_crm()
    for one in settings.settings.segmentation:
        _check_features(one)


def check_fields(one: SegmentationSettings, described: Collection[str]) -> None:
    """Refuse a condition, or a comparison, with a field that neither the CRM nor this product has.

    Args:
        one: The grouping.
        described: The fields of its object, as the CRM describes them.

    Raises:
        ConfigError: There is no such field; says where it is named.
    """
    if one.compare and one.compare not in {*CANONICAL_SCHEMAS[ObjectKind(one.object)].names, *described}:
        meant = closest(one.compare, described)
        raise ConfigError(
            f"There is no field {one.compare} to compare with (compare under [[segmentation]]).",
            hint=f"Did you mean {meant}?" if meant else "Write the field's name as the CRM has it.",
            code="config.compare",
        )
    if not one.conditions:
        return
    from segmentation.features.registry import FEATURE_NAMES  # noqa: PLC0415 - loads pandas

    known = {*CANONICAL_SCHEMAS[ObjectKind(one.object)].names, *FEATURE_NAMES, *described}
    for condition in one.conditions:
        for name in names_of(parse(condition)):
            if name.text not in known:
                raise _unknown(condition, name, known)


def _unknown(condition: str, name: Name, known: Collection[str]) -> ConfigError:
    meant = closest(name.text, known)
    hint = f"Did you mean {meant}?" if meant else f"Known fields: {', '.join(sorted(known))}."
    return wrong(condition, name.at, f"there is no field {name.text}", hint)


def _check_features(one: SegmentationSettings) -> None:
    if one.features == FeatureSettings():
        return
    from segmentation.features.registry import check_names  # noqa: PLC0415 - loads pandas

    check_names(one)
