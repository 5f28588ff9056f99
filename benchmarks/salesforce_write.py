"""What writing four fields of accounts costs: in batches, by bulk job, and in the client library's ways.

    python -m benchmarks.salesforce_write           2,000 records
    python -m benchmarks.salesforce_write 20000     the size that the targets are for

Each line is one process of its own. CPU is that of the client alone, from the moment in which it is logged in
and has described the object; peak memory is that of the whole process. The server is another process, waits
120 ms before every answer and takes updates without a look, so nothing here says how fast Salesforce is. The
loop over single records is measured on a sample and multiplied. Elapsed times are comparable within one run
only. The ledger is not part of it: its cost has a table of its own.

Aim for 20,000 records: 100 requests, at most 1.6 s and 90 MB, connections no more than threads + 2; with the
ledger 25 us of CPU a record.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce

from benchmarks.measure import measure, serve
from benchmarks.salesforce_write_server import COUNTS, NAMES
from connectors.config import ConnectionSettings
from connectors.model import FieldWrite, JobState, ObjectKind, WriteOutcome
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.connector import SalesforceConnector

__all__ = ["LATENCY_SECONDS", "LOOP", "SAMPLE", "WRITERS", "Write", "Writer", "peak_mb", "report"]

RECORDS = 2_000
LATENCY_SECONDS = 0.12
SAMPLE = 40
"""Records of the loop over single ones."""
POLL_SECONDS = 0.5
_MODULE = "benchmarks.salesforce_write"
_COLUMNS = (
    *(("CPU us/record", 14), ("seconds", 9), ("peak MB", 9), ("above start", 13), ("requests", 10)),
    ("connections", 13),
)

Write = Callable[[Sequence[FieldWrite]], int]
"""Writes them all; gives how many the server took."""

Writer = Callable[[str], Write]
"""Logs in at an address, describes what it has to, and is ready to write."""


def report(records: int = RECORDS) -> None:
    """Print the table."""
    wait = f"{LATENCY_SECONDS * 1000:.0f} ms before each answer"
    print(f"# Four fields of {records:,} accounts into Salesforce, {wait}\n")
    heads = "".join(f"{head:>{width}}" for head, width in _COLUMNS)
    print(f"{'':46}{heads}")
    with serve("benchmarks.salesforce_write_server", records, LATENCY_SECONDS) as address:
        for name in WRITERS:
            _line(name, address, records)
    print("\nThe loop is measured on a sample; its seconds and requests are multiplied.\n")


def _line(name: str, address: str, records: int) -> None:
    count = min(SAMPLE, records) if name == LOOP else records
    command = [sys.executable, "-m", _MODULE, "write", name, address, str(count)]
    found = json.loads(measure(command, Path.cwd()).stdout)
    if found["written"] != count:
        raise SystemExit(f"{name} wrote {found['written']:,} of {count:,} records")
    factor = records / count
    cells = (
        f"{1e6 * found['cpu_seconds'] / count:.1f}",
        f"{found['seconds'] * factor:.1f}",
        f"{found['peak_mb']:.0f}",
        f"{found['peak_mb'] - found['start_mb']:.0f}",
        f"{found['requests'] * factor:,.0f}",
        f"{found['connections']}",
    )
    shown = "".join(f"{cell:>{width}}" for cell, (_, width) in zip(cells, _COLUMNS, strict=True))
    print(f"{name:46}{shown}", flush=True)


def _batch(count: int) -> list[FieldWrite]:
    day = date(2026, 11, 2)
    return [
        FieldWrite(
            # The check characters of ids without a letter beyond the first five.
            f"0014S{number:010d}QAA",
            dict(
                zip(
                    NAMES,
                    (
                        f"option_{number % 8}",
                        f"option_{number % 3}",
                        f"{number % 5000} employees; {number % 40} deals won since Mar 2026",
                        day,
                    ),
                    strict=True,
                )
            ),
        )
        for number in range(count)
    ]


def _connector(address: str) -> SalesforceConnector:
    known = {"crm": "salesforce", "endpoint": address, "client_id": "key", "client_secret": "secret"}
    settings = ConnectionSettings.model_validate(known)
    connector = SalesforceConnector(SalesforceClient(settings), settings)
    connector.describe(ObjectKind.ACCOUNT)
    return connector


def _batches(address: str) -> Write:
    connector = _connector(address)
    size, width = connector.limits.max_batch_records, connector.limits.max_parallel_writes

    def one(part: Sequence[FieldWrite]) -> int:
        results = connector.write(ObjectKind.ACCOUNT, part, request_id="benchmark")
        return sum(result.outcome is WriteOutcome.WRITTEN for result in results)

    def write(batch: Sequence[FieldWrite]) -> int:
        parts = [batch[start : start + size] for start in range(0, len(batch), size)]
        with ThreadPoolExecutor(width) as pool:
            return sum(pool.map(one, parts))

    return write


def _job(address: str) -> Write:
    connector = _connector(address)

    def write(batch: Sequence[FieldWrite]) -> int:
        reference = connector.open_job(ObjectKind.ACCOUNT, NAMES)
        connector.submit_job(reference, ObjectKind.ACCOUNT, batch)
        while connector.job_state(reference) is JobState.WORKING:
            time.sleep(POLL_SECONDS)
        results = connector.job_results(reference, [one.record_id for one in batch])
        return sum(result is not None and result.outcome is WriteOutcome.WRITTEN for result in results)

    return write


def _library(address: str) -> Any:
    """The library finds objects by attributes, which no type tells apart."""

    class Rerouted(HTTPAdapter):
        def send(self, request: requests.PreparedRequest, *more: Any, **options: Any) -> requests.Response:
            path = (request.url or "").removeprefix("https://").partition("/")[2]
            request.url = f"{address}/{path}"
            return super().send(request, *more, **options)

    session = requests.Session()
    session.mount("https://", Rerouted())
    login = {"consumer_key": "key", "consumer_secret": "secret", "domain": "emulated.my"}
    return Salesforce(**login, session=session, version="67.0")  # type: ignore[arg-type]


def _row(one: FieldWrite) -> dict[str, Any]:
    return {name: str(value) for name, value in one.values.items()}


def _loop(address: str) -> Write:
    client = _library(address)

    def write(batch: Sequence[FieldWrite]) -> int:
        return sum(client.Account.update(one.record_id, _row(one)) == 204 for one in batch)

    return write


def _in_turn(address: str) -> Write:
    client = _library(address)

    def write(batch: Sequence[FieldWrite]) -> int:
        taken = 0
        for start in range(0, len(batch), 200):
            records = [
                {"attributes": {"type": "Account"}, "id": one.record_id, **_row(one)}
                for one in batch[start : start + 200]
            ]
            content = {"allOrNone": False, "records": records}
            found = client.restful("composite/sobjects", method="PATCH", json=content)
            taken += sum(one["success"] for one in found or ())
        return taken

    return write


def _helper(address: str) -> Write:
    client = _library(address)

    def write(batch: Sequence[FieldWrite]) -> int:
        records = [{"Id": one.record_id, **_row(one)} for one in batch]
        found = client.bulk2.Account.update(records=records)
        return sum(one["numberRecordsProcessed"] - one["numberRecordsFailed"] for one in found)

    return write


LOOP = "simple-salesforce: Account.update in a loop"

WRITERS: Mapping[str, Writer] = {
    LOOP: _loop,
    "simple-salesforce: batches, one by one": _in_turn,
    "simple-salesforce: bulk2.Account.update": _helper,
    "crm-segments: batches, ten at once": _batches,
    "crm-segments: one bulk job": _job,
}
"""By the words of the table. Whoever has another way to write adds it here."""


def _write(name: str, address: str, count: int) -> None:
    batch = _batch(count)
    write = WRITERS[name](address)
    before, start_mb = requests.get(address + COUNTS, timeout=60).json(), peak_mb()
    cpu, began = time.process_time(), time.perf_counter()
    written = write(batch)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    after = requests.get(address + COUNTS, timeout=60).json()
    found = {
        "written": written,
        "cpu_seconds": cpu,
        "seconds": seconds,
        "start_mb": start_mb,
        "peak_mb": peak_mb(),
        "requests": after["requests"] - before["requests"],
        # The one that logged in serves on.
        "connections": after["connections"] - before["connections"] + 1,
    }
    print(json.dumps(found))


def peak_mb() -> float:
    """Largest resident set of this process so far, in megabytes of 1,000,000 bytes."""
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        _write(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        report(int(sys.argv[1]) if sys.argv[1:] else RECORDS)
