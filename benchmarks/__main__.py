"""Prints the tables named on the command line, or every table."""

import sys
from collections.abc import Callable, Mapping

from benchmarks import hubspot, hubspot_server, ledger, main_job, salesforce_pull, salesforce_run, write_path
from benchmarks.segments import agreement, cost, fidelity, labelled, weeks

TABLES: Mapping[str, Callable[[], None]] = {
    "agreement": agreement.report,
    "labelled": labelled.report,
    "weeks": weeks.report,
    "fidelity": fidelity.report,
    "cost": cost.report,
    "main_job": main_job.report,
    "salesforce_pull": salesforce_pull.report,
    "salesforce_run": salesforce_run.report,
    "hubspot": hubspot.report,
    "hubspot_server": hubspot_server.report,
    "write_path": write_path.report,
    "ledger": ledger.report,
}

for name in sys.argv[1:] or TABLES:
    if name not in TABLES:
        raise SystemExit(f"There is no table {name!r}; there are {', '.join(TABLES)}.")
    TABLES[name]()
