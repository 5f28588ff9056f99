"""Records in, segments out: a pure floor without network, disk, clock or chance.

Everything is imported on demand, so that settings and stored models can be read without pandas and
scikit-learn.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segmentation.assign import ASSIGNMENT_SCHEMA, assign_segments
    from segmentation.comparison import Comparison, Disagreement, compare_with_field
    from segmentation.config import CurrencySettings, FeatureSettings, RuleSettings, SegmentationSettings
    from segmentation.drift import Shift, describe_drift, measure_shifts, profile_features
    from segmentation.errors import ModelMismatchError, NoStableSegmentsError, TooFewRecordsError
    from segmentation.explain import ExplainedFeature, Explanation, explain_record
    from segmentation.features.quality import QualityFinding, QualityReport
    from segmentation.features.registry import compute_features
    from segmentation.features.table import FeatureTable
    from segmentation.fit import Fit, fit_segments
    from segmentation.landscape import Landscape, draw_landscape
    from segmentation.model import FeatureSpec, Segment, SegmentModel
    from segmentation.own import OwnSegments, Pin, name_own_segments
    from segmentation.placing import Placements, place_records
    from segmentation.profile import Difference, SegmentProfile, profile_segments
    from segmentation.reasons import record_reasons
    from segmentation.records import Records
    from segmentation.revenue import MoneyReport, SegmentMoney, money_by_segment
    from segmentation.rule_tree import Rule, RuleCondition, RuleTree, make_rules
    from segmentation.select import Evidence, Trial
    from segmentation.stability import Refit, match_segments
    from segmentation.tiers import tier_segments

__all__ = [
    "ASSIGNMENT_SCHEMA",
    "Comparison",
    "CurrencySettings",
    "Difference",
    "Disagreement",
    "Evidence",
    "ExplainedFeature",
    "Explanation",
    "FeatureSettings",
    "FeatureSpec",
    "FeatureTable",
    "Fit",
    "Landscape",
    "ModelMismatchError",
    "MoneyReport",
    "NoStableSegmentsError",
    "OwnSegments",
    "Pin",
    "Placements",
    "QualityFinding",
    "QualityReport",
    "Records",
    "Refit",
    "Rule",
    "RuleCondition",
    "RuleSettings",
    "RuleTree",
    "Segment",
    "SegmentModel",
    "SegmentMoney",
    "SegmentProfile",
    "SegmentationSettings",
    "Shift",
    "TooFewRecordsError",
    "Trial",
    "assign_segments",
    "compare_with_field",
    "compute_features",
    "describe_drift",
    "draw_landscape",
    "explain_record",
    "fit_segments",
    "make_rules",
    "match_segments",
    "measure_shifts",
    "money_by_segment",
    "name_own_segments",
    "place_records",
    "profile_features",
    "profile_segments",
    "record_reasons",
    "tier_segments",
]

_HOMES = {
    "segmentation.assign": ("ASSIGNMENT_SCHEMA", "assign_segments"),
    "segmentation.comparison": ("Comparison", "Disagreement", "compare_with_field"),
    "segmentation.config": ("CurrencySettings", "FeatureSettings", "RuleSettings", "SegmentationSettings"),
    "segmentation.drift": ("Shift", "describe_drift", "measure_shifts", "profile_features"),
    "segmentation.errors": ("ModelMismatchError", "NoStableSegmentsError", "TooFewRecordsError"),
    "segmentation.explain": ("ExplainedFeature", "Explanation", "explain_record"),
    "segmentation.features.quality": ("QualityFinding", "QualityReport"),
    "segmentation.features.registry": ("compute_features",),
    "segmentation.features.table": ("FeatureTable",),
    "segmentation.fit": ("Fit", "fit_segments"),
    "segmentation.landscape": ("Landscape", "draw_landscape"),
    "segmentation.model": ("FeatureSpec", "Segment", "SegmentModel"),
    "segmentation.own": ("OwnSegments", "Pin", "name_own_segments"),
    "segmentation.placing": ("Placements", "place_records"),
    "segmentation.profile": ("Difference", "SegmentProfile", "profile_segments"),
    "segmentation.reasons": ("record_reasons",),
    "segmentation.records": ("Records",),
    "segmentation.revenue": ("MoneyReport", "SegmentMoney", "money_by_segment"),
    "segmentation.rule_tree": ("Rule", "RuleCondition", "RuleTree", "make_rules"),
    "segmentation.select": ("Evidence", "Trial"),
    "segmentation.stability": ("Refit", "match_segments"),
    "segmentation.tiers": ("tier_segments",),
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
