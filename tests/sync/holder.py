"""Holds the connection of a world until it is killed: `python -m tests.sync.holder FOLDER`."""

import sys
from pathlib import Path

from connectors.local import open_connector
from sync.session import open_session
from tests.sync.world import Clock, World, open_state

if __name__ == "__main__":
    folder, clock = Path(sys.argv[1]), Clock()
    crm, store = open_connector(path=folder / "crm.db", clock=clock), open_state(folder, clock)
    with open_session(World(folder, crm, store, clock).workspace()):
        sys.stdout.write("held\n")
        sys.stdout.flush()
        sys.stdin.read()
