"""Rules that an administrator has set: validation rules and duplicate rules."""

from crm_segments.sandbox.salesforce.errors import RowError
from crm_segments.sandbox.salesforce.org import SalesforceOrg
from crm_segments.sandbox.salesforce.settings import DuplicateRule
from crm_segments.sandbox.salesforce.sobjects import SObject
from crm_segments.sandbox.salesforce.store import Row

__all__ = ["check_rules"]

_NEWEST = "67.0"


def check_rules(org: SalesforceOrg, sobject: SObject, after: Row, *, allow_duplicates: bool) -> None:
    """Asks all rules of the object about a record as it would be after the save.

    Raises:
        RowError: A rule says no.
    """
    for rule in org.settings.validation_rules:
        if rule.sobject == sobject.name and rule.is_broken(after):
            fields = [rule.field] if rule.field else []
            raise RowError("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, fields)
    for duplicate_rule in org.settings.duplicate_rules:
        if duplicate_rule.sobject != sobject.name or (allow_duplicates and duplicate_rule.allows_save):
            continue
        twins = _twins(org, duplicate_rule, after)
        if twins:
            raise _duplicates(duplicate_rule, twins)


def _twins(org: SalesforceOrg, rule: DuplicateRule, after: Row) -> list[str]:
    wanted = [after.get(name) for name in rule.fields]
    if None in wanted:
        return []
    return [
        record_id
        for record_id, row in org.store.table(rule.sobject).items()
        if record_id != after.get("Id")
        and not row.get("IsDeleted")
        and [row.get(name) for name in rule.fields] == wanted
    ]


def _duplicates(rule: DuplicateRule, twins: list[str]) -> RowError:
    records = [
        {
            "additionalInformation": [],
            "fieldDiffs": [],
            "matchConfidence": 100.0,
            "record": {
                "attributes": {
                    "type": rule.sobject,
                    "url": f"/services/data/v{_NEWEST}/sobjects/{rule.sobject}/{twin}",
                },
                "Id": twin,
            },
        }
        for twin in twins
    ]
    match = {
        "entityType": rule.sobject,
        "errors": [],
        "matchEngine": "ExactMatchEngine",
        "matchRecords": records,
        "rule": f"{rule.name}_Matching",
        "size": len(records),
        "success": True,
    }
    result = {
        "allowSave": rule.allows_save,
        "duplicateRule": rule.name,
        "duplicateRuleEntityType": rule.sobject,
        "errorMessage": rule.message,
        "matchResults": [match],
    }
    return RowError("DUPLICATES_DETECTED", rule.message, extra={"duplicateResult": result})
