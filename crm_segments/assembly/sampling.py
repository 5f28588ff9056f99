"""Writes the made-up company, and counts what it wrote."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

from connectors.errors import UsageError
from crm_segments.config_problems import closest
from crm_segments.sample import WORLDS, generate

__all__ = ["SampleOptions", "write_sample"]

_FILES = {
    "account": "accounts.csv",
    "contact": "contacts.csv",
    "deal": "opportunities.csv",
    "activity": "activities.csv",
}


@dataclass(frozen=True, slots=True)
class SampleOptions:
    """Which company."""

    weeks: int = 1
    accounts: int = 2000
    seed: int = 7
    world: str = "five"


def write_sample(folder: Path, options: SampleOptions) -> tuple[list[Path], dict[str, int]]:
    """Write the weeks; returns their folders and the first week's records by kind.

    Raises:
        UsageError: No such world, or the folder holds somebody's own data.
    """
    if options.world not in WORLDS:
        meant = closest(options.world, WORLDS)
        guess = f' Did you mean "{meant}"?' if meant else ""
        raise UsageError(
            f'There is no made-up company called "{options.world}".{guess}',
            hint=f"Use --world with one of: {', '.join(WORLDS)}.",
            code="usage.world",
        )
    _refuse_real_data(folder)
    _refuse_further_weeks(folder, options.weeks)
    try:
        folders = generate(
            folder, world=options.world, accounts=options.accounts, weeks=options.weeks, seed=options.seed
        )
    except OSError as error:
        raise UsageError(
            f"{error.filename or folder} cannot be written: {error.strerror}.",
            hint="Choose a folder that you may write to.",
            code="usage.unwritable",
        ) from error
    return folders, {kind: _count(folders[0] / name) for kind, name in _FILES.items()}


def _refuse_real_data(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(
            f"{folder} is a file, not a folder.", hint="Name a folder.", code="usage.not_a_folder"
        )
    for week in sorted(folder.glob("week_*")):
        try:
            is_ours = json.loads((week / "bundle.json").read_text(encoding="utf-8")).get("synthetic") is True
        except (OSError, ValueError, AttributeError):
            is_ours = False
        if not is_ours:
            raise UsageError(
                f"{week} holds files that were not generated; nothing was written.",
                hint="Choose another folder.",
                code="usage.folder_in_use",
            )


def _refuse_further_weeks(folder: Path, weeks: int) -> None:
    """Weeks that are not written anew would go on with another company."""
    written = {f"week_{week:02d}" for week in range(weeks)}
    left = sorted(week.name for week in folder.glob("week_*") if week.name not in written)
    if left:
        more = " and more" if len(left) > 3 else ""
        raise UsageError(
            f"{folder} already has {', '.join(left[:3])}{more}, which may belong to another company; "
            "nothing was written.",
            hint="Choose another folder, delete these weeks, or write them anew with a larger --weeks.",
            code="usage.folder_in_use",
        )


def _count(path: Path) -> int:
    if not path.exists():
        return 0
    with path.open(encoding="utf-8-sig", newline="") as file:
        return max(sum(1 for _ in csv.reader(file)) - 1, 0)
