"""Which objects and fields there are, for the user who asks."""

import hashlib
import json
from collections.abc import Callable
from email.utils import format_datetime, parsedate_to_datetime

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import recorded
from crm_segments.sandbox.salesforce.asks import Ask, Routes

__all__ = ["ROUTES"]

ROUTES = Routes()


@ROUTES.add(
    "GET",
    "/services/data/v{version}/sobjects",
    recorded("cumulusci_rest.json: post_data_v49.0_composite_200 (ETag, 304)"),
)
def describe_all(ask: Ask) -> Reply:
    """All objects that the user sees, without their fields."""

    def content() -> dict[str, object]:
        shown = [
            one.global_entry(ask.version)
            for one in sorted(ask.org.store.objects(), key=lambda one: one.name)
            if ask.org.access.allows(ask.user, one, "Read")
        ]
        return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": shown}

    return _cached(ask, content)


@ROUTES.add(
    "GET", "/services/data/v{version}/sobjects/{sobject}/describe", recorded("describe.json: describe_*")
)
def describe_one(ask: Ask) -> Reply:
    """One object with the fields that the user sees."""
    sobject = ask.object(ask.param("sobject"))
    readable = ask.org.access.readable(ask.user, sobject)
    edits_records = ask.org.access.allows(ask.user, sobject, "Edit")
    editable = ask.org.access.editable(ask.user, sobject) if edits_records else frozenset()

    def content() -> dict[str, object]:
        fields = []
        for one in readable.values():
            entry = one.translated(ask.org.settings.translated_labels).describe()
            if one.name not in editable:
                entry.update(createable=False, updateable=False)
            fields.append(entry)
        return sobject.describe(ask.version, ask.org.domain, fields)

    return _cached(ask, content)


@ROUTES.add(
    "GET",
    "/services/data/v{version}/sobjects/{sobject}",
    recorded("cumulusci_rest.json: post_data_vxx.0_composite_200_err (the refusal)"),
)
def basic_information(ask: Ask) -> Reply:
    """What an object is, and what the user looked at last."""
    sobject = ask.object(ask.param("sobject"))
    return json_reply(200, {"objectDescribe": sobject.global_entry(ask.version), "recentItems": []})


def _cached(ask: Ask, content: Callable[[], dict[str, object]]) -> Reply:
    """The content, or 304 where the client has it already."""
    described = content()
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:8]
    tag = f'"{digest}"'
    changed_at = ask.org.metadata_changed(ask.call.path, ask.user, digest)
    headers = {"ETag": tag, "Last-Modified": format_datetime(changed_at, usegmt=True)}
    if ask.call.header("If-None-Match") == tag:
        return Reply(304, b"", headers)
    since = ask.call.header("If-Modified-Since")
    if since and parsedate_to_datetime(since) >= changed_at:
        return Reply(304, b"", headers)
    return json_reply(200, described, headers)
