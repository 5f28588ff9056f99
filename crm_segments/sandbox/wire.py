"""The network side of an emulator: an ASGI application that carries calls in and replies out, with faults.

Knows nothing of any CRM. The emulator behind it is one function from call to reply, called by one thread.
"""

import asyncio
import os
import signal
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import format_datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from crm_segments.sandbox.calls import Call, Reply
from crm_segments.sandbox.clock import Clock
from crm_segments.sandbox.faults import Applied, Fault, FaultPlan, Symptom

__all__ = ["PID_HEADER", "Exchange", "Wire"]

PID_HEADER = "X-Sandbox-Client-Pid"
"""The client's process id, so that a fault can kill it."""

_LINGER_ZERO = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as the server saw it; bodies are not kept."""

    call: Call
    status: int | None
    """None where no answer was sent."""
    fault: Fault | None
    client: tuple[str, int]
    """Address and port of the client: equal for requests of one connection."""


class Wire:
    """Carries requests to an emulator, counts them, and lets go wrong what the plan says."""

    def __init__(
        self,
        answer: Callable[[Call], Reply],
        clock: Clock,
        *,
        faults: FaultPlan | None = None,
        latency_seconds: float = 0.0,
    ) -> None:
        self._answer = answer
        self._clock = clock
        self._late: list[tuple[int, Call]] = []
        self.faults = faults or FaultPlan()
        self.latency_seconds = latency_seconds
        self.exchanges: list[Exchange] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        call = Call(
            method=request.method,
            path=request.url.path,
            query=dict(request.query_params),
            query_items=request.query_params.multi_items(),
            target=_target(scope),
            headers=dict(request.headers),
            body=await request.body(),
            ordinal=len(self.exchanges) + 1,
            arrived_at=self._clock.now(),
        )
        fault = self.faults.fault_for(call)
        position = len(self.exchanges)
        client = request.client or ("", 0)
        self.exchanges.append(Exchange(replace(call, body=b""), None, fault, (client[0], client[1])))
        self._apply_late_ones(call.ordinal)
        if self.latency_seconds:
            await self._clock.wait(self.latency_seconds)
        reply = await self._carry_out(call, fault)
        if reply is None:
            _reset(send)
            return
        self.exchanges[position] = replace(self.exchanges[position], status=reply.status)
        # Every origin server says so (RFC 9110, 6.6.1); clients tell the CRM's clock from theirs by it.
        date = {"Date": format_datetime(self._clock.now(), usegmt=True)}
        dated = replace(reply, headers={**date, **reply.headers})
        await _send(dated, fault, scope, receive, send)
        if fault and fault.symptom is Symptom.KILLED_AFTER_ANSWER:
            _kill(call)

    def requests(self, method: str | None = None, path: str = "") -> list[Call]:
        """The requests of this method whose path holds this text, in their order."""
        return [
            exchange.call
            for exchange in self.exchanges
            if method in {None, exchange.call.method} and path in exchange.call.path
        ]

    def connection_count(self) -> int:
        """How many connections clients have opened."""
        return len({exchange.client for exchange in self.exchanges})

    def _apply_late_ones(self, ordinal: int) -> None:
        due = [call for at, call in self._late if at <= ordinal]
        self._late = [(at, call) for at, call in self._late if at > ordinal]
        for call in due:
            self._answer(call)

    async def _carry_out(self, call: Call, fault: Fault | None) -> Reply | None:
        """The answer to send, or None for a connection to be reset."""
        if fault is None:
            return self._answer(call)
        if fault.applied is Applied.LATER:
            self._late.append((call.ordinal + fault.later, call))
        reply = self._answer(call) if fault.applied is Applied.FIRST else Reply(204)
        if fault.seconds:
            await self._clock.wait(fault.seconds)
        if fault.symptom is Symptom.KILLED:
            _kill(call)
        if fault.symptom in {Symptom.RESET, Symptom.KILLED}:
            return None
        if fault.symptom is Symptom.ANSWER:
            return Reply(fault.status, fault.body.encode(), fault.headers)
        return fault.change(reply) if fault.change else reply


async def _send(reply: Reply, fault: Fault | None, scope: Scope, receive: Receive, send: Send) -> None:
    if not (fault and fault.symptom is Symptom.TRUNCATED):
        await Response(reply.body, reply.status, dict(reply.headers))(scope, receive, send)
        return
    headers = {**reply.headers, "Content-Length": str(len(reply.body) or 1)}
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    half = reply.body[: len(reply.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    _transport(send).close()


def _reset(send: Send) -> None:
    """Cuts the connection so that the client sees a reset, not an orderly end."""
    transport = _transport(send)
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    transport.abort()


def _target(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    path = scope["raw_path"].decode("latin-1").partition("?")[0]
    return f"{path}?{query}" if query else path


def _transport(send: Send) -> asyncio.Transport:
    """The connection below uvicorn's `send`; ASGI itself has no way to cut a connection."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if not isinstance(transport, asyncio.Transport):
        raise TypeError("connections can be cut only under uvicorn with asyncio")
    return transport


def _kill(call: Call) -> None:
    pid = int(call.header(PID_HEADER) or 0)
    if pid <= 1 or pid in {os.getpid(), os.getppid()}:
        raise ValueError(f"a fault that kills the client needs the header {PID_HEADER} with its process id")
    os.kill(pid, signal.SIGKILL)
