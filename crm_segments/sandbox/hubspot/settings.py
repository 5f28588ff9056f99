"""How one emulated portal is set up: limits, rules, and behaviors that nobody could verify."""

from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Beliefs", "PortalSettings", "Requirement", "ValidationRule"]


@dataclass(slots=True)
class Beliefs:
    """Behaviors that are only believed. Whoever depends on one is tested with both of its values."""

    trace_ids_isolate_updates: bool = False
    """Inputs of a batch update that carry an `objectWriteTraceId` fail alone, as in a batch create."""
    missing_ids_fail_alone: bool = True
    """A batch update answers for unknown ids in `errors` and writes the others; otherwise it is refused."""
    merge_makes_new_record: bool = True
    """The result of a merge is a record with an id of its own; otherwise the primary record keeps its id."""
    merged_ids_resolve: bool = True
    """Ids of records that went into a merge lead to its result; otherwise they are unknown."""
    no_op_writes_move_times: bool = True
    """A write that changes nothing moves the modification time all the same."""
    numbers_are_normalized: bool = True
    """Numbers are stored in their shortest form, `0.930` as `0.93`; otherwise as they were sent."""
    null_clears: bool = True
    """A null among the properties of a write clears the value; otherwise it is passed over."""
    results_are_sorted: bool = True
    """Results of batch reads and updates come by ascending id, as recorded; otherwise the other way round."""
    search_counts_in_burst: bool = False
    """Searches use up the ten-second window too, although their answers do not show it."""
    refused_calls_count: bool = False
    """Calls beyond the ten-second window push its end further away."""
    requirements_bind_every_write: bool = True
    """A record that lacks a required property refuses every write; otherwise only those that make it so."""
    unknown_parameters_are_refused: bool = True
    """Parameters and members of a body that mean nothing are refused, so that a misspelling shows."""
    search_lowers_in_values: bool = True
    """IN and NOT_IN on texts find only lower-case values, as the index holds them."""


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """A form that an administrator demands of the values of one property; obeyed by every write of it."""

    kind: str
    """Name of the object, e.g. `companies`."""
    property: str
    code: str
    """E.g. `INVALID_ALPHA`."""
    message: str
    """E.g. `Enter only letters`."""
    is_broken: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Requirement:
    """A property that an administrator has made required; obeyed from version 2026-09 on."""

    kind: str
    property: str
    when: tuple[str, str] | None = None
    """Property and value that make it so; None where it is required of new records only."""


@dataclass(slots=True)
class PortalSettings:
    """What differs between portals. Change it at any time."""

    burst_calls: int = 190
    """Calls of one private app or service key in ten seconds: 100, 190 or 250 by subscription."""
    oauth_burst_calls: int = 110
    daily_calls: int = 625_000
    """Calls of all private apps and service keys of the account in one day of its time zone."""
    search_calls: int = 5
    """Searches of the whole account in one second."""
    oauth_seconds: float = 1800.0
    """Life of an OAuth access token."""
    index_lag_seconds: float = 0.0
    """How long a change stays invisible for searches."""
    list_lag_seconds: float = 0.0
    """How long the members of a dynamic list stay as they were."""
    max_uri_bytes: int = 16_000
    association_page: int = 500
    """Associations of one record in one answer."""
    custom_property_limit: int = 1000
    """Custom properties of one object."""
    validation_rules: list[ValidationRule] = field(default_factory=list)
    requirements: list[Requirement] = field(default_factory=list)
    beliefs: Beliefs = field(default_factory=Beliefs)
