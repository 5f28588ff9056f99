"""Puts records into the segments of a frozen model; who is there already stays unless clearly better off."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.model import UNCLASSIFIED_KEY
from segmentation.errors import ModelMismatchError
from segmentation.estimators.likelihood import Mixture, log_background, log_sum
from segmentation.features.columns import Floats, Texts
from segmentation.features.quality import plural
from segmentation.features.table import FeatureTable
from segmentation.model import GroupParameters, SegmentModel
from segmentation.prepare import prepare_blocks
from segmentation.rules import tier_labels

__all__ = ["ASSIGNMENT_SCHEMA", "OUT", "STAY_MARGIN", "assign_segments", "check_fits", "scores"]

STAY_MARGIN = 2.0
OUT = 3.0
"""Margins by which belonging nowhere must be likelier before a record leaves its segment for that."""
CLEAR, LIKELY = 0.9, 0.6
ASSIGNMENT_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("segment_key", pa.string(), nullable=False),
        pa.field("score", pa.float64(), nullable=False),
        pa.field("band", pa.string(), nullable=False),
        pa.field("runner_up", pa.string()),
    ]
)
"""One row per record: its segment, how sure that is (0 to 1 and in words), and the next best segment."""


def assign_segments(
    model: SegmentModel, features: FeatureTable, *, current: pa.Table | None = None
) -> pa.Table:
    """The segment of every record in scope.

    Args:
        model: The frozen model.
        features: Features of the records, as of any day.
        current: `record_id` and `segment_key` of records that have a segment of this model already; they
            move only when another segment is better by the model's margin.

    Returns:
        A table in ASSIGNMENT_SCHEMA, in the order of `features`.

    Raises:
        ModelMismatchError: The model is for other records or needs a feature that is not there.
    """
    check_fits(model, features)
    if model.tiers is not None:
        return _table(features, tier_labels(model.tiers, features))
    if not len(features):
        return ASSIGNMENT_SCHEMA.empty_table()
    return _grouped(model, features, _present(features, current))


def check_fits(model: SegmentModel, features: FeatureTable) -> None:
    """Refuse features that the model cannot read.

    Raises:
        ModelMismatchError: Names what differs.
    """
    if model.object is not features.kind:
        raise ModelMismatchError(
            f"These segments are for {plural(model.object)}, not for {plural(features.kind)}.",
            hint="Correct `object` under [[segmentation]], or make new segments (refit).",
        )
    needed = {transform.spec.name: transform.spec for transform in model.transforms}
    if model.tiers is not None:
        used = {condition.feature for rule in model.tiers.rules for condition in rule.conditions}
        needed |= {spec.name: spec for spec in model.features if spec.name in used}
    missing = sorted(name for name in needed if name not in features.values.columns)
    if missing and len(features):
        raise ModelMismatchError(
            "The segments rest on fields of which nothing is known any more: "
            f"{', '.join(f'{needed[name].title} ({needed[name].source})' for name in missing)}.",
            hint="Bring the fields back, or make new segments without them (refit). Looked at from a day far "
            "from the data's own (--as-of), fields are empty too.",
            details={"missing": missing},
        )
    if model.currency != features.currency:
        raise ModelMismatchError(
            f"The segments were made in {model.currency}, the amounts are now in {features.currency}.",
            hint="Set home under [currency] back, or make new segments (refit).",
        )


def scores(model: SegmentModel, features: FeatureTable) -> tuple[Floats, Floats]:
    """How well records fit, on the scale of the score.

    Returns:
        Log-likelihood of each record (row) in each segment (column), and by how much each record is more
        likely than what still fits anywhere; minus infinity where nothing is known about it.
    """
    groups = model.groups
    if groups is None:
        raise ModelMismatchError(
            "Fixed rules have no scores.", hint="Make new segments (refit) to see how close records are."
        )
    mixture = Mixture.frozen(groups)
    joint = np.empty((len(features), len(mixture)))
    room = np.empty(len(features))
    for rows, prepared in prepare_blocks(model.transforms, features):
        found = mixture.log_joint(prepared)
        fit = log_sum(found) - log_background(prepared) - groups.least_fit
        joint[rows] = found
        room[rows] = np.where(prepared.is_known(), fit, -np.inf)
    return joint / groups.temperature, room / groups.temperature


def _grouped(model: SegmentModel, features: FeatureTable, present: Texts) -> pa.Table:
    groups = _groups(model)
    joint, room = scores(model, features)
    places = {key: at for at, key in enumerate(groups.keys)}
    now = np.array([places.get(key, -1) for key in present], dtype=np.int64)
    rows = np.arange(len(joint))
    best = joint.argmax(axis=1)
    stays = (now >= 0) & (joint[rows, best] - joint[rows, np.maximum(now, 0)] <= groups.stay_margin)
    label = np.where(stays, now, best)
    score = np.exp(joint[rows, label] - log_sum(joint))
    others = joint.copy()
    others[rows, label] = -np.inf
    second = others.argmax(axis=1)
    # Who is out stays out by the same margin as between segments; who is in is thrown out by much more only:
    # silence grows from week to week, and nobody becomes a stranger by that.
    needed = np.where(now >= 0, -OUT * groups.stay_margin, 0.0)
    needed = np.where(present == UNCLASSIFIED_KEY, groups.stay_margin, needed)
    is_nowhere = room < needed
    keys: Texts = np.array(groups.keys, dtype=object)
    return _table(
        features,
        np.where(is_nowhere, UNCLASSIFIED_KEY, keys[label]),
        score=np.where(is_nowhere, 0.0, np.round(score, 6)),
        runner_up=np.where(is_nowhere, keys[best], keys[second]) if len(groups.keys) > 1 else None,
    )


def _groups(model: SegmentModel) -> GroupParameters:
    assert model.groups is not None  # noqa: S101 - the model checks itself
    return model.groups


def _present(features: FeatureTable, current: pa.Table | None) -> Texts:
    """The key that each record has now; None where it has none."""
    if current is None or not current.num_rows:
        return np.full(len(features), None, dtype=object)
    ids = current.column("record_id").combine_chunks()
    keys = current.column("segment_key").combine_chunks()
    found: Texts = keys.take(pc.index_in(features.ids, value_set=ids)).to_numpy(zero_copy_only=False)
    return found


def _table(
    features: FeatureTable, keys: Texts, score: Floats | None = None, runner_up: Texts | None = None
) -> pa.Table:
    if score is None:
        score = np.ones(len(features))
    bands = np.where(score >= CLEAR, "clear", np.where(score >= LIKELY, "likely", "close call"))
    columns = [
        features.ids.cast(pa.string()),
        pa.array(keys, pa.string()),
        pa.array(score, pa.float64()),
        pa.array(bands.astype(object), pa.string()),
        pa.nulls(len(features), pa.string()) if runner_up is None else pa.array(runner_up, pa.string()),
    ]
    return pa.table(columns, schema=ASSIGNMENT_SCHEMA)
