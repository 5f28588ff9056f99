"""Turn segments into CRM fields, safely: plan, apply, remember every write. All state lives here.

This module is the public face. Names are loaded when first used, so that looking at a saved plan or
applying it never loads pandas or scikit-learn.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sync.config import SyncSettings
    from sync.explaining import Explanation, explain
    from sync.export import export_plan
    from sync.field_setup import (
        FieldSetup,
        FieldState,
        MadeFields,
        adopt_fields,
        check_fields,
        export_fields,
        fields_of_others,
        make_fields,
        show_fields,
    )
    from sync.imitation import PrintedRule, PrintedRules, list_rules
    from sync.inspection import (
        HeldRecord,
        Status,
        current_assignments,
        get_history,
        get_status,
        list_held,
        list_segments,
    )
    from sync.pinning import PinnedRecord, PinRequest, add_pin, get_pins, remove_pin
    from sync.refits import RefitProposal, decide_refit, refit
    from sync.reporting import ReportedSegments, gather_report
    from sync.runner import apply_plan, approve_plan, get_plan, make_plans, run
    from sync.state.plans import StoredPlan
    from sync.state.store import StateStore, open_store
    from sync.workspace import Workspace

__all__ = [
    "Explanation",
    "FieldSetup",
    "FieldState",
    "HeldRecord",
    "MadeFields",
    "PinRequest",
    "PinnedRecord",
    "PrintedRule",
    "PrintedRules",
    "RefitProposal",
    "ReportedSegments",
    "StateStore",
    "Status",
    "StoredPlan",
    "SyncSettings",
    "Workspace",
    "add_pin",
    "adopt_fields",
    "apply_plan",
    "approve_plan",
    "check_fields",
    "current_assignments",
    "decide_refit",
    "explain",
    "export_fields",
    "export_plan",
    "fields_of_others",
    "gather_report",
    "get_history",
    "get_pins",
    "get_plan",
    "get_status",
    "list_held",
    "list_rules",
    "list_segments",
    "make_fields",
    "make_plans",
    "open_store",
    "refit",
    "remove_pin",
    "run",
    "show_fields",
]

_HOMES = {
    "sync.config": ("SyncSettings",),
    "sync.export": ("export_plan",),
    "sync.field_setup": (
        "FieldSetup",
        "FieldState",
        "MadeFields",
        "adopt_fields",
        "check_fields",
        "export_fields",
        "fields_of_others",
        "make_fields",
        "show_fields",
    ),
    "sync.imitation": ("PrintedRule", "PrintedRules", "list_rules"),
    "sync.explaining": ("Explanation", "explain"),
    "sync.inspection": (
        "HeldRecord",
        "Status",
        "current_assignments",
        "get_history",
        "get_status",
        "list_held",
        "list_segments",
    ),
    "sync.pinning": ("PinRequest", "PinnedRecord", "add_pin", "get_pins", "remove_pin"),
    "sync.refits": ("RefitProposal", "decide_refit", "refit"),
    "sync.reporting": ("ReportedSegments", "gather_report"),
    "sync.runner": ("apply_plan", "approve_plan", "get_plan", "make_plans", "run"),
    "sync.state.plans": ("StoredPlan",),
    "sync.state.store": ("StateStore", "open_store"),
    "sync.workspace": ("Workspace",),
}


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
