"""Every error of the product, by what the caller must do about it.

    CrmSegmentsError
    ├── ConfigError, UsageError                 fix the settings or the command          exit 2
    ├── AuthError, AccessError                  renew credentials, add a permission      exit 4
    ├── SchemaError                             fix a field in the CRM                   exit 6
    ├── DataError                               change the data or the settings          exit 6
    ├── StalePlanError, GuardError              plan again, or look and approve          exit 6
    ├── TransientError                          retried by connectors.retry only         exit 75
    │   ├── RateLimitedError
    │   └── UnavailableError
    ├── QuotaExhaustedError, LockedError        stop, resume later                       exit 75
    ├── StopRequested                           a signal: finish the batch, checkpoint   exit 75
    ├── UnknownOutcomeError                     read back, then decide                   exit 75
    ├── ProtocolError                           the CRM broke its documentation: report  exit 1
    └── LedgerError                             repair the state store                   exit 1

What happens to a single record is a value (`connectors.model.WriteResult`), never an exception.
Messages and hints carry ids and field names, never field values of a person and never a token.
"""

from collections.abc import Mapping
from typing import ClassVar

__all__ = [
    "AccessError",
    "AuthError",
    "ConfigError",
    "CrmSegmentsError",
    "DataError",
    "GuardError",
    "LedgerError",
    "LockedError",
    "ProtocolError",
    "QuotaExhaustedError",
    "RateLimitedError",
    "SchemaError",
    "StalePlanError",
    "StopRequested",
    "TransientError",
    "UnavailableError",
    "UnknownOutcomeError",
    "UsageError",
]


class CrmSegmentsError(Exception):
    """Root of all errors that the product raises on purpose.

    Args:
        message: What happened, to which connection, object, record or file.
        hint: What to do now: a command or a click path.
        code: Stable, dotted name of this very case, e.g. `local.file.missing`.
        details: Ids and counts for scripts; never field values or secrets.
        next_command: The command to type next, where there is one.
    """

    exit_code: ClassVar[int] = 1
    default_code: ClassVar[str] = "failed"

    def __init__(
        self,
        message: str,
        *,
        hint: str,
        code: str | None = None,
        details: Mapping[str, object] | None = None,
        next_command: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or self.default_code
        self.details: Mapping[str, object] = dict(details or {})
        self.next_command = next_command


class ConfigError(CrmSegmentsError):
    """The settings are wrong; the message names key, file and allowed values."""

    exit_code = 2
    default_code = "config.invalid"


class UsageError(CrmSegmentsError):
    """The command or its arguments are wrong, or an input file is."""

    exit_code = 2
    default_code = "usage.invalid"


class AuthError(CrmSegmentsError):
    """The CRM refused the credentials. Never retried: retries lock accounts."""

    exit_code = 4
    default_code = "auth.refused"


class AccessError(CrmSegmentsError):
    """The credentials work but lack a scope or a field permission."""

    exit_code = 4
    default_code = "access.denied"


class SchemaError(CrmSegmentsError):
    """A field is missing in the CRM, of another type, or restricted."""

    exit_code = 6
    default_code = "schema.unfit"


class DataError(CrmSegmentsError):
    """The data do not allow what was asked."""

    exit_code = 6
    default_code = "data.unfit"


class StalePlanError(CrmSegmentsError):
    """Something that the plan was made from has moved since."""

    exit_code = 6
    default_code = "plan.stale"


class GuardError(CrmSegmentsError):
    """A guard stopped the plan before anything was written."""

    exit_code = 6
    default_code = "guard.stopped"


class TransientError(CrmSegmentsError):
    """The request was refused before it was executed; asking again may work.

    Args:
        retry_after: Seconds the CRM asked us to wait, when it said so.
    """

    exit_code = 75
    default_code = "transient"

    def __init__(
        self,
        message: str,
        *,
        hint: str,
        code: str | None = None,
        details: Mapping[str, object] | None = None,
        next_command: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint, code=code, details=details, next_command=next_command)
        self.retry_after = retry_after


class RateLimitedError(TransientError):
    """Too many requests in the current window."""

    default_code = "transient.rate_limited"


class UnavailableError(TransientError):
    """The CRM, or the file it lives in, is busy or away."""

    default_code = "transient.unavailable"


class QuotaExhaustedError(CrmSegmentsError):
    """The day's quota, less the reserve, is used up."""

    exit_code = 75
    default_code = "quota.exhausted"


class LockedError(CrmSegmentsError):
    """Another run holds the lock of this connection."""

    exit_code = 75
    default_code = "lock.held"


class StopRequested(CrmSegmentsError):  # noqa: N818 - a signal, not an error
    """Someone asked the run to stop; what was in flight has been finished."""

    exit_code = 75
    default_code = "stopped.by_request"


class UnknownOutcomeError(CrmSegmentsError):
    """The answer to a write was lost: it may or may not have been executed.

    Never resend: read the records back and compare first.
    """

    exit_code = 75
    default_code = "outcome.unknown"


class ProtocolError(CrmSegmentsError):
    """The CRM answered outside its documentation."""

    default_code = "protocol.violated"


class LedgerError(CrmSegmentsError):
    """The state store is damaged or refuses to work."""

    default_code = "ledger.broken"
