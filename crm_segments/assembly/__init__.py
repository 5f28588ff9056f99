"""Puts the floors together for one command: opens CRM and state, moves bundles in and out, looks around.

Commands call these; nothing here prints. Everything is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_segments.assembly.demo import DemoStory, play_demo
    from crm_segments.assembly.doctor import Examination, examine
    from crm_segments.assembly.exporting import ExportReport, export_records
    from crm_segments.assembly.groupings import check_groupings
    from crm_segments.assembly.importing import ImportOptions, ImportReport, import_bundle
    from crm_segments.assembly.opening import WorkspaceOptions, open_crm, open_workspace
    from crm_segments.assembly.previewing import PlanPreview, preview_plan, titles_in_crm
    from crm_segments.assembly.sampling import SampleOptions, write_sample
    from crm_segments.assembly.starting import InitOptions, InitReport, write_config

__all__ = [
    "DemoStory",
    "Examination",
    "ExportReport",
    "ImportOptions",
    "ImportReport",
    "InitOptions",
    "InitReport",
    "PlanPreview",
    "SampleOptions",
    "WorkspaceOptions",
    "check_groupings",
    "examine",
    "export_records",
    "import_bundle",
    "open_crm",
    "open_workspace",
    "play_demo",
    "preview_plan",
    "titles_in_crm",
    "write_config",
    "write_sample",
]

_HOMES = {
    "demo": ("DemoStory", "play_demo"),
    "doctor": ("Examination", "examine"),
    "exporting": ("ExportReport", "export_records"),
    "groupings": ("check_groupings",),
    "importing": ("ImportOptions", "ImportReport", "import_bundle"),
    "opening": ("WorkspaceOptions", "open_crm", "open_workspace"),
    "previewing": ("PlanPreview", "preview_plan", "titles_in_crm"),
    "sampling": ("SampleOptions", "write_sample"),
    "starting": ("InitOptions", "InitReport", "write_config"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load the module when something of it is first used."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"crm_segments.assembly.{_HOME_OF[name]}"), name)
