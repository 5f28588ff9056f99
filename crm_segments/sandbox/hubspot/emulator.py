"""Answers requests to an emulated portal as HubSpot would."""

import uuid
from dataclasses import replace

from crm_segments.sandbox.calls import Call, Reply
from crm_segments.sandbox.faults import FaultPlan
from crm_segments.sandbox.hubspot.asks import Ask
from crm_segments.sandbox.hubspot.errors import ApiError, not_found
from crm_segments.sandbox.hubspot.keys import AccessKind, Caller
from crm_segments.sandbox.hubspot.portal import HubSpotPortal
from crm_segments.sandbox.hubspot.routes.table import all_routes
from crm_segments.sandbox.hubspot.spelling import plain_path
from crm_segments.sandbox.wire import Wire

__all__ = ["HubSpotEmulator"]

_NOBODY = Caller("", AccessKind.OAUTH, 0, 0, set())


class HubSpotEmulator:
    """A portal, and everything that stands between it and the network.

    Example:
        emulator = HubSpotEmulator(HubSpotPortal())
        with SandboxServer(emulator.wire) as server:
            ...
    """

    def __init__(
        self, portal: HubSpotPortal, *, faults: FaultPlan | None = None, latency_seconds: float = 0.0
    ) -> None:
        self.portal = portal
        self.routes = all_routes()
        self.wire = Wire(self.answer, portal.clock, faults=faults, latency_seconds=latency_seconds)

    @property
    def faults(self) -> FaultPlan:
        """What goes wrong, and when."""
        return self.wire.faults

    def answer(self, call: Call) -> Reply:
        """The answer to one request."""
        portal = self.portal
        portal.store.request = call.ordinal
        portal.index.catch_up()
        portal.store.empty_bin()
        headers = {"X-HubSpot-Correlation-Id": str(uuid.uuid4())}
        if len(call.target) > portal.settings.max_uri_bytes:
            return Reply(414, b"<html>414 Request-URI Too Large</html>", {"Content-Type": "text/html"})
        try:
            version, path = plain_path(call.target.partition("?")[0])
            match = self.routes.find(call.method, path)
            if match is not None and not match.route.needs_login:
                ask = Ask(portal, replace(call, params=match.params), _NOBODY, version)
                return match.route.answer(ask).with_headers(headers)
            caller = portal.keys.caller_of(call.header("Authorization"))
            is_search = match is not None and match.route.path.endswith("{kind}/search")
            try:
                portal.limits.take(caller, is_search=is_search)
                if match is None:
                    raise self._unknown(call, path)
                reply = match.route.answer(Ask(portal, replace(call, params=match.params), caller, version))
            except ApiError as error:
                reply = error.reply()
            headers.update(portal.limits.headers(caller, is_search=is_search))
        except ApiError as error:
            reply = error.reply()
        return reply.with_headers(headers)

    def _unknown(self, call: Call, path: str) -> ApiError:
        allowed = self.routes.methods_for(path)
        if not allowed:
            return not_found()
        return ApiError(
            405, None, f"HTTP 405 Method Not Allowed: {call.method}", headers={"Allow": ", ".join(allowed)}
        )
