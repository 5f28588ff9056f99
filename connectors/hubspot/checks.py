"""What `check` looks at: key, scopes one by one, properties, calls that are left, version of the API."""

from collections.abc import Sequence
from datetime import date

from connectors.config import ConnectionSettings
from connectors.hubspot.account import read_account
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.errors import RefusedError
from connectors.hubspot.objects import SourceObject, sources_of
from connectors.hubspot.paths import end_of_life
from connectors.hubspot.schema import Schema
from connectors.looks import Look, take_looks
from connectors.model import Finding, ObjectKind, Severity

__all__ = ["examine"]

_NEEDED = {
    "crm.objects.companies.read": "read companies",
    "crm.objects.companies.write": "write our properties of companies",
    "crm.objects.contacts.read": "read contacts",
    "crm.objects.deals.read": "read deals",
    "crm.schemas.companies.read": "read the properties of companies",
    "crm.schemas.contacts.read": "read the properties of contacts",
    "crm.schemas.deals.read": "read the properties of deals",
}
_FOR_SETUP = {
    "crm.schemas.companies.write": "make our properties (crm-segments fields create)",
    "crm.lists.read": "look for our lists",
    "crm.lists.write": "make one list per customer segment",
}
_WARN_DAYS = 180
_WHERE = "Development > Keys > Service keys > the key > Edit scopes"


def examine(client: HubSpotClient, schema: Schema, settings: ConnectionSettings) -> list[Finding]:
    """One finding for each thing that was looked at; nothing is written.

    Raises:
        AuthError: The key is refused: nothing else can be looked at.
    """
    kinds = (ObjectKind.ACCOUNT, ObjectKind.CONTACT, ObjectKind.DEAL)
    sources = [source for kind in kinds for source in sources_of(kind, settings)]
    looks: Sequence[Look] = (
        lambda: _account(client),
        lambda: _scopes(client),
        lambda: _properties(schema, sources),
        lambda: _calls(client),
    )
    return take_looks(looks)


def _account(client: HubSpotClient) -> list[Finding]:
    account = read_account(client)
    found = Finding(f"The key opens the {account.label}.", Severity.OK)
    return [found, _version(client.version, account.asked_at.date())]


def _version(version: str, today: date) -> Finding:
    ends = end_of_life(version)
    what = f"Version {version} of HubSpot's API is used; HubSpot supports it until {ends.isoformat()}."
    if (ends - today).days > _WARN_DAYS:
        return Finding(what, Severity.OK)
    hint = 'Update crm-segments, or set api_version under [connection] to a dated one such as "2026-09".'
    return Finding(what, Severity.WARN if ends > today else Severity.FAIL, hint)


def _scopes(client: HubSpotClient) -> list[Finding]:
    try:
        answer = client.send(
            "POST",
            "/oauth/v2/private-apps/get/access-token-info",
            purpose="read the scopes of the key",
            content={"tokenKey": client.key},
        )
    except RefusedError:
        text = "HubSpot does not say which scopes this key has; missing ones show when they are needed."
        return [Finding(text, Severity.WARN, f"Compare them by hand: {_WHERE}.")]
    scopes = set(answer.json().get("scopes") or ())
    needed = [_scope(scope, why, scopes, Severity.FAIL) for scope, why in _NEEDED.items()]
    return [*needed, *(_scope(scope, why, scopes, Severity.WARN) for scope, why in _FOR_SETUP.items())]


def _scope(scope: str, why: str, scopes: set[str], severity: Severity) -> Finding:
    if scope in scopes:
        return Finding(f"The key has {scope}: it may {why}.", Severity.OK, "", {"scope": scope})
    return Finding(
        f"The key lacks {scope}: it may not {why}.", severity, f"{_WHERE}: {scope}.", {"scope": scope}
    )


def _properties(schema: Schema, sources: Sequence[SourceObject]) -> list[Finding]:
    return [_seen(schema, source) for source in sources]


def _seen(schema: Schema, source: SourceObject) -> Finding:
    known = schema.properties(source.name, fresh=True)
    missing = sorted({path for path in source.fields.values() if path not in known.raw})
    mapped = sorted(source.fields[column] for column in source.mapped if source.fields[column] in missing)
    if not missing:
        return Finding(f"All properties of {source.name} that are read are there.", Severity.OK)
    return Finding(
        f"These properties of {source.name} are not there: {', '.join(missing)}.",
        Severity.FAIL if mapped else Severity.WARN,
        "Name others under [connection.fields]; columns without a property stay empty.",
        {"object": source.name, "fields": missing},
    )


def _calls(client: HubSpotClient) -> list[Finding]:
    budget = client.budget.report()
    if budget is None:
        return []
    what = f"{budget.left:,} of the account's {budget.allowed:,} API calls of today are left"
    if budget.available:
        return [Finding(f"{what}; {budget.reserve:,} of them are for others.", Severity.OK)]
    return [
        Finding(
            f"{what}, which is all for others (daily_call_reserve under [connection]).",
            Severity.WARN,
            "Runs pause until midnight in the account's time zone.",
        )
    ]
