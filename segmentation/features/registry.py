"""From records to features: runs the families, keeps what can be used, says what cannot."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
from rapidfuzz import process

from connectors.errors import ConfigError
from connectors.model import ObjectKind, Observer, Progress, id_column
from segmentation.config import CurrencySettings, SegmentationSettings
from segmentation.features.columns import Flags, Floats, Indexes, Texts
from segmentation.features.copies import say_copies
from segmentation.features.engagement import engagement_features
from segmentation.features.firmographic import firmographic_features
from segmentation.features.purchase import purchase_features
from segmentation.features.quality import QualityLog, count_of
from segmentation.features.size import size_features
from segmentation.features.table import Feature, FeatureContext, FeatureTable
from segmentation.model import FeatureSpec
from segmentation.records import Records
from segmentation.scope import in_scope

__all__ = ["FAMILIES", "FEATURE_NAMES", "check_names", "compute_features"]

FAMILIES: Mapping[str, Callable[[FeatureContext], list[Feature]]] = {
    "size": size_features,
    "purchase": purchase_features,
    "engagement": engagement_features,
    "firmographic": firmographic_features,
}
_LOST = {
    "size": "size was",
    "purchase": "purchases were",
    "engagement": "engagement was",
    "firmographic": "what kind of company it is was",
}


def compute_features(
    records: Records,
    settings: SegmentationSettings,
    *,
    currency: CurrencySettings,
    as_of: date,
    observer: Observer | None = None,
) -> FeatureTable:
    """Compute all features of the records in scope.

    Facts dated after `as_of` are invisible. Row order, column order and the form of ids change nothing.

    Args:
        records: The pulled tables.
        settings: What is grouped, the scope, rules, which deals count, and which features how much.
        currency: How amounts become the home currency.
        as_of: The day for which features are computed.
        observer: Is told of progress, family by family.

    Raises:
        ConfigError: A condition, a feature's name or the amount of deals names something that does not exist.
    """
    log = QualityLog()
    check_names(settings)
    context = FeatureContext(records, currency, as_of, log, settings)
    features: list[Feature] = []
    for done, family in enumerate(FAMILIES.values()):
        if observer:
            observer(Progress("features", done, len(FAMILIES), records.kind))
        features += family(context)
    say_copies(context)
    scope = _scope(settings, records.table, features)
    rule_of = _rules(settings, records.table, features)[scope]
    lacking = _lacking(settings, features, records.kind, scope, log)
    features = [
        _weighted(feature, settings)
        for feature in features
        if not {feature.spec.name, feature.spec.family} & {*settings.features.off}
    ]
    if not scope.all():
        left_out = int((~scope).sum())
        said = {"outside `where`": settings.where, "left out by `exclude`": settings.exclude}
        why = " or ".join(words for words, condition in said.items() if condition)
        verb = "is" if left_out == 1 else "are"
        log.add("scope", f"{count_of(records.kind, left_out)} {verb} {why}; left alone.")
    kept = _usable([_only(feature, scope) for feature in features], records.kind, log)
    if observer:
        observer(Progress("features", len(FAMILIES), len(FAMILIES), records.kind))
    return _table(context, kept, scope, rule_of, lacking)


def _scope(settings: SegmentationSettings, table: pa.Table, features: list[Feature]) -> Flags:
    scope = np.ones(table.num_rows, dtype=bool)
    if settings.where and settings.where.strip():
        scope &= in_scope(settings.where, table, features)
    if settings.exclude and settings.exclude.strip():
        scope &= ~in_scope(settings.exclude, table, features)
    return scope


def _rules(settings: SegmentationSettings, table: pa.Table, features: list[Feature]) -> Indexes:
    """For each record the position of the first rule that holds; -1 where none does."""
    found = np.full(table.num_rows, -1, dtype=np.int64)
    for at, rule in enumerate(settings.rules):
        found[(found < 0) & in_scope(rule.when, table, features)] = at
    return found


def check_names(settings: SegmentationSettings) -> None:
    """Refuse settings of features that do not exist, or that contradict each other.

    Raises:
        ConfigError: Names the feature, the key, and what was probably meant.
    """
    chosen = settings.features
    for key, names, known in (
        ("off", chosen.off, (*FAMILIES, *FEATURE_NAMES)),
        ("required", chosen.required, FEATURE_NAMES),
        ("weights", tuple(chosen.weights), FEATURE_NAMES),
    ):
        for name in names:
            if name not in known:
                near = process.extract(name, known, limit=1, score_cutoff=60)
                raise ConfigError(
                    f"There is no feature {'or family ' * (key == 'off')}called {name!r} (features.{key}).",
                    hint=f"Did you mean {near[0][0]}?" if near else f"Known: {', '.join(known)}.",
                    code=f"config.features.{key}",
                )
    if both := sorted({*chosen.off} & {*chosen.required, *chosen.weights}):
        raise ConfigError(
            f"{both[0]} is switched off, and required or weighted too (under [segmentation.features]).",
            hint="Take it out of one of them.",
            code="config.features.contradiction",
        )


def _weighted(feature: Feature, settings: SegmentationSettings) -> Feature:
    factor = settings.features.weights.get(feature.spec.name)
    if factor is None:
        return feature
    # Whoever gives a weight to what is only shown wants it to count.
    return replace(feature, spec=replace(feature.spec, is_used=True, weight=feature.spec.weight * factor))


def _lacking(
    settings: SegmentationSettings, features: list[Feature], kind: ObjectKind, scope: Flags, log: QualityLog
) -> Texts:
    """For each record in scope the first required feature that is not known, in words."""
    found: Texts = np.full(int(scope.sum()), None, dtype=object)
    for name in settings.features.required:
        feature = next((each for each in features if each.spec.name == name), None)
        title = feature.spec.title if feature else name
        unknown = np.ones(len(found), bool) if feature is None else pd.isna(feature.column[scope])
        if count := int(unknown.sum()):
            log.add(
                "required",
                f"{count_of(kind, count)} of which {title} is not known, which is required; Unclassified "
                "unless a rule or a pin says where.",
                count=count,
                source=feature.spec.source if feature else "",
            )
        found[unknown & np.array([title is None for title in found], dtype=bool)] = title
    return found


FEATURE_NAMES = (
    *("employees", "annual_revenue", "revenue_per_head"),
    *("won_deals", "won_amount", "average_deal", "days_since_first_win", "days_since_win", "wins_per_year"),
    *("trend", "never_bought", "win_rate", "cycle_days", "products", "main_product"),
    *("contacts", "email_opens", "email_clicks", "opt_out_share", "opted_out", "activities_90d"),
    *("days_since_activity", "seniority", "top_rank"),
    *("industry", "country", "company_age", "years_in_crm", "has_parent"),
)
"""Every feature that some object has: switching off what this object lacks is no mistake."""


def _only(feature: Feature, scope: Flags) -> Feature:
    return feature if scope.all() else Feature(feature.spec, feature.column[scope])


def _usable(features: list[Feature], kind: ObjectKind, log: QualityLog) -> list[Feature]:
    """Features that are known for somebody, and used only where records differ; what is lacking is said."""
    kept: list[Feature] = []
    empty: list[FeatureSpec] = []
    for feature in features:
        known = feature.column[~pd.isna(feature.column)]
        if not len(known) and len(feature.column):
            empty.append(feature.spec)
        elif feature.spec.is_used and len(known) == len(feature.column) > 1 and (known == known[0]).all():
            _say_alike(feature.spec, known, kind, log)
            kept.append(Feature(replace(feature.spec, is_used=False), feature.column))
        else:
            kept.append(feature)
    for family in FAMILIES:
        is_lost = not any(feature.spec.family == family and feature.spec.is_used for feature in kept)
        _say_empty(
            [spec for spec in empty if spec.family == family and spec.is_used], is_lost, kind, features, log
        )
    return kept


def _say_alike(spec: FeatureSpec, known: Floats | Texts, kind: ObjectKind, log: QualityLog) -> None:
    value = f" ({known[0]})" if spec.kind == "category" else ""
    log.add(
        "alike",
        f"{spec.title} is the same for all {count_of(kind, len(known))}{value}, so it tells nobody apart.",
        count=len(known),
        source=spec.source,
    )


def _say_empty(
    specs: list[FeatureSpec], is_lost: bool, kind: ObjectKind, features: list[Feature], log: QualityLog
) -> None:
    if not specs:
        return
    fields = list(dict.fromkeys(name for spec in specs for name in spec.source.split(" and ")))
    named = " and ".join(part for part in (", ".join(fields[:-1]), fields[-1]) if part)
    verb, pronoun = ("is", "it was") if len(fields) == 1 else ("are", "they were")
    lost = f"{_LOST[specs[0].family]} not used" if is_lost else f"{pronoun} not used"
    total = len(features[0].column)
    log.add(
        "empty",
        f"{named} {verb} empty for all {count_of(kind, total)}, so {lost}.",
        count=total,
        source=fields[0],
    )


def _table(
    context: FeatureContext, features: list[Feature], scope: Flags, rule_of: Indexes, lacking: Texts
) -> FeatureTable:
    ids = context.records.table.column(id_column(context.kind)).combine_chunks()
    outside = ids.filter(pa.array(~scope))
    ids = ids.filter(pa.array(scope))
    frame = pd.DataFrame(
        # Left to itself, pandas would make texts of its own kind and turn None into NaN.
        {feature.spec.name: pd.Series(feature.column, dtype=feature.column.dtype) for feature in features},
        index=range(len(ids)),
        copy=False,
    )
    order = _canonical_order(frame, ids.to_numpy(zero_copy_only=False))
    return FeatureTable(
        kind=context.kind,
        as_of=context.as_of,
        currency=context.currency.home,
        ids=ids.take(pa.array(order)),
        values=frame.take(order).reset_index(drop=True),
        specs=tuple(feature.spec for feature in features),
        quality=context.log.report(),
        out_of_scope_ids=outside,
        rule_of=rule_of[order],
        lacking=lacking[order],
    )


def _canonical_order(frame: pd.DataFrame, ids: Texts) -> Indexes:
    """An order that depends on what records are like; ids only break ties between equal records."""
    if frame.shape[1] == 0:
        return np.argsort(ids.astype(str), kind="stable")
    content = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return np.lexsort((ids.astype(str), content))
