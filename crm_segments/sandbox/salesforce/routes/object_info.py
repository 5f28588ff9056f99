"""What the UI API says of an object: which options a picklist offers to records of one type."""

import hashlib
import json

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented
from crm_segments.sandbox.salesforce.asks import Ask, Routes
from crm_segments.sandbox.salesforce.errors import not_found
from crm_segments.sandbox.salesforce.fields import PicklistOption
from crm_segments.sandbox.salesforce.ids import is_id, long_id
from crm_segments.sandbox.salesforce.sobjects import MASTER_RECORD_TYPE

__all__ = ["ROUTES"]

ROUTES = Routes()
_PICKLISTS = frozenset({"picklist", "multipicklist"})


@ROUTES.add(
    "GET",
    "/services/data/v{version}/ui-api/object-info/{sobject}/picklist-values/{record_type}/{field}",
    documented("UI API: Get Values for a Picklist Field; shape as in its published example"),
)
def picklist_values(ask: Ask) -> Reply:
    """The active options of a field that records of this type may have."""
    sobject = ask.object(ask.param("sobject"))
    given = ask.param("record_type")
    record_type_id = long_id(given) if is_id(given) else given
    kind = sobject.record_type(record_type_id)
    field = ask.org.access.readable(ask.user, sobject).get(ask.param("field").lower())
    is_known = kind is not None or record_type_id == MASTER_RECORD_TYPE
    if field is None or field.type not in _PICKLISTS or not is_known:
        raise not_found()
    field = field.translated(ask.org.settings.translated_labels)
    allowed = kind.allowed.get(field.name) if kind else None
    shown = [one for one in field.options if one.is_active and (allowed is None or one.value in allowed)]
    content: dict[str, object] = {
        "controllerValues": {},
        "defaultValue": next((_value(one) for one in shown if one.is_default), None),
        "url": ask.call.path,
        "values": [_value(one) for one in shown],
    }
    tag = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]
    return json_reply(200, {**content, "eTag": tag})


def _value(option: PicklistOption) -> dict[str, object]:
    return {"attributes": None, "label": option.label, "validFor": [], "value": option.value}
