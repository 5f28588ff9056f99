"""Answers requests to an emulated org as Salesforce would."""

from dataclasses import replace

from crm_segments.sandbox.calls import Call, Reply
from crm_segments.sandbox.faults import FaultPlan
from crm_segments.sandbox.salesforce.asks import Ask
from crm_segments.sandbox.salesforce.errors import ApiError, method_not_allowed, not_found
from crm_segments.sandbox.salesforce.org import SalesforceOrg
from crm_segments.sandbox.salesforce.routes.table import all_routes
from crm_segments.sandbox.salesforce.routes.versions import VERSIONS
from crm_segments.sandbox.wire import Wire

__all__ = ["SalesforceEmulator"]


class SalesforceEmulator:
    """An org, and everything that stands between it and the network.

    Example:
        emulator = SalesforceEmulator(SalesforceOrg())
        with SandboxServer(emulator.wire) as server:
            ...
    """

    def __init__(
        self, org: SalesforceOrg, *, faults: FaultPlan | None = None, latency_seconds: float = 0.0
    ) -> None:
        self.org = org
        self.routes = all_routes()
        self.wire = Wire(self.answer, org.clock, faults=faults, latency_seconds=latency_seconds)

    @property
    def faults(self) -> FaultPlan:
        """What goes wrong, and when."""
        return self.wire.faults

    def answer(self, call: Call) -> Reply:
        """The answer to one request."""
        self.org.store.request = call.ordinal
        self.org.bulk.settle()
        is_counted = False
        try:
            user = self._authenticate(call)
            if call.path.startswith("/services/data/"):
                self.org.usage.take()
                is_counted = True
            reply = self._dispatch(call, user)
        except ApiError as error:
            reply = error.reply()
        if is_counted:
            reply = reply.with_headers({"Sforce-Limit-Info": self.org.usage.header()})
        return reply

    def _authenticate(self, call: Call) -> str:
        match = self.routes.find(call.method, call.path)
        if match is not None and not match.route.needs_login:
            return ""
        scheme, _, token = (call.header("Authorization") or "").partition(" ")
        if scheme.lower() not in {"bearer", "oauth"} or not token:
            raise ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        user = self.org.sessions.user_of(token.strip())
        if not self.org.access.has(user, "ApiEnabled"):
            raise ApiError(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.")
        return user

    def _dispatch(self, call: Call, user: str) -> Reply:
        match = self.routes.find(call.method, call.path)
        if match is None:
            allowed = self.routes.methods_for(call.path)
            raise method_not_allowed(call.method, allowed) if allowed else not_found()
        version = match.params.get("version", VERSIONS[-1])
        if version not in VERSIONS:
            raise not_found()

        def answer_within(inner: Call) -> Reply:
            try:
                return self._dispatch(inner, user)
            except ApiError as error:
                return error.reply()

        asked = replace(call, params=match.params)
        return match.route.answer(Ask(self.org, asked, user, version, answer_within))
