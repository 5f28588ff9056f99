"""Evaluates printed rules: the first rule whose conditions all hold has the record."""

import numpy as np

from segmentation.features.columns import Flags, Texts
from segmentation.features.table import FeatureTable
from segmentation.model import Condition, TierParameters

__all__ = ["tier_labels"]


def tier_labels(parameters: TierParameters, features: FeatureTable) -> Texts:
    """The key of every record's tier."""
    labels: Texts = np.full(len(features), None, dtype=object)
    is_free = np.ones(len(features), dtype=bool)
    for rule in parameters.rules:
        holds = is_free.copy()
        for condition in rule.conditions:
            holds &= _holds(condition, features)
        labels[holds] = rule.key
        is_free &= ~holds
    return labels


def _holds(condition: Condition, features: FeatureTable) -> Flags:
    values = features.numbers(condition.feature)
    if condition.comparison == "is_empty":
        return np.isnan(values)
    with np.errstate(invalid="ignore"):
        if condition.comparison == "at_least":
            return values >= condition.value
        return values < condition.value
