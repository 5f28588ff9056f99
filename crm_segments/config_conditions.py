"""Where each condition stands in config.toml, so that what is wrong with one can be found."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from connectors.errors import ConfigError
from crm_segments.config_file import KeyPath
from segmentation.conditions import parse
from segmentation.config import SegmentationSettings

__all__ = ["check_conditions", "condition_places"]

Origin = Callable[[KeyPath], str]
"""Says in words where a key is written."""


def _conditions(at: int, one: SegmentationSettings) -> Iterator[tuple[KeyPath, str]]:
    for name in ("where", "exclude"):
        if condition := getattr(one, name):
            yield ("segmentation", at, name), condition
    if one.deals.where:
        yield ("segmentation", at, "deals", "where"), one.deals.where
    for number, rule in enumerate(one.rules):
        yield ("segmentation", at, "rules", number, "when"), rule.when


def condition_places(segmentations: Sequence[SegmentationSettings], origin: Origin) -> Mapping[str, str]:
    """Where each condition is written: its text, and its place in words."""
    return {
        condition: origin(path)
        for at, one in enumerate(segmentations)
        for path, condition in _conditions(at, one)
    }


def check_conditions(segmentations: Sequence[SegmentationSettings], origin: Origin) -> None:
    """Refuse a condition that cannot be read.

    Raises:
        ConfigError: Names the file, the line, and the position in the condition.
    """
    for condition, place in condition_places(segmentations, origin).items():
        if condition.strip():
            try:
                parse(condition)
            except ConfigError as error:
                raise ConfigError(
                    f"{place}: {error.message}", hint=error.hint, code=error.code, details=error.details
                ) from None
