"""Runs the product in processes of their own: `python -m tests.fault.driver [FOLDER]`.

With a folder it runs there once, undisturbed. Without one it reads jobs, one per line of stdin: a job is
a JSON list of the folder of a world and the step to die at (0: live), carried out by a fresh child of a
process that has imported everything and done nothing. The answer is a line with the signal that ended the
child, or what its run came to.
"""

import json
import os
import sys
from pathlib import Path

import segmentation
import sync
from sync import run
from tests.fault.killing import KillingConnector, Steps, watch_files, watch_store
from tests.sync.world import Clock, World, open_state

__all__ = ["main", "run_world"]


def run_world(folder: Path, steps: Steps) -> int:
    """One whole run on the files of this folder; the exit code that the command would have."""
    clock = Clock()
    with KillingConnector(folder / "crm.db", clock, steps) as crm, open_state(folder, clock) as store:
        watch_files(steps)
        watch_store(store, steps)
        world = World(folder, crm, store, clock)
        return run(world.workspace(), confirm=lambda _plans: True).exit_code


def _child(folder: Path, kill_at: int, answer: Path) -> None:
    steps = Steps(kill_at)
    code = run_world(folder, steps)
    answer.write_text(json.dumps({"code": code, "places": steps.places}))


def _carry_out(folder: Path, kill_at: int) -> dict[str, object]:
    answer = folder / "answer.json"
    answer.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        try:
            _child(folder, kill_at, answer)
        finally:
            os._exit(0 if answer.exists() else 1)
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return {"signal": os.WTERMSIG(status)}
    return dict(json.loads(answer.read_text())) if answer.exists() else {"code": -1}


def main() -> None:
    """Answer jobs until there are no more."""
    for module, names in ((segmentation, segmentation.__all__), (sync, sync.__all__)):
        for name in names:
            getattr(module, name)
    for line in sys.stdin:
        folder, kill_at = json.loads(line)
        sys.stdout.write(json.dumps(_carry_out(Path(folder), int(kill_at))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(run_world(Path(sys.argv[1]), Steps(0)))
    main()
