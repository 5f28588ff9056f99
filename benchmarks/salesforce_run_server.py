"""An org of accounts for the benchmark of runs: `python -m benchmarks.salesforce_run_server 2000 0.12`.

Everything is the emulated Salesforce's, but updates of records: those are kept without a look at rules and
rights, so that the server does not outweigh the client that is measured.
"""

import sys

from benchmarks.salesforce_write_server import Shortcut
from crm_segments.sandbox import SandboxServer
from crm_segments.sandbox.salesforce import ConnectedApp, OrgSettings, SalesforceEmulator, SalesforceOrg

__all__ = ["SIZES"]

SIZES = (20, 300, 5_000)
"""Employees of the accounts, in turn: one size for each segment."""


class _Keeping(Shortcut):
    def __init__(self, org: SalesforceOrg, latency_seconds: float) -> None:
        super().__init__(SalesforceEmulator(org), latency_seconds)
        self._org = org

    def keep(self, records: list[dict[str, object]]) -> None:
        for one in records:
            values = {name: value for name, value in one.items() if name not in {"id", "attributes"}}
            self._org.store.update(str(one["id"]), values, self._org.admin_id)  # type: ignore[arg-type]


def _main() -> None:
    records, latency_seconds = int(sys.argv[1]), float(sys.argv[2])
    org = SalesforceOrg(settings=OrgSettings(daily_api_requests=10_000_000))
    org.add_app(ConnectedApp(consumer_key="key", consumer_secret="secret", run_as=org.admin_id))  # noqa: S106
    for number in range(records):
        size = SIZES[number % len(SIZES)]
        org.add("Account", {"Name": f"Company {number}", "NumberOfEmployees": size})
    server = SandboxServer(_Keeping(org, latency_seconds))
    print(server.url, flush=True)
    server.serve()


if __name__ == "__main__":
    _main()
