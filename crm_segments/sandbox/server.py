"""Runs an emulator on a loopback port: in a thread for tests, in the foreground for people."""

import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

__all__ = ["SandboxServer"]

_START_SECONDS = 20.0


class SandboxServer:
    """Serves an ASGI application on 127.0.0.1, as a context manager or in the foreground.

    Example:
        with SandboxServer(emulator.wire) as server:
            requests.get(f"{server.url}/services/data")
    """

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        # asyncio sends answers at once only on sockets that name their protocol; without it each of them
        # waits 40 ms for the client's system to acknowledge its head.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            # Loopback only: an emulated CRM accepts made-up credentials.
            self._socket.bind(("127.0.0.1", port))
            # From here on clients may come; they wait until the server serves.
            self._socket.listen()
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(
            app,
            log_level="critical",
            access_log=False,
            lifespan="off",
            ws="none",
            loop="asyncio",
            http="h11",
            proxy_headers=False,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self.serve, name="sandbox-server", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        waited = 0.0
        while not self._server.started:
            if waited > _START_SECONDS or not self._thread.is_alive():
                raise RuntimeError("the emulated CRM did not start")
            self._thread.join(0.01)
            waited += 0.01
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        # Clients may keep idle connections open for as long as they like.
        self._server.force_exit = True
        self._thread.join()

    def serve(self) -> None:
        """Serve until interrupted."""
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()
