"""What people and scripts see: one view per result, each for a terminal and as JSON.

Views are loaded when they are used, so that `--help` needs none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_segments.views.configuration import ConfigCheckView, ConfigSchemaView, ConfigView, InitView
    from crm_segments.views.demo import DemoView
    from crm_segments.views.doctor import DoctorView
    from crm_segments.views.explanation import ExplanationView
    from crm_segments.views.failure import FailureView
    from crm_segments.views.fields import (
        AdoptedFieldsView,
        CheckedFieldsView,
        ExportedFieldsView,
        FieldsView,
        MadeFieldsView,
        show_adoption,
    )
    from crm_segments.views.files import ExportView, ImportView, SampleView
    from crm_segments.views.history import HistoryView
    from crm_segments.views.pins import PinsView, PinView, UnpinnedView
    from crm_segments.views.plan import ApprovalView, PlansView, show_plan
    from crm_segments.views.refit import RefitView
    from crm_segments.views.report import ReportView
    from crm_segments.views.rules import RulesView
    from crm_segments.views.run import RunView, empty_run_document
    from crm_segments.views.segments import SegmentsView
    from crm_segments.views.status import StatusView
    from crm_segments.views.text import ViewConsole
    from crm_segments.views.view import View, show

__all__ = [
    "AdoptedFieldsView",
    "ApprovalView",
    "CheckedFieldsView",
    "ConfigCheckView",
    "ConfigSchemaView",
    "ConfigView",
    "DemoView",
    "DoctorView",
    "ExplanationView",
    "ExportView",
    "ExportedFieldsView",
    "FailureView",
    "FieldsView",
    "HistoryView",
    "ImportView",
    "InitView",
    "MadeFieldsView",
    "PinView",
    "PinsView",
    "PlansView",
    "RefitView",
    "ReportView",
    "RulesView",
    "RunView",
    "SampleView",
    "SegmentsView",
    "StatusView",
    "UnpinnedView",
    "View",
    "ViewConsole",
    "empty_run_document",
    "show",
    "show_adoption",
    "show_plan",
]

_HOMES = {
    "configuration": ("ConfigCheckView", "ConfigSchemaView", "ConfigView", "InitView"),
    "demo": ("DemoView",),
    "doctor": ("DoctorView",),
    "explanation": ("ExplanationView",),
    "failure": ("FailureView",),
    "fields": (
        "AdoptedFieldsView",
        "CheckedFieldsView",
        "ExportedFieldsView",
        "FieldsView",
        "MadeFieldsView",
        "show_adoption",
    ),
    "files": ("ExportView", "ImportView", "SampleView"),
    "history": ("HistoryView",),
    "pins": ("PinView", "PinsView", "UnpinnedView"),
    "plan": ("ApprovalView", "PlansView", "show_plan"),
    "refit": ("RefitView",),
    "report": ("ReportView",),
    "rules": ("RulesView",),
    "run": ("RunView", "empty_run_document"),
    "segments": ("SegmentsView",),
    "status": ("StatusView",),
    "text": ("ViewConsole",),
    "view": ("View", "show"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load the view's module when the view is first used."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"crm_segments.views.{_HOME_OF[name]}"), name)
