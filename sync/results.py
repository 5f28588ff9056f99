"""What plans and runs amount to: small frozen values for views and scripts."""

from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["ChangeCounts", "FinishedRun", "RunResult", "RunStatus", "SegmentCount"]


class RunStatus(StrEnum):
    """How a run ended."""

    COMPLETE = "complete"
    """Everything that was planned is in the CRM, or held on purpose."""
    PARTIAL = "partial"
    """The CRM rejected some records."""
    STOPPED = "stopped"
    """A guard, a stale plan or unfit data stopped it before harm."""
    PAUSED = "paused"
    """It ended early and the next run goes on where it stopped."""
    FAILED = "failed"
    """Something is broken; the message says what."""


@dataclass(frozen=True, slots=True)
class ChangeCounts:
    """Records by what became of them: planned is the sum of the others."""

    planned: int = 0
    """Records whose wanted values differ from those last read, plus standing holds."""
    written: int = 0
    """The CRM took the new values."""
    unchanged: int = 0
    """Found already right when it was written."""
    rejected: int = 0
    """Refused by the CRM now, or waiting since an earlier run."""
    held: int = 0
    """Someone else changed our field; waits for a decision."""
    gone: int = 0
    """Deleted or merged in the meantime."""
    pending: int = 0
    """Not reached, or locked; the next run takes them."""

    def __add__(self, other: "ChangeCounts") -> "ChangeCounts":
        """Both together."""
        return ChangeCounts(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class SegmentCount:
    """One segment as it stands after the plan."""

    segmentation: str
    object: str
    key: str
    name: str
    count: int
    share: float
    """Of the records in scope, 0 to 1."""
    reason: str
    """One sentence: what sets the segment apart."""


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """An earlier run, or an approved plan, that this command carried to its end first."""

    run_id: str
    plan_id: str
    changes: ChangeCounts


@dataclass(frozen=True, slots=True)
class RunResult:
    """The result of one `run` or `apply`."""

    run_id: str
    status: RunStatus
    exit_code: int
    segments: tuple[SegmentCount, ...] = ()
    changes: ChangeCounts = ChangeCounts()
    write_requests: int = 0
    plan_ids: tuple[str, ...] = ()
    finished_first: tuple[FinishedRun, ...] = ()
    notes: tuple[str, ...] = ()
    """What a person should know: what was lacking, mended, left out, held."""
    rejected: tuple["RejectedGroup", ...] = ()
    error: Exception | None = field(default=None, compare=False)
    """Why it was stopped, paused or failed; a `connectors.errors.CrmSegmentsError`."""


@dataclass(frozen=True, slots=True)
class RejectedGroup:
    """Records that the CRM refused for the same reason."""

    code: str
    field: str
    message: str
    count: int
    example_ids: tuple[str, ...]
