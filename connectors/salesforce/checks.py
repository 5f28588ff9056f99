"""What `check` looks at: version, what the user sees and may write, record types, calls that are left."""

from collections.abc import Iterator, Sequence

from connectors.config import ConnectionSettings
from connectors.errors import AccessError
from connectors.looks import Look, take_looks
from connectors.model import FieldSpec, Finding, ObjectKind, Severity
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.custom_fields import CustomFields
from connectors.salesforce.errors import RefusedError
from connectors.salesforce.names import field_name
from connectors.salesforce.objects import SourceObject, sources_of
from connectors.salesforce.organization import check_version
from connectors.salesforce.permissions import check_profiles, is_refused_look
from connectors.salesforce.record_types import find_hidden_options, hidden_option_findings
from connectors.salesforce.schema import Schema, SObject
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
    looks: Sequence[Look] = (
        lambda: _login(client),
        lambda: _version(client),
        lambda: field_findings(schema, sources),
        lambda: _records(client, sources),
        lambda: _writable(schema, settings),
        lambda: _record_types(client, schema, settings),
        lambda: _setup(client, schema, settings),
        lambda: _viewers(client, settings),
        lambda: _calls(client),
    )
    return take_looks(looks)


def _login(client: SalesforceClient) -> list[Finding]:
    return [Finding(f"Logged in to {client.host} by {client.login.flow}.", Severity.OK)]


def _version(client: SalesforceClient) -> list[Finding]:
    check_version(client)
    return [Finding(f"The org offers version {client.version} of the API, which is used.", Severity.OK)]


def _records(client: SalesforceClient, sources: Sequence[SourceObject]) -> list[Finding]:
    return [_seen(found) for found in count_seen(client, sources)]


def _seen(found: Seen) -> Finding:
    details = {"object": found.name, "seen": found.seen, "there": found.there}
    if not found.is_short:
        return Finding(f"The user sees the {found.seen:,} records of {found.name}.", Severity.OK, "", details)
    return Finding(
        f"The user sees {found.seen:,} of the {found.there:,} records of {found.name}.",
        Severity.WARN,
        "Segments are made from what is seen. To see all: Setup > Permission Sets > the set of the "
        f"integration user > Object Settings > {found.name} > View All.",
        details,
    )


def _labelled(schema: Schema, settings: ConnectionSettings) -> Iterator[SourceObject]:
    """Accounts, and what else carries fields of ours."""
    for kind in (ObjectKind.ACCOUNT, ObjectKind.CONTACT, ObjectKind.LEAD):
        source = sources_of(kind, settings)[0]
        try:
            is_ours = kind is ObjectKind.ACCOUNT or bool(_our_fields(schema.sobject(source.name)))
        except AccessError:
            continue
        if is_ours:
            yield source


def _our_fields(sobject: SObject) -> list[FieldSpec]:
    return [spec for name in sobject.fields if (spec := sobject.spec(name)) and spec.is_managed]


def _writable(schema: Schema, settings: ConnectionSettings) -> list[Finding]:
    return [_may_edit(schema.sobject(source.name)) for source in _labelled(schema, settings)]


def _may_edit(sobject: SObject) -> Finding:
    ours = _our_fields(sobject)
    locked = [spec.name for spec in ours if not sobject.can_update(spec.name)]
    if not sobject.is_updateable:
        return Finding(
            f"The user may not edit records of {sobject.name}.",
            Severity.FAIL,
            f"Setup > Permission Sets > the set of the integration user > Object Settings > {sobject.name}: "
            "Edit.",
        )
    if locked:
        return Finding(
            f"The user sees {', '.join(locked)} of {sobject.name} and may not change them.",
            Severity.FAIL,
            "Setup > Permission Sets > CRM Segments Integration > Object Settings: Edit Access; or "
            "crm-segments fields create.",
        )
    more = f" and our {len(ours)} fields" if ours else ""
    return Finding(f"The user may edit records of {sobject.name}{more}.", Severity.OK)


def _setup(client: SalesforceClient, schema: Schema, settings: ConnectionSettings) -> list[Finding]:
    """Whether fields that are still missing can be made; users who find all in place need no such right."""
    source = sources_of(ObjectKind.ACCOUNT, settings)[0]
    if _our_fields(schema.sobject(source.name)):
        return []
    try:
        CustomFields(client, source.name).find([field_name("crm_segment")])
    except (RefusedError, AccessError) as error:
        if not is_refused_look(error):
            raise
        return [
            Finding(
                "The user may not make fields, and sees none of ours on accounts: an administrator makes "
                "them.",
                Severity.WARN,
                "crm-segments fields create with the credentials of an administrator; or crm-segments fields "
                "export DIR, to deploy. Then Setup > Permission Sets > CRM Segments Integration > Manage "
                "Assignments > add the integration user.",
            )
        ]
    return []


def _viewers(client: SalesforceClient, settings: ConnectionSettings) -> list[Finding]:
    try:
        check_profiles(client, settings.viewers)
    except (RefusedError, AccessError) as error:
        if not is_refused_look(error):
            raise
    return []


def _record_types(
    client: SalesforceClient, schema: Schema, settings: ConnectionSettings
) -> Iterator[Finding]:
    for source in _labelled(schema, settings):
        sobject = schema.sobject(source.name)
        yield from hidden_option_findings(find_hidden_options(client, sobject, _our_fields(sobject)))


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
