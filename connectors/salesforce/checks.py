"""What `check` looks at: version, what the user sees and may write, record types, calls that are left."""

from collections.abc import Callable, Iterable, Sequence

from connectors.config import ConnectionSettings
from connectors.errors import AccessError, AuthError, CrmSegmentsError
from connectors.model import Finding, ObjectKind, Severity
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.objects import SourceObject, sources_of
from connectors.salesforce.record_types import find_hidden_options, hidden_option_findings
from connectors.salesforce.schema import Schema
from connectors.salesforce.visibility import Seen, count_seen, field_findings

__all__ = ["examine"]

_READ = (ObjectKind.ACCOUNT, ObjectKind.CONTACT, ObjectKind.DEAL, ObjectKind.ACTIVITY)
"""What the segments of accounts are made from."""


def examine(client: SalesforceClient, schema: Schema, settings: ConnectionSettings) -> list[Finding]:
    """One finding for each thing that was looked at; nothing is written.

    Raises:
        AuthError: The login is refused: nothing else can be looked at.
    """
    sources = [source for kind in _READ for source in sources_of(kind, settings)]
    account = sources_of(ObjectKind.ACCOUNT, settings)[0]
    looks: Sequence[Callable[[], Iterable[Finding]]] = (
        lambda: _login(client),
        lambda: _version(client),
        lambda: field_findings(schema, sources),
        lambda: _records(client, sources),
        lambda: _writable(schema, account),
        lambda: _record_types(client, schema, account),
        lambda: _calls(client),
    )
    return [finding for look in looks for finding in _guarded(look)]


def _guarded(look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """One look that fails does not keep the others from being taken."""
    try:
        return list(look())
    except AuthError:
        raise
    except CrmSegmentsError as error:
        severity = Severity.WARN if isinstance(error, AccessError) else Severity.FAIL
        return [Finding(error.message, severity, error.hint, error.details)]


def _login(client: SalesforceClient) -> list[Finding]:
    return [Finding(f"Logged in to {client.host} by {client.login.flow}.", Severity.OK)]


def _version(client: SalesforceClient) -> list[Finding]:
    """Salesforce supports a version for at least three years ("API End-of-Life Policy", read 2026-11)."""
    answer = client.get("/services/data", purpose="list the versions of its interface")
    known = [str(one.get("version")) for one in answer.json()]
    if client.version in known:
        return [Finding(f"The org offers version {client.version} of the API, which is used.", Severity.OK)]
    newest = max(known, key=float, default="none")
    return [
        Finding(
            f"The org does not offer version {client.version} of the API; its newest is {newest}.",
            Severity.FAIL,
            f'Set api_version = "{newest}" under [connection].',
            {"known": known},
        )
    ]


def _records(client: SalesforceClient, sources: Sequence[SourceObject]) -> list[Finding]:
    return [_seen(found) for found in count_seen(client, sources)]


def _seen(found: Seen) -> Finding:
    details = {"object": found.name, "seen": found.seen, "there": found.there}
    if not found.is_short:
        return Finding(f"The user sees the {found.seen:,} records of {found.name}.", Severity.OK, "", details)
    return Finding(
        f"The user sees {found.seen:,} of the {found.there:,} records of {found.name}.",
        Severity.WARN,
        "Segments are made from what is seen. To see all: Setup > Permission Sets > (ours) > Object "
        f"Settings > {found.name} > View All.",
        details,
    )


def _writable(schema: Schema, source: SourceObject) -> list[Finding]:
    sobject = schema.sobject(source.name, fresh=True)
    ours = [name for name in sobject.fields if (spec := sobject.spec(name)) and spec.is_managed]
    locked = [name for name in ours if not sobject.can_update(name)]
    if not sobject.is_updateable:
        return [
            Finding(
                f"The user may not edit records of {source.name}.",
                Severity.FAIL,
                f"Setup > Permission Sets > (ours) > Object Settings > {source.name}: Edit.",
            )
        ]
    if locked:
        return [
            Finding(
                f"The user sees {', '.join(locked)} of {source.name} and may not change them.",
                Severity.FAIL,
                "Setup > Permission Sets > CRM Segments Integration > Object Settings: Edit Access; or "
                "crm-segments fields create.",
            )
        ]
    more = f" and our {len(ours)} fields" if ours else ""
    return [Finding(f"The user may edit records of {source.name}{more}.", Severity.OK)]


def _record_types(client: SalesforceClient, schema: Schema, source: SourceObject) -> list[Finding]:
    sobject = schema.sobject(source.name)
    specs = [spec for name in sobject.fields if (spec := sobject.spec(name)) and spec.is_managed]
    return hidden_option_findings(find_hidden_options(client, sobject, specs)) if specs else []


def _calls(client: SalesforceClient) -> list[Finding]:
    budget = client.budget.report()
    if budget is None:
        return []
    what = f"{budget.left:,} of the org's {budget.allowed:,} API calls of 24 hours are left"
    if budget.available:
        return [Finding(f"{what}; {budget.reserve:,} of them are for others.", Severity.OK)]
    return [
        Finding(
            f"{what}, which is all for others (daily_call_reserve under [connection]).",
            Severity.WARN,
            "Runs pause until calls become free, which happens by the hour.",
        )
    ]
