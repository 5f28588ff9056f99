"""A short list of rules that nearly says the same as the segments in force, to be rebuilt in the CRM."""

from dataclasses import dataclass

import segmentation
from sync.present import load_present
from sync.workspace import Workspace

__all__ = ["PrintedRule", "PrintedRules", "list_rules"]


@dataclass(frozen=True, slots=True)
class PrintedRule:
    """Where all conditions hold, the record belongs to this segment."""

    key: str
    title: str
    conditions: tuple[str, ...]
    sources: tuple[str, ...]
    """The fields that the conditions are about."""
    count: int
    """Records for which it holds."""
    agreement: float
    """Share of them that are in this segment."""


@dataclass(frozen=True, slots=True)
class PrintedRules:
    """All rules of one segmentation; they exclude each other and leave nobody out."""

    segmentation: str
    object: str
    rules: tuple[PrintedRule, ...]
    fidelity: float
    """Share of records, not used to make the rules, that the rules put where the segments put them."""


def list_rules(ws: Workspace, name: str | None = None) -> PrintedRules:
    """Imitate the segments in force by at most ten rules, or one for each where there are more.

    Raises:
        UsageError: Nothing was segmented yet.
        DataError: The last pull is lost, or too few records are in segments.
    """
    present = load_present(ws, name)
    found = segmentation.make_rules(present.model, present.features())
    return PrintedRules(
        present.settings.name,
        present.settings.object,
        tuple(
            PrintedRule(
                rule.key,
                rule.title,
                tuple(condition.words() for condition in rule.conditions),
                tuple(dict.fromkeys(condition.spec.source for condition in rule.conditions)),
                rule.record_count,
                rule.agreement,
            )
            for rule in found.rules
        ),
        found.fidelity,
    )
