"""The whole job on a made-up company, in a folder of its own: import, plan, run, run again."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import sync
from connectors.errors import CrmSegmentsError, UsageError
from crm_segments.assembly.importing import ImportOptions, import_bundle
from crm_segments.assembly.opening import WorkspaceOptions, open_workspace
from crm_segments.assembly.previewing import PlanPreview, preview_plan
from crm_segments.assembly.sampling import SampleOptions, write_sample
from crm_segments.assembly.starting import InitOptions, write_config
from crm_segments.config_file import CONFIG_NAME
from crm_segments.settings import load_settings

if TYPE_CHECKING:
    from sync import Explanation
    from sync.results import RunResult

__all__ = ["DemoStory", "play_demo"]

WEEKS = 2
"""One to begin with, and one to see what a week changes."""

_CURRENCY = """
[currency]
# The made-up company sells in three currencies: what one unit of each is worth in its own.
home = "USD"
rates = { EUR = 1.08, GBP = 1.27 }
"""


@dataclass(frozen=True, slots=True)
class DemoStory:
    """What happened, in order."""

    folder: Path
    is_new: bool
    """False when the folder had an earlier demo in it."""
    counts: dict[str, int]
    """Records of the made-up company by kind."""
    as_of: date
    preview: PlanPreview
    first: "RunResult"
    second: "RunResult | None"
    """None when the first run did not get to its end."""
    explanation: "Explanation | None"
    """Why one account is where it is."""

    @property
    def exit_code(self) -> int:
        """0 when both runs were complete and the second had nothing to do."""
        return self.first.exit_code or (self.second.exit_code if self.second else 0)


def play_demo(folder: Path, options: WorkspaceOptions) -> DemoStory:
    """Play the demo; what an earlier one left in the folder is used again.

    Raises:
        UsageError: The folder holds something else.
        CrmSegmentsError: As its class says.
    """
    config = folder / CONFIG_NAME
    is_new = not config.exists()
    if is_new:
        _refuse_foreign(folder)
        write_config(config, InitOptions())
        with config.open("a", encoding="utf-8") as file:
            file.write(_CURRENCY)
    settings = load_settings(config)
    _, counts = write_sample(folder / "sample", SampleOptions(weeks=WEEKS))
    first_week = folder / "sample" / "week_00"
    if not settings.crm_path.exists():
        import_bundle(settings, first_week, ImportOptions(), today=date(2026, 11, 2))
    with open_workspace(settings, options) as workspace:
        as_of = date.fromisoformat(workspace.connector.as_of())
        preview = preview_plan(workspace, sync.make_plans(workspace)[0])
        first = sync.apply_plan(workspace, preview.stored.plan.plan_id, confirm=lambda _plans: True)
        second = None if first.error else sync.run(workspace, confirm=lambda _plans: True)
        explanation = _explain_one(workspace, preview) if second is not None else None
    return DemoStory(folder, is_new, counts, as_of, preview, first, second, explanation)


def _refuse_foreign(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"{folder} is there already and is not an earlier demo; it was left alone.",
            hint="Name a new folder: crm-segments demo DIR",
            code="usage.folder_in_use",
            next_command=f"crm-segments demo {folder}-2",
        )


def _explain_one(workspace: "sync.Workspace", preview: PlanPreview) -> "Explanation | None":
    if not preview.examples:
        return None
    try:
        return sync.explain(workspace, preview.examples[0].record_id)
    except CrmSegmentsError:
        # The story is told without it.
        return None
