"""How one emulated org is set up: limits, rules, and behaviors that nobody could verify."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from crm_segments.sandbox.salesforce.fields import Value

__all__ = ["Beliefs", "DuplicateRule", "OrgSettings", "ValidationRule"]


@dataclass(slots=True)
class Beliefs:
    """Behaviors that are only believed. Whoever depends on one is tested with both of its values."""

    unknown_field_refuses_request: bool = True
    """A row of a collection that names an unknown field: the request is refused, or only the row."""
    record_type_hides_options: bool = True
    """A restricted picklist refuses options that the record's type hides, also through the API."""
    bulk_runs_assignment_rules: bool = False
    """Bulk jobs without an assignment rule of their own let the default rule change owners."""
    left_out_options_are_deactivated: bool = True
    """Values that an update of a picklist leaves out become inactive; otherwise they stay."""
    list_filters_split_at_commas: bool = False
    """A value of a list view's filter that holds a comma counts as several, unless it stands in quotes."""
    options_are_read_as_value_name: bool = False
    """The Tooling API gives the values of a picklist back as `valueName`; otherwise as `fullName`."""


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """A condition under which a record may not be saved."""

    sobject: str
    message: str
    is_broken: Callable[[Mapping[str, Value]], bool]
    field: str | None = None
    """Where the message is shown; None at the top of the page."""


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """Records count as duplicates when all of these fields are equal and not empty."""

    sobject: str
    name: str
    fields: tuple[str, ...]
    allows_save: bool = True
    """Whether a client may save anyway when it says so."""
    message: str = "Use one of these records?"


@dataclass(slots=True)
class OrgSettings:
    """What differs between orgs. Change it at any time."""

    daily_api_requests: int = 15_000
    session_seconds: float = 7200.0
    """A session ends after this long without a request."""
    locator_seconds: float = 2 * 86_400.0
    max_page_rows: int = 2000
    """Pages never hold more, whatever the client asks for: Salesforce shortens pages of wide rows."""
    query_timeout_rows: int | None = None
    """Queries that look at more rows run into the time limit."""
    private_objects: set[str] = field(default_factory=set)
    """Objects whose records only their owners and administrators see."""
    assignment_rules: dict[str, str] = field(default_factory=dict)
    """Object to the owner whom its default assignment rule sets."""
    validation_rules: list[ValidationRule] = field(default_factory=list)
    duplicate_rules: list[DuplicateRule] = field(default_factory=list)
    parents_contend: bool = False
    """Two requests that are under way together cannot both lock the account of their contacts."""
    bulk_polls: int = 1
    """How often a bulk job is seen unfinished before it is complete."""
    bulk_seconds: float = 0.0
    """How long a bulk job takes by the org's clock."""
    bulk_batch_rows: int = 10_000
    """Rows that a bulk job works on together; batches of one job run side by side."""
    bulk_batches_contend: bool = False
    """Rows of one account in two batches of a job: those of the later batch cannot lock the account."""
    bulk_fail_after_rows: int | None = None
    """The server gives up a writing bulk job after so many rows; the others stay unprocessed."""
    bulk_daily_query_jobs: int = 10_000
    bulk_result_rows: int = 100_000
    """Rows of one page of a bulk query's result where the client names no number."""
    translated_labels: dict[str, str] = field(default_factory=dict)
    """What people see in place of a label of a picklist value: the org's users have another language."""
    person_accounts: bool = False
    multi_currency: bool = False
    beliefs: Beliefs = field(default_factory=Beliefs)
