"""Our fields as the tests want them, and people of an emulated org with fewer rights."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connectors.model import FieldSpec, FieldType, Option
from connectors.salesforce.connector import SalesforceConnector
from crm_segments.sandbox.salesforce import ConnectedApp, ProfileRights
from tests.salesforce import SalesforceWorld

__all__ = [
    "DATE",
    "KEY",
    "OURS",
    "SETUP_RIGHTS",
    "TEXT",
    "Person",
    "actions",
    "as_user",
    "changing",
    "described",
    "options_of",
    "wanted",
    "with_options",
]

OURS = "1f0c9d4e-5f0a-4b59-9a35-000000000001"
KEY, TEXT, DATE = "CRM_Segment__c", "CRM_Segment_Reason__c", "CRM_Segment_Since__c"
SETUP_RIGHTS = frozenset(
    {"CustomizeApplication", "ManageProfilesPermissionsets", "AssignPermissionSets", "ViewSetup"}
)
"""What making and showing fields takes, and nothing else does."""


def with_options(*options: tuple[str, str], installation_id: str = OURS) -> FieldSpec:
    """The picklist with these values and labels."""
    return FieldSpec(
        KEY,
        "Customer segment",
        FieldType.PICKLIST,
        options=tuple(Option(value, label) for value, label in options),
        description="Which customer segment this record is in.",
        installation_id=installation_id,
        is_custom=True,
    )


def wanted(installation_id: str = OURS) -> list[FieldSpec]:
    """One field of each type."""
    key = with_options(("big", "Big ones"), ("small", "Small ones"), installation_id=installation_id)
    text = replace(key, name=TEXT, label="Reason", type=FieldType.TEXT, max_length=255, options=())
    since = replace(key, name=DATE, label="Since", type=FieldType.DATE, options=())
    return [key, text, since]


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the org, and a connector that works as this user."""

    user_id: str
    connector: SalesforceConnector


def as_user(world: SalesforceWorld, rights: Iterable[str], **more: Any) -> Person:
    """Somebody who has these permissions for the whole org, and reads and edits all records."""
    profile = world.org.add_profile(f"Profile {len(world.opened)}", ProfileRights({"ApiEnabled", *rights}))
    user = world.org.add_user(f"user{len(world.opened)}@example.com", profile)
    key = f"key{len(world.opened)}"
    world.org.add_app(ConnectedApp(consumer_key=key, consumer_secret="secret", run_as=user))  # noqa: S106
    return Person(user, world.open(client_id=key, client_secret="secret", **more))  # noqa: S106


def changing(world: SalesforceWorld, since: int = 0) -> list[tuple[str, str]]:
    """Requests since then that could change something, logins aside."""
    return [
        (one.method, one.path.partition("/v67.0/")[2])
        for one in world.emulator.wire.requests()[since:]
        if one.method != "GET" and "/oauth2/" not in one.path
    ]


def actions(changes: Sequence[Any]) -> list[str]:
    """What was done with each field."""
    return [str(change.action) for change in changes]


def described(world: SalesforceWorld, user: str | None = None) -> dict[str, Any]:
    """The object's fields by name, as a user sees them."""
    answer = world.http("GET", "sobjects/Account/describe", user=user)
    return {one["name"]: one for one in answer.json()["fields"]}


def options_of(world: SalesforceWorld, name: str = KEY) -> dict[str, tuple[str, bool]]:
    """Label and whether it is active, by value, as the org keeps them."""
    field = world.org.require("Account").field(name)
    assert field is not None
    return {one.value: (one.label, one.is_active) for one in field.options}
