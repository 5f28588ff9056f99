"""The shape of what `run --json` and `apply --json` print: scripts depend on every name."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Segment(Strict):
    segmentation: str
    object: Literal["account", "contact", "lead"]
    key: str
    name: str
    count: int
    share: float
    reason: str


class Changes(Strict):
    planned: int
    written: int
    unchanged: int
    rejected: int
    held: int
    gone: int
    pending: int

    @model_validator(mode="after")
    def _adds_up(self) -> "Changes":
        parts = self.written + self.unchanged + self.rejected + self.held + self.gone + self.pending
        assert self.planned == parts
        return self


class Error(Strict):
    code: str
    message: str
    hint: str
    next: str | None
    details: dict[str, object]


class FinishedFirst(Strict):
    run_id: str
    plan_id: str
    changes: Changes


class Rejected(Strict):
    code: str
    field: str
    message: str
    count: int
    example_ids: list[str]


class RunDocument(Strict):
    schema_version: Literal[1]
    run_id: str | None
    status: Literal["complete", "partial", "stopped", "paused", "failed"]
    segments: list[Segment]
    changes: Changes
    write_requests: int
    notes: list[str]
    held_examples: list[str]
    plan_ids: list[str]
    finished_first: list[FinishedFirst]
    rejected: list[Rejected]
    error: Error | None = None
