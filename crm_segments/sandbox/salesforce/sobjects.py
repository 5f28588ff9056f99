"""Objects: their fields by name, and how Salesforce describes them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from crm_segments.sandbox.salesforce.fields import Field

__all__ = ["ChildRelationship", "RecordType", "SObject", "Traits"]

MASTER_RECORD_TYPE = "012000000000000AAA"


@dataclass(frozen=True, slots=True)
class ChildRelationship:
    """Records of another object that point here."""

    child: str
    field: str
    name: str
    """What a query calls them, e.g. `Contacts`."""


@dataclass(frozen=True, slots=True)
class RecordType:
    """A kind of record within one object, which may hide options of picklists."""

    record_id: str
    name: str
    developer_name: str
    allowed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Options by field name; a field not named here shows all of its options."""
    is_person: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What may be done with an object."""

    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    mergeable: bool = False
    is_setup: bool = False
    """Records that are settings: seen and changed by those who may set up the org."""
    is_tooling: bool = False
    """Reached through the Tooling API only."""
    has_owner_views: bool = False
    """Whether list views and "my records" exist."""


@dataclass(slots=True, kw_only=True)
class SObject:
    """One object of one org; custom fields are added to it."""

    name: str
    label: str
    label_plural: str
    prefix: str
    fields: dict[str, Field]
    """By name in lower case, in the order of the describe."""
    traits: Traits = field(default_factory=Traits)
    children: tuple[ChildRelationship, ...] = ()
    record_types: list[RecordType] = field(default_factory=list)

    def field(self, name: str) -> Field | None:
        """The field of this name, in whatever case."""
        return self.fields.get(name.lower())

    def add_field(self, one: Field) -> None:
        """Adds a field, or replaces the one of its name."""
        self.fields[one.name.lower()] = one

    def reference(self, relationship: str) -> Field | None:
        """The field behind a relationship name such as `Owner`."""
        wanted = relationship.lower()
        return next(
            (one for one in self.fields.values() if one.relationship and one.relationship.lower() == wanted),
            None,
        )

    def child(self, relationship: str) -> ChildRelationship | None:
        """The children that a query calls so."""
        wanted = relationship.lower()
        return next((one for one in self.children if one.name.lower() == wanted), None)

    def record_type(self, record_id: object) -> RecordType | None:
        """The record type of this id."""
        return next((one for one in self.record_types if one.record_id == record_id), None)

    def global_entry(self, version: str) -> dict[str, object]:
        """The object in the list of all objects."""
        base = f"/services/data/v{version}/sobjects/{self.name}"
        traits = self.traits
        return {
            "activateable": False,
            "createable": traits.createable,
            "custom": self.name.endswith("__c"),
            "customSetting": False,
            "deletable": traits.deletable,
            "deprecatedAndHidden": False,
            "feedEnabled": traits.has_owner_views,
            "hasSubtypes": False,
            "isSubtype": False,
            "keyPrefix": self.prefix,
            "label": self.label,
            "labelPlural": self.label_plural,
            "layoutable": not traits.is_setup,
            "mergeable": traits.mergeable,
            "mruEnabled": not traits.is_setup,
            "name": self.name,
            "queryable": True,
            "replicateable": True,
            "retrieveable": True,
            "searchable": not traits.is_setup,
            "triggerable": not traits.is_setup,
            "undeletable": not traits.is_setup,
            "updateable": traits.updateable,
            "urls": {
                "rowTemplate": f"{base}/{{ID}}",
                "describe": f"{base}/describe",
                "sobject": base,
            },
        }

    def describe(self, version: str, host: str, visible: Iterable[dict[str, object]]) -> dict[str, object]:
        """The object as its describe shows it, with the fields that the user may see."""
        base = f"/services/data/v{version}/sobjects/{self.name}"
        entry = self.global_entry(version)
        entry.pop("urls")
        entry.update(
            actionOverrides=[],
            childRelationships=[_child_entry(child) for child in self.children],
            compactLayoutable=True,
            fields=list(visible),
            listviewable=None,
            lookupLayoutable=None,
            namedLayoutInfos=[],
            networkScopeFieldName=None,
            recordTypeInfos=self._record_type_infos(base, version),
            searchLayoutable=True,
            sobjectDescribeOption="FULL",
            supportedScopes=self._scopes(),
            urls={
                "compactLayouts": f"{base}/describe/compactLayouts",
                "rowTemplate": f"{base}/{{ID}}",
                "approvalLayouts": f"{base}/describe/approvalLayouts",
                "uiDetailTemplate": f"https://{host}/{{ID}}",
                "uiEditTemplate": f"https://{host}/{{ID}}/e",
                "listviews": f"{base}/listviews",
                "describe": f"{base}/describe",
                "uiNewRecord": f"https://{host}/{self.prefix}/e",
                "quickActions": f"{base}/quickActions",
                "layouts": f"{base}/describe/layouts",
                "sobject": base,
            },
        )
        return dict(sorted(entry.items()))

    def _scopes(self) -> list[dict[str, str]]:
        plural = self.label_plural.lower()
        scopes = {"everything": f"All {plural}", "mine": f"My {plural}", "team": f"My team's {plural}"}
        owner = self.field("OwnerId")
        if owner and "Group" in owner.refers_to:
            scopes |= {"queue_owned": f"Queue owned {plural}", "user_owned": f"User owned {plural}"}
        return [{"label": label, "name": name} for name, label in sorted(scopes.items())]

    def _record_type_infos(self, base: str, version: str) -> list[dict[str, object]]:
        master = RecordType(MASTER_RECORD_TYPE, "Master", "Master")
        return [
            {
                "active": True,
                "available": True,
                "defaultRecordTypeMapping": one is master and not self.record_types,
                **({"developerName": one.developer_name} if float(version) >= 43 else {}),
                "master": one is master,
                "name": one.name,
                "recordTypeId": one.record_id,
                "urls": {"layout": f"{base}/describe/layouts/{one.record_id}"},
            }
            for one in (*self.record_types, master)
        ]


def _child_entry(child: ChildRelationship) -> dict[str, object]:
    return {
        "cascadeDelete": False,
        "childSObject": child.child,
        "deprecatedAndHidden": False,
        "field": child.field,
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
        "relationshipName": child.name,
        "restrictedDelete": False,
    }
