"""Several requests in one, answered one after the other."""

import json
from urllib.parse import parse_qsl, unquote, urlsplit

from crm_segments.sandbox.calls import Call, Reply, json_reply
from crm_segments.sandbox.evidence import recorded
from crm_segments.sandbox.salesforce.asks import Ask, Routes, object_of
from crm_segments.sandbox.salesforce.errors import ApiError, malformed_json

__all__ = ["ROUTES"]

ROUTES = Routes()
_MOST = 25
_CARRIED = ("etag", "last-modified", "location")
_NAMES = {"etag": "ETag", "last-modified": "Last-Modified", "location": "Location"}


@ROUTES.add(
    "POST",
    "/services/data/v{version}/composite",
    recorded("cumulusci_rest.json: post_data_vxx.0_composite_200, _200_err, post_data_v49.0_composite_200"),
)
def composite(ask: Ask) -> Reply:
    """Answers each part; a part that fails does not stop the others."""
    parts = ask.json_object().get("compositeRequest")
    if not isinstance(parts, list) or not parts:
        raise malformed_json(
            "compositeRequest is required to be a list that is not empty at [line:1, column:2]"
        )
    if len(parts) > _MOST:
        raise ApiError(400, "LIMIT_EXCEEDED", f"The maximum number of allowed subrequests is {_MOST}")
    answers = [_answer(ask, object_of(part, "A subrequest")) for part in parts]
    return json_reply(200, {"compositeResponse": answers})


def _answer(ask: Ask, part: dict[str, object]) -> dict[str, object]:
    unknown = sorted(part.keys() - {"referenceId", "method", "url", "body", "httpHeaders"})
    if unknown:
        raise malformed_json(f'Unrecognized field "{unknown[0]}" at [line:1, column:2]')
    reference, url = part.get("referenceId"), urlsplit(str(part.get("url", "")))
    if not isinstance(reference, str) or not url.path.startswith("/services/data/"):
        raise ApiError(
            400, "INVALID_INPUT", "Each subrequest needs a referenceId and a url below /services/data"
        )
    given = object_of(part.get("httpHeaders") or {}, "httpHeaders")
    call = Call(
        str(part.get("method", "GET")),
        unquote(url.path),
        dict(parse_qsl(url.query, keep_blank_values=True)),
        {
            **{str(name).lower(): str(value) for name, value in given.items()},
            "content-type": "application/json",
        },
        json.dumps(part["body"]).encode() if "body" in part else b"",
        ask.call.ordinal,
    )
    reply = ask.answer(call)
    headers = {name.lower(): value for name, value in reply.headers.items()}
    return {
        "body": json.loads(reply.body) if reply.body else None,
        "httpHeaders": {_NAMES[name]: headers[name] for name in _CARRIED if name in headers},
        "httpStatusCode": reply.status,
        "referenceId": reference,
    }
