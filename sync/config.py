"""Typed settings of the `[sync]` table: what must hold before anything is written."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["SyncSettings"]

Share = Annotated[float, Field(gt=0, le=1)]


class SyncSettings(BaseModel):
    """Guards and approval."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    max_changed_share: Share = 0.10
    """Stop when more than this share of the records that carry a segment would change it."""
    min_changed_records: Annotated[int, Field(ge=1)] = 25
    """The share is looked at only from this many changed records on."""
    max_shrink_share: Share = 0.20
    """Stop when this much fewer records came from the CRM than in the last applied run."""
    max_shift_share: Share = 0.15
    """Stop when a feature differs from the last applied run for more than this share of the records."""
    require_approval: bool = False
    """Whether every plan needs `approve` before it can be applied."""
    max_plan_age_days: Annotated[int, Field(ge=1, le=90)] = 8
    """A saved plan older than this is refused."""
    max_rejected: Annotated[int, Field(ge=0)] = 0
    """A run with more newly rejected records than this ends with code 5."""
    build_lists: bool = True
    """Whether one saved list per segment is kept in the CRM."""
