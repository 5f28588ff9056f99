"""Carries out commands in processes of their own: `python -m tests.salesforce_driver`.

Reads jobs, one per line of stdin: a JSON list of a folder, the name of the limits in `tests.salesforce_runs`
to cut work by, the arguments of `crm-segments`, and variables of its environment. Each is carried out there
by a fresh child of a process that has imported everything and done nothing: the whole command, from its
arguments to its exit code. The answer is a line with that code, or with the negative signal that ended the
child; what it said is in two files.
"""

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence

import segmentation
import sync
from connectors.salesforce import connector
from crm_segments.__main__ import main as command
from tests import salesforce_runs

__all__ = ["main"]

Job = tuple[str, str, Sequence[str], Mapping[str, str]]


def _child(job: Job) -> None:
    """Ends the process with the exit code of the command."""
    folder, limits, arguments, variables = job
    os.chdir(folder)
    for descriptor, name in ((1, salesforce_runs.OUT), (2, salesforce_runs.ERR)):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    os.environ.update(variables)
    # Pauses between attempts are real time, of which a test has none.
    time.sleep = lambda _seconds: None
    parts = salesforce_runs.in_small_parts(getattr(salesforce_runs, limits))
    connector.SalesforceConnector = parts  # type: ignore[misc]
    sys.argv = ["crm-segments", *arguments]
    command()


def _carry_out(job: Job) -> int:
    child = os.fork()
    if child == 0:
        code = 70
        try:
            _child(job)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    _pid, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def main() -> None:
    """Answer jobs until there are no more."""
    for module, names in ((segmentation, segmentation.__all__), (sync, sync.__all__)):
        for name in names:
            getattr(module, name)
    for line in sys.stdin:
        sys.stdout.write(f"{_carry_out(json.loads(line))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
