"""What reading accounts out of Salesforce costs: by bulk job, by pages, and in the client library's ways.

    python -m benchmarks.salesforce_pull            100,000 records
    python -m benchmarks.salesforce_pull 500000     the size that the targets are for

Each line is one process of its own. CPU is that of the client alone, from the moment in which it is logged in
and has described the object; peak memory is that of the whole process. The server is another process and
sends prepared text, so nothing here says how fast Salesforce is. Answers are not compressed but where a line
says so; Salesforce compresses them, which costs every client the same.

Aim for 500,000 records of 20 fields: by bulk job at most 2.5 us of CPU a record and 350 MB; at most 200 MB
when the pages are streamed to a file.
"""

import csv
import io
import json
import resource
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce

from benchmarks.measure import measure, serve
from benchmarks.salesforce_server import EXTRA, FIELDS
from connectors.config import ConnectionSettings
from connectors.model import ObjectKind
from connectors.salesforce.bulk_query import BulkReading
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.connector import SalesforceConnector

__all__ = ["report"]

RECORDS = 100_000
_SOQL = f"SELECT {', '.join(FIELDS)} FROM Account"  # noqa: S608 - of our own making
_MODULE = "benchmarks.salesforce_pull"

Read = Callable[[], tuple[int, int]]
"""Reads everything; gives the number of records and of requests."""


def report(records: int = RECORDS) -> None:
    """Print the table."""
    print(f"# {records:,} accounts of {len(FIELDS)} fields out of Salesforce, each line one process\n")
    print(f"{'':44}{'CPU us/record':>14}{'peak MB':>9}{'above start':>13}{'requests':>10}")
    for is_compressed in (False, True):
        packing = ["gzip"] if is_compressed else []
        with serve("benchmarks.salesforce_server", records, *packing) as address:
            for name in _CLIENTS:
                if "job" in name or not is_compressed:
                    _line(name, address, records, is_compressed=is_compressed)
    print()


def _line(name: str, address: str, records: int, *, is_compressed: bool) -> None:
    command = [sys.executable, "-m", _MODULE, "read", name, address]
    found = json.loads(measure(command, Path.cwd()).stdout)
    if found["records"] != records:
        raise SystemExit(f"{name} read {found['records']:,} of {records:,} records")
    cost = 1e6 * found["cpu_seconds"] / records
    shown = f"{name}, compressed" if is_compressed else name
    above = found["peak_mb"] - found["start_mb"]
    print(f"{shown:44}{cost:>14.2f}{found['peak_mb']:>9.0f}{above:>13.0f}{found['requests']:>10}", flush=True)


def _ours(address: str, keep: Callable[[Iterable[pa.Table]], int], *, by_job: bool) -> Read:
    known = {"crm": "salesforce", "endpoint": address, "client_id": "key", "client_secret": "secret"}
    settings = ConnectionSettings.model_validate(known)
    client = SalesforceClient(settings)
    how = BulkReading(from_records=0 if by_job else sys.maxsize)
    connector = SalesforceConnector(client, settings, bulk_reading=how)
    connector.describe(ObjectKind.ACCOUNT)

    def read() -> tuple[int, int]:
        before = client.budget.calls
        count = keep(page.table for page in connector.pull(ObjectKind.ACCOUNT, EXTRA))
        return count, client.budget.calls - before

    return read


def _kept(tables: Iterable[pa.Table]) -> int:
    return int(pa.concat_tables(tables).num_rows)


def _streamed(tables: Iterable[pa.Table]) -> int:
    count, writer = 0, None
    with tempfile.TemporaryFile() as file:
        for table in tables:
            writer = writer or pq.ParquetWriter(file, table.schema, compression="zstd")
            writer.write_table(table)
            count += table.num_rows
        if writer:
            writer.close()
    return count


def _theirs(address: str, read_all: Callable[[Salesforce], int]) -> Read:
    sent: list[str] = []

    class Rerouted(HTTPAdapter):
        def send(self, request: requests.PreparedRequest, *more: Any, **options: Any) -> requests.Response:
            sent.append("")
            path = (request.url or "").removeprefix("https://").partition("/")[2]
            request.url = f"{address}/{path}"
            return super().send(request, *more, **options)

    session = requests.Session()
    session.mount("https://", Rerouted())
    login = {"consumer_key": "key", "consumer_secret": "secret", "domain": "emulated.my"}
    client = Salesforce(**login, session=session, version="67.0")  # type: ignore[arg-type]

    def read() -> tuple[int, int]:
        before = len(sent)
        return read_all(client), len(sent) - before

    return read


def _all_records(client: Salesforce) -> int:
    return len(client.query_all(_SOQL)["records"])


def _all_rows(client: Salesforce) -> int:
    bulk: Any = client.bulk2
    parts = bulk.Account.query(_SOQL, max_records=BulkReading().part_records, wait=0)
    return len([row for part in parts for row in csv.DictReader(io.StringIO(part, newline=""))])


_CLIENTS: dict[str, Callable[[str], Read]] = {
    "ours, bulk job, one table": lambda address: _ours(address, _kept, by_job=True),
    "ours, bulk job, to Parquet": lambda address: _ours(address, _streamed, by_job=True),
    "ours, pages, one table": lambda address: _ours(address, _kept, by_job=False),
    "query_all": lambda address: _theirs(address, _all_records),
    "bulk2 job, csv.DictReader": lambda address: _theirs(address, _all_rows),
}


def _read(name: str, address: str) -> None:
    read = _CLIENTS[name](address)
    start_mb, before = _peak_mb(), _cpu_seconds()
    records, sent = read()
    spent = _cpu_seconds() - before
    found = {"records": records, "requests": sent, "cpu_seconds": spent}
    print(json.dumps({**found, "peak_mb": _peak_mb(), "start_mb": start_mb}))


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak_mb() -> float:
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"]:
        _read(*sys.argv[2:4])
    else:
        report(*(int(word) for word in sys.argv[1:2]))
