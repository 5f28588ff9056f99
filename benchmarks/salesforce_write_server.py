"""A server of accounts for the benchmark of writes: `python -m benchmarks.salesforce_write_server 2000 0.12`.

Logins, descriptions and bulk jobs are the emulated Salesforce's. Updates of records are answered as taken
without a look at them, so that the server does not outweigh the client that is measured.
"""

import asyncio
import sys

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from crm_segments.sandbox import SandboxServer
from crm_segments.sandbox.salesforce import (
    ConnectedApp,
    Field,
    OrgSettings,
    PicklistOption,
    SalesforceEmulator,
    SalesforceOrg,
)

__all__ = ["COUNTS", "DAY", "KEY", "NAMES", "REASON", "Shortcut"]

COUNTS = "/counts"
"""Path at which the server says how many requests and connections it has had."""

KEY, BAND, REASON, DAY = (
    *("CRM_Segment__c", "CRM_Segment_Confidence__c", "CRM_Segment_Reason__c", "CRM_Segment_Since__c"),
)
NAMES = (KEY, BAND, REASON, DAY)
_ROOT = "/services/data/v67.0/"
_JSON = {"Content-Type": "application/json;charset=UTF-8"}


def _main() -> None:
    records, latency_seconds = int(sys.argv[1]), float(sys.argv[2])
    org = SalesforceOrg(settings=OrgSettings(daily_api_requests=10_000_000, bulk_polls=2))
    org.add_app(ConnectedApp(consumer_key="key", consumer_secret="secret", run_as=org.admin_id))  # noqa: S106
    for name in (KEY, BAND):
        options = [PicklistOption(f"option_{number}", f"Option {number}") for number in range(8)]
        org.add_field(
            "Account",
            Field(name=name, label=name, type="picklist", length=255, restricted=True, options=options),
        )
    org.add_field("Account", Field(name=REASON, label=REASON, type="string", length=255))
    org.add_field("Account", Field(name=DAY, label=DAY, type="date"))
    for number in range(records):
        org.add("Account", {"Name": f"Company {number}"}, record_id=f"0014S{number:010d}")
    app = Shortcut(SalesforceEmulator(org), latency_seconds)
    server = SandboxServer(app)
    print(server.url, flush=True)
    server.serve()


class Shortcut:
    """An emulated org that waits before each answer, counts, and takes updates without a look."""

    def __init__(self, emulator: SalesforceEmulator, latency_seconds: float) -> None:
        self._emulator = emulator
        self._latency_seconds = latency_seconds
        self._requests = 0
        self._connections: set[object] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        if request.url.path == COUNTS:
            counts = {"requests": self._requests, "connections": len(self._connections)}
            await Response(orjson.dumps(counts), 200, _JSON)(scope, receive, send)
            return
        self._requests += 1
        self._connections.add(request.client)
        await asyncio.sleep(self._latency_seconds)
        path = request.url.path.removeprefix(_ROOT).rstrip("/")
        if request.method != "PATCH" or path.startswith("jobs/"):
            await self._emulator.wire(scope, receive, send)
            return
        body = orjson.loads(await request.body())
        if path == "composite/sobjects":
            self.keep(body["records"])
            taken = [{"id": one["id"], "success": True, "errors": []} for one in body["records"]]
            await Response(orjson.dumps(taken), 200, _JSON)(scope, receive, send)
        else:
            await Response(b"", 204)(scope, receive, send)

    def keep(self, records: list[dict[str, object]]) -> None:
        """What becomes of the records of a request: nothing."""


if __name__ == "__main__":
    _main()
