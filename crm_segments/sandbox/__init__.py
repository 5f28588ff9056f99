"""Emulated CRMs: to rehearse with, and to test against. They import nothing of the connectors.

What every emulator needs stands here (calls, routes with their evidence, faults, clock, history, server);
what only one CRM has stands in its folder.
"""

from crm_segments.sandbox.clock import RealClock, VirtualClock
from crm_segments.sandbox.faults import (
    Fault,
    FaultPlan,
    answer_lost,
    applied_late,
    client_killed,
    html_page,
    mangled,
    meanwhile,
    redirected,
    refused,
    reset_before,
    slow,
    truncated,
)
from crm_segments.sandbox.history import History
from crm_segments.sandbox.server import SandboxServer
from crm_segments.sandbox.wire import PID_HEADER, Wire

__all__ = [
    "PID_HEADER",
    "Fault",
    "FaultPlan",
    "History",
    "RealClock",
    "SandboxServer",
    "VirtualClock",
    "Wire",
    "answer_lost",
    "applied_late",
    "client_killed",
    "html_page",
    "mangled",
    "meanwhile",
    "redirected",
    "refused",
    "reset_before",
    "slow",
    "truncated",
]
