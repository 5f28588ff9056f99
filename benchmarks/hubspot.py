"""What writing to HubSpot and reading from it costs, beside the client library's own ways.

    python -m benchmarks.hubspot           2,000 records
    python -m benchmarks.hubspot 10000     more

Each line is one process of its own. CPU is that of the client alone, from the moment in which it is opened.
The server is another process: the emulated HubSpot, which waits 120 ms before each answer and refuses more
than 190 calls in ten seconds. The loop over single records is measured on a sample and multiplied, without
the window. Elapsed times are comparable within one run only.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests
from hubspot import HubSpot
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from urllib3 import Retry

from benchmarks.measure import measure, serve
from benchmarks.salesforce_write import LATENCY_SECONDS, SAMPLE, peak_mb
from connectors.config import ConnectionSettings
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.connector import HubSpotConnector
from connectors.model import FieldWrite, ObjectKind, WriteOutcome
from crm_segments.sandbox import SandboxServer
from crm_segments.sandbox.hubspot import ALL_SCOPES, HubSpotEmulator, HubSpotPortal, PortalSettings

__all__ = ["WAYS", "report"]

RECORDS = 2_000
KEY = "pat-na1-benchmark"
_COUNTS = "/counts"
_FIRST_ID = 1_000_000
_LOOP = "hubspot-api-client: basic_api.update in a loop"
_COLUMNS = (("CPU us/record", 14), ("seconds", 9), ("peak MB", 9), ("requests", 10), ("refused", 9))
_PROPERTIES = (
    "name",
    "website",
    "industry",
    "country",
    "state",
    "city",
    "numberofemployees",
    "annualrevenue",
)

Way = Callable[[int], int]
"""Reads or writes that many records; gives how many it was."""


def report(records: int = RECORDS) -> None:
    """Print the table."""
    print(f"# {records:,} companies of HubSpot, {LATENCY_SECONDS * 1000:.0f} ms before each answer\n")
    print(f"{'':50}" + "".join(f"{head:>{width}}" for head, width in _COLUMNS))
    for name in WAYS:
        # A server of its own for each way, whose window nobody has used.
        with serve("benchmarks.hubspot", "server", records) as address:
            _line(name, address, records)
    print("\nThe loop is measured on a sample; its seconds and requests are multiplied.\n")


def _line(name: str, address: str, records: int) -> None:
    count = min(SAMPLE, records) if name == _LOOP else records
    command = [sys.executable, "-m", "benchmarks.hubspot", "client", name, address, str(count)]
    found = json.loads(measure(command, Path.cwd()).stdout)
    if found["done"] != count:
        raise SystemExit(f"{name} did {found['done']:,} of {count:,} records")
    factor = records / count
    cells = (
        f"{1e6 * found['cpu_seconds'] / count:.1f}",
        f"{found['seconds'] * factor:.1f}",
        f"{found['peak_mb']:.0f}",
        f"{found['requests'] * factor:,.0f}",
        f"{found['refused']}",
    )
    shown = "".join(f"{cell:>{width}}" for cell, (_, width) in zip(cells, _COLUMNS, strict=True))
    print(f"{name:50}{shown}", flush=True)


def _serve(records: int) -> None:
    portal = HubSpotPortal(settings=PortalSettings(burst_calls=190))
    portal.keys.add_service_key("Benchmark", ALL_SCOPES, user_id=portal.admin.user_id, key=KEY)
    for number in range(records):
        values = {"name": f"Company {number}", "country": "US", "numberofemployees": str(number)}
        portal.add("companies", values, record_id=str(_FIRST_ID + number))
    emulator = HubSpotEmulator(portal, latency_seconds=LATENCY_SECONDS)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or Request(scope).url.path != _COUNTS:
            await emulator.wire(scope, receive, send)
            return
        seen = [one.status for one in emulator.wire.exchanges]
        await JSONResponse({"requests": len(seen), "refused": seen.count(429)})(scope, receive, send)

    server = SandboxServer(app)
    print(server.url, flush=True)
    server.serve()


def _ids(count: int) -> list[str]:
    return [str(_FIRST_ID + number) for number in range(count)]


def _values(number: int) -> dict[str, str]:
    return {"city": f"City {number % 50}", "state": f"State {number % 7}", "website": f"{number}.example"}


def _connector(address: str) -> HubSpotConnector:
    known = {"crm": "hubspot", "endpoint": address, "access_token": KEY}
    settings = ConnectionSettings.model_validate(known)
    return HubSpotConnector(HubSpotClient(settings), settings)


def _our_batches(address: str) -> Way:
    connector = _connector(address)
    size, width = connector.limits.max_batch_records, connector.limits.max_parallel_writes

    def one(part: list[FieldWrite]) -> int:
        results = connector.write(ObjectKind.ACCOUNT, part, request_id="benchmark")
        return sum(result.outcome is WriteOutcome.WRITTEN for result in results)

    def write(count: int) -> int:
        batch = [FieldWrite(record_id, _values(number)) for number, record_id in enumerate(_ids(count))]
        with ThreadPoolExecutor(width) as pool:
            return sum(pool.map(one, [batch[start : start + size] for start in range(0, count, size)]))

    return write


def _our_pull(address: str) -> Way:
    connector = _connector(address)
    return lambda _count: sum(page.table.num_rows for page in connector.pull(ObjectKind.ACCOUNT))


def _library(address: str) -> Any:
    """The library's objects are found by attributes, which no type tells apart."""
    return HubSpot(access_token=KEY, host=address, retry=Retry(total=0)).crm.companies


def _loop(address: str) -> Way:
    api = _library(address).basic_api

    def write(count: int) -> int:
        for number, record_id in enumerate(_ids(count)):
            api.update(record_id, simple_public_object_input={"properties": _values(number)})
        return count

    return write


def _helper(address: str) -> Way:
    api = _library(address).batch_api

    def write(count: int) -> int:
        ids, done = _ids(count), 0
        for start in range(0, count, 100):
            inputs = [
                {"id": one, "properties": _values(start + number)}
                for number, one in enumerate(ids[start : start + 100])
            ]
            content = {"inputs": inputs}
            done += len(api.update(batch_input_simple_public_object_batch_input=content).results)
        return done

    return write


def _get_all(address: str) -> Way:
    companies = _library(address)
    return lambda _count: len(companies.get_all(properties=list(_PROPERTIES)))


WAYS: Mapping[str, Callable[[str], Way]] = {
    _LOOP: _loop,
    "hubspot-api-client: batch_api.update, one by one": _helper,
    "crm-segments: batches, looked at and written": _our_batches,
    "hubspot-api-client: get_all": _get_all,
    "crm-segments: pull": _our_pull,
}
"""By the words of the table."""


def _client(name: str, address: str, count: int) -> None:
    way = WAYS[name](address)
    cpu, began = time.process_time(), time.perf_counter()
    done = way(count)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    counts = requests.get(address + _COUNTS, timeout=60).json()
    print(json.dumps({"done": done, "cpu_seconds": cpu, "seconds": seconds, "peak_mb": peak_mb(), **counts}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["client"]:
        _client(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    elif sys.argv[1:2] == ["server"]:
        _serve(int(sys.argv[2]))
    else:
        report(int(sys.argv[1]) if sys.argv[1:] else RECORDS)
