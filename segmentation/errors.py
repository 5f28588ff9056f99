"""Errors of the segmentation floor: the data do not allow what was asked (exit code 6)."""

from connectors.errors import DataError

__all__ = ["ModelMismatchError", "NoStableSegmentsError", "TooFewRecordsError"]


class TooFewRecordsError(DataError):
    """There is not enough to tell records apart: too few of them, all alike, or no usable field."""

    default_code = "data.too_few"


class NoStableSegmentsError(DataError):
    """No number of segments could be found again in both halves of the records.

    `details["agreement"]` maps each number of segments that was tried to its agreement.
    """

    default_code = "data.no_stable_segments"


class ModelMismatchError(DataError):
    """The stored segments do not fit these records, these features or this version of the product."""

    default_code = "data.model_mismatch"
