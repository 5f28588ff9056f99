"""Permission sets that show our fields: one for the user that writes them, one for those who look at them."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.errors import AccessError, ConfigError, ProtocolError
from connectors.salesforce.client import SalesforceClient, soql
from connectors.salesforce.errors import BUSY_CODE, RefusedError, unavailable
from connectors.salesforce.limits import LIMITS
from connectors.salesforce.names import VIEWERS_SET, WRITERS_SET
from connectors.salesforce.queries import read_rows

__all__ = ["LABELS", "Grants", "PermissionSets", "check_profiles", "is_refused_look"]

_log = logging.getLogger(__name__)

LABELS: Mapping[str, tuple[str, str]] = {
    WRITERS_SET: (
        "CRM Segments Integration",
        "Shows the fields that crm-segments makes to the user that writes them.",
    ),
    VIEWERS_SET: (
        "CRM Segments Viewer",
        "Shows the fields that crm-segments makes, without letting edit them.",
    ),
}
"""Label and description of each permission set, by its API name."""

_NO_RIGHT = frozenset(
    {"INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY", "INVALID_TYPE", "NOT_FOUND"}
    | {
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "INVALID_FIELD",
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    }
)
"""Objects of the setup are, for those who may not set up, as if they did not exist."""


def is_refused_look(error: RefusedError | AccessError) -> bool:
    """Whether the user may not look into the setup."""
    return isinstance(error, AccessError) or error.api_code in _NO_RIGHT


def check_profiles(client: SalesforceClient, names: Sequence[str]) -> None:
    """Whether the org has these profiles; no request where there are none.

    Raises:
        ConfigError: One is not there.
        RefusedError, AccessError: The user may not look into the setup.
    """
    if not names:
        return
    query = soql("SELECT Name FROM Profile WHERE Name IN {}", list(names))
    found = {str(row["Name"]).casefold() for row in read_rows(client, query, purpose="read profiles")}
    unknown = [name for name in names if name.casefold() not in found]
    if unknown:
        raise ConfigError(
            f'viewers under [connection] names the profile "{unknown[0]}", which this org does not have.',
            hint="Use names as they stand in Setup > Profiles, in the language of the org.",
            code="salesforce.viewers",
            details={"profile": unknown[0]},
        )


@dataclass(frozen=True, slots=True)
class Grants:
    """What has to be given so that everybody who needs them sees our fields."""

    writer_fields: tuple[str, ...] = ()
    """Fields that the integration user gets to see and change."""
    viewer_fields: tuple[str, ...] = ()
    """Fields that viewers get to see."""
    viewer_ids: tuple[str, ...] = ()
    """Users who become viewers."""

    def concerns(self, field: str) -> bool:
        """Whether somebody gets a right on this field."""
        return field in self.writer_fields or field in self.viewer_fields or bool(self.viewer_ids)

    def __bool__(self) -> bool:
        """Whether anything is to be given."""
        return bool(self.writer_fields or self.viewer_fields or self.viewer_ids)


class PermissionSets:
    """The two permission sets, as far as one object goes.

    Args:
        client: The org.
        sobject: API name of the object.
        viewers: Names of the profiles whose active users get to see the fields.
    """

    def __init__(self, client: SalesforceClient, sobject: str, viewers: Sequence[str]) -> None:
        self._client = client
        self._sobject = sobject
        self._viewers = tuple(dict.fromkeys(viewers))

    def missing(self, fields: Sequence[str], unseen: Sequence[str]) -> Grants:
        """What has to be given. Changes nothing.

        Args:
            fields: All our fields.
            unseen: Those that this connection's user does not see, or may not change.

        Raises:
            ConfigError: There is no profile of a name in the settings.
            RefusedError, AccessError: The user may not look into the setup.
        """
        if not self._viewers:
            return Grants(tuple(unseen), tuple(unseen))
        # First what only those see who may set up: others are refused here, and sent away unharmed.
        shown = {row["Field"] for row in self._granted(VIEWERS_SET)}
        check_profiles(self._client, self._viewers)
        lacking = tuple(name for name in fields if f"{self._sobject}.{name}" not in shown)
        return Grants(tuple(unseen), lacking, tuple(self._users_without()))

    def give(self, grants: Grants) -> None:
        """Give what is missing; what somebody else gave meanwhile is fine.

        Raises:
            AccessError: The user may not do that; says which permission it takes.
        """
        if not grants:
            return
        ids = self._ensure_sets()
        wanted = [(WRITERS_SET, name, True) for name in grants.writer_fields]
        wanted += [(VIEWERS_SET, name, False) for name in grants.viewer_fields]
        self._show(ids, wanted)
        people = [(VIEWERS_SET, user_id) for user_id in grants.viewer_ids]
        if grants.writer_fields:
            people.append((WRITERS_SET, self._own_id()))
        self._assign(ids, people)

    def _granted(self, set_name: str) -> list[Mapping[str, Any]]:
        query = soql(
            "SELECT Id, Field, PermissionsEdit FROM FieldPermissions"
            " WHERE SobjectType = {} AND Parent.Name = {}",
            self._sobject,
            set_name,
        )
        return read_rows(self._client, query, purpose="read who sees our fields")

    def _users_without(self) -> list[str]:
        """Active users of the viewers' profiles who do not have the viewers' set yet."""
        query = soql(
            "SELECT Id FROM User WHERE IsActive = true AND UserType = 'Standard' AND Profile.Name IN {}"
            " AND Id NOT IN (SELECT AssigneeId FROM PermissionSetAssignment WHERE PermissionSet.Name = {})",
            list(self._viewers),
            VIEWERS_SET,
        )
        return [row["Id"] for row in read_rows(self._client, query, purpose="read who views our fields")]

    def _ensure_sets(self) -> dict[str, str]:
        """Ids of the two sets by name; makes those that are not there."""
        found = self._sets()
        missing = [name for name in LABELS if name not in found]
        if missing:
            self._save(
                "POST",
                [
                    {
                        "attributes": {"type": "PermissionSet"},
                        "Name": name,
                        "Label": LABELS[name][0],
                        "Description": LABELS[name][1],
                    }
                    for name in missing
                ],
                "make permission sets",
                "Manage Profiles and Permission Sets",
            )
            found = self._sets()
        return found

    def _sets(self) -> dict[str, str]:
        query = soql(
            "SELECT Id, Name FROM PermissionSet WHERE Name IN {} AND NamespacePrefix = null", list(LABELS)
        )
        try:
            rows = read_rows(self._client, query, purpose="look for our permission sets")
        except (RefusedError, AccessError) as error:
            if not is_refused_look(error):
                raise
            raise _no_right("look for permission sets", "View Setup and Configuration") from error
        return {row["Name"]: row["Id"] for row in rows}

    def _show(self, ids: Mapping[str, str], wanted: Sequence[tuple[str, str, bool]]) -> None:
        given = {
            (name, row["Field"]): row
            for name in dict.fromkeys(name for name, _field, _edit in wanted)
            for row in self._granted(name)
        }
        new, changed = [], []
        for name, field, edit in wanted:
            place = f"{self._sobject}.{field}"
            present = given.get((name, place))
            if present is None:
                new.append(
                    {
                        "attributes": {"type": "FieldPermissions"},
                        "ParentId": ids[name],
                        "SobjectType": self._sobject,
                        "Field": place,
                        "PermissionsRead": True,
                        "PermissionsEdit": edit,
                    }
                )
            elif edit and not present["PermissionsEdit"]:
                attributes = {"type": "FieldPermissions"}
                changed.append({"attributes": attributes, "id": present["Id"], "PermissionsEdit": True})
        right = "Manage Profiles and Permission Sets"
        self._save("POST", new, "show our fields", right)
        self._save("PATCH", changed, "open our fields for the integration user", right)

    def _assign(self, ids: Mapping[str, str], people: Sequence[tuple[str, str]]) -> None:
        rows = [
            {
                "attributes": {"type": "PermissionSetAssignment"},
                "AssigneeId": user_id,
                "PermissionSetId": ids[name],
            }
            for name, user_id in people
        ]
        self._save("POST", rows, "assign permission sets", "Assign Permission Sets")

    def _own_id(self) -> str:
        """The user of this connection; every user may ask that."""
        purpose = "ask which user this is"
        answer = self._client.get(f"/services/data/v{self._client.version}", purpose=purpose).json()
        found = str(answer.get("identity", "")).rpartition("/")[2]
        if not found:
            raise ProtocolError(
                "Salesforce does not say which user this connection is.",
                hint="Report this; until then assign the permission set CRM Segments Integration by hand.",
                code="salesforce.user",
            )
        return found

    def _save(self, method: str, rows: Sequence[Mapping[str, Any]], purpose: str, right: str) -> None:
        size = LIMITS.max_batch_records
        for start in range(0, len(rows), size):
            content = {"allOrNone": False, "records": rows[start : start + size]}
            try:
                answer = self._client.send(method, "composite/sobjects", purpose=purpose, content=content)
            except (RefusedError, AccessError) as error:
                if not is_refused_look(error):
                    raise
                raise _no_right(purpose, right) from error
            self._settle(answer.json(), purpose, right)

    def _settle(self, results: Sequence[Mapping[str, Any]], purpose: str, right: str) -> None:
        failed = [str(row["errors"][0]["statusCode"]) for row in results if not row["success"]]
        codes = {code for code in failed if code != "DUPLICATE_VALUE"}
        if not codes:
            return
        if BUSY_CODE in codes:
            raise unavailable(purpose, "its setup is being changed by somebody else")
        if codes & _NO_RIGHT:
            raise _no_right(purpose, right)
        if purpose.startswith("assign"):
            # A license that does not allow it, say: one viewer less is no reason to write no labels.
            _log.warning("salesforce.viewers.refused", extra={"codes": sorted(codes), "count": len(failed)})
            return
        raise ProtocolError(
            f"Salesforce refused to {purpose}: {', '.join(sorted(codes))}.",
            hint="If this stays after another try, please report it with this code.",
            code="salesforce.permissions",
            details={"api_codes": sorted(codes)},
        )


def _no_right(purpose: str, right: str) -> AccessError:
    return AccessError(
        f'The Salesforce user may not {purpose}: it lacks the permission "{right}".',
        hint=f'Setup > Permission Sets > the set of the integration user > System Permissions > "{right}"; '
        "or let "
        "an administrator do it once: crm-segments fields export DIR writes a package to deploy.",
        code="salesforce.access.setup",
        details={"permission": right},
        next_command="crm-segments fields export DIR",
    )
