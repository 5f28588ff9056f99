"""The server under the emulators."""

import socket

import requests
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from crm_segments.sandbox import SandboxServer


async def tell_delay(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers whether the connection sends small answers at once."""
    transport = send.__self__.transport  # type: ignore[attr-defined]
    connection = transport.get_extra_info("socket")
    at_once = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    await PlainTextResponse("at once" if at_once else "delayed")(scope, receive, send)


def test_answers_do_not_wait_for_the_client_to_acknowledge_their_heads() -> None:
    with SandboxServer(tell_delay) as server:
        assert requests.get(server.url, timeout=20).text == "at once"
