"""A server of prepared accounts for the benchmark of pulls: `python -m benchmarks.salesforce_server 500000`.

Logins and descriptions are the emulated Salesforce's. Records are text that was made before; only the ids
differ from page to page, so that the server does not outweigh the client that is measured.
"""

import gzip
import json
import random
import sys
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from crm_segments.sandbox import SandboxServer
from crm_segments.sandbox.salesforce import ConnectedApp, SalesforceEmulator, SalesforceOrg

__all__ = ["EXTRA", "FIELDS"]

PAGE_RECORDS, BLOCK_RECORDS = 2_000, 50_000
EXTRA = ("Type", "Rating", "Site", "Sic", "Tradestyle")
"""Fields beside those that every pull of accounts asks for."""

FIELDS = (
    *("Id", "Name", "Website", "Industry", "BillingCountry", "BillingState", "BillingCity"),
    *("NumberOfEmployees", "AnnualRevenue", "YearStarted", "AccountSource", "OwnerId", "ParentId"),
    *("CreatedDate", "SystemModstamp", *EXTRA),
)
_ROOT = "/services/data/v67.0/"
_JOB = "7504S0000000001QAA"
_SLOT = "BBBBBB"
_JSON, _CSV = {"Content-Type": "application/json;charset=UTF-8"}, {"Content-Type": "text/csv"}

_Answer = tuple[bytes, Mapping[str, str]]


def _main() -> None:
    records, is_compressed = int(sys.argv[1]), "gzip" in sys.argv[2:]
    org = SalesforceOrg()
    org.add_app(ConnectedApp(consumer_key="key", consumer_secret="secret", run_as=org.admin_id))  # noqa: S106
    emulator, prepared = SalesforceEmulator(org), _Prepared(records)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = request.url.path.removeprefix(_ROOT).rstrip("/")
        found = prepared.answer(request.method, path, request.query_params)
        if found is None:
            await emulator.wire(scope, receive, send)
            return
        body, headers = found
        if is_compressed:
            body, headers = gzip.compress(body, 4), {**headers, "Content-Encoding": "gzip"}
        await Response(body, 200, dict(headers))(scope, receive, send)

    server = SandboxServer(app)
    print(server.url, flush=True)
    server.serve()


class _Prepared:
    """Answers that have to do with records."""

    def __init__(self, records: int) -> None:
        self._records = records
        chance = random.Random(7)  # noqa: S311 - no secret
        rows = [_row(chance, number) for number in range(BLOCK_RECORDS)]
        self._lines = [",".join(f'"{_cell(value)}"' for value in row) + "\n" for row in rows]
        self._objects = [json.dumps(_record(row)) for row in rows[:PAGE_RECORDS]]

    def answer(self, method: str, path: str, query: Mapping[str, str]) -> _Answer | None:
        """The answer, or None for what the emulator answers."""
        if path == "limits/recordCount":
            counts = {"sObjects": [{"name": "Account", "count": self._records}]}
            return json.dumps(counts).encode(), {**_JSON, "Date": "Mon, 02 Nov 2026 09:00:00 GMT"}
        if path in {"jobs/query", f"jobs/query/{_JOB}"}:
            state = "UploadComplete" if method == "POST" else "JobComplete"
            shown = {"id": _JOB, "state": state, "numberRecordsProcessed": self._records}
            return json.dumps(shown).encode(), _JSON
        if path == f"jobs/query/{_JOB}/results":
            return self._part(int(query.get("locator") or 0), int(query["maxRecords"]))
        if path.partition("/")[0] == "query":
            return self._page(int(path.partition("-")[2] or 0)), _JSON
        return None

    def _part(self, start: int, most: int) -> _Answer:
        first = start % BLOCK_RECORDS
        end = min(start + most, start - first + BLOCK_RECORDS, self._records)
        lines = "".join(self._lines[first : first + end - start])
        place = str(end) if end < self._records else "null"
        headers = {**_CSV, "Sforce-NumberOfRecords": str(end - start), "Sforce-Locator": place}
        head = ",".join(f'"{name}"' for name in FIELDS) + "\n"
        return (head + lines.replace(_SLOT, f"{start // BLOCK_RECORDS:06d}")).encode(), headers

    def _page(self, start: int) -> bytes:
        end = min(start + PAGE_RECORDS, self._records)
        objects = ",".join(self._objects[: end - start]).replace(_SLOT, f"{start // PAGE_RECORDS:06d}")
        is_last = end == self._records
        after = "" if is_last else f'"nextRecordsUrl":"{_ROOT}query/01g4S0000000001QAA-{end}",'
        done = str(is_last).lower()
        return f'{{"totalSize":{self._records},"done":{done},{after}"records":[{objects}]}}'.encode()


def _row(chance: random.Random, number: int) -> list[object]:
    city = chance.choice(["Berlin", "San José", "Austin", "München", "Lyon"])
    return [
        f"001{_SLOT}{number:06d}AAA",
        f"{chance.choice(['Müller', 'Acme', 'Globex', 'Initech'])} {number} GmbH & Co. KG",
        f"https://www.example-{number}.com",
        chance.choice(["Retail", "Banking", "Technology", "Not For Profit"]),
        chance.choice(["Germany", "United States", "France"]),
        chance.choice(["Bavaria", "Texas", None]),
        city,
        chance.choice([None, chance.randrange(5_000)]),
        chance.choice([None, float(chance.randrange(10**8))]),
        chance.choice([None, str(chance.randrange(1950, 2026))]),
        chance.choice(["Web", "Partner Referral", None]),
        f"0054S00000{chance.randrange(100):05d}AAA",
        None,
        f"20{chance.randrange(10, 26)}-0{chance.randrange(1, 10)}-1{chance.randrange(10)}T10:11:12.000+0000",
        f"2026-0{chance.randrange(1, 10)}-1{chance.randrange(10)}T10:11:12.000+0000",
        chance.choice(["Prospect", "Customer - Direct"]),
        chance.choice(["Hot", "Warm", "Cold", None]),
        f"{city} {chance.randrange(20)}",
        f"{chance.randrange(10_000):04d}",
        f"Trading name {number % 700}",
    ]


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return text.removesuffix("+0000") + "Z" if text.endswith("+0000") else text


def _record(row: list[object]) -> dict[str, object]:
    attributes = {"type": "Account", "url": f"{_ROOT}sobjects/Account/{row[0]}"}
    return {"attributes": attributes, **dict(zip(FIELDS, row, strict=True))}


if __name__ == "__main__":
    _main()
