"""The truth behind a generated company, for tests and benchmarks only."""

from collections import defaultdict
from dataclasses import asdict
from pathlib import Path

from crm_segments.sample.dirt import Stain
from crm_segments.sample.membership import agreement, best_guess, membership_probability
from crm_segments.sample.sheets import Sheet, account_ids
from crm_segments.sample.weeks import Company
from crm_segments.sample.world import World
from crm_segments.sample.write import write_json, write_sheet

__all__ = ["Truth"]

EVERYONE = "everyone"
"""The one true segment of a company without segments."""
BORDERLINE = 0.8
"""Accounts whose own segment is less likely than this are on the border."""


class Truth:
    """Collects what is true, week by week.

    Args:
        world: What the company is made from, as it was asked for.
        separated: The same with its segments at their distances.
    """

    def __init__(self, world: World, separated: World) -> None:
        self._world = world
        self._separated = separated
        self._segments: dict[str, list[str]] = defaultdict(list)
        self._drift: dict[str, list[str]] = defaultdict(list)
        self._stains: dict[Stain, int] = {}
        self._ceiling = 1.0

    def note(self, company: Company, stains: list[Stain]) -> None:
        """Takes down one week."""
        accounts = company.accounts
        keys = [self._key(segment) for segment in accounts.segment.tolist()]
        if self._world.separation:
            sure = membership_probability(company, self._separated).tolist()
        else:
            sure = [1.0] * len(keys)
        self._segments["account_id"] += account_ids(accounts.number)
        self._segments["week"] += [str(company.week)] * len(keys)
        self._segments["true_segment"] += keys
        self._segments["membership_probability"] += [f"{probability:.4f}" for probability in sure]
        self._segments["is_borderline"] += [
            "true" if probability < BORDERLINE else "false" for probability in sure
        ]
        if company.week == 0 and self._world.separation:
            self._ceiling = agreement(best_guess(accounts, self._separated), accounts.segment)
        self._note_drift(company)
        for stain in stains:
            self._stains.setdefault(stain, company.week)

    def write(self, folder: Path, *, seed: int, accounts: int, weeks: int) -> None:
        """Writes segments.csv, drift.csv, dirt_log.csv and world.json."""
        folder.mkdir(parents=True, exist_ok=True)
        write_sheet(folder / "segments.csv", self._segments)
        columns = ("week", "kind", "account_id", "from_segment", "to_segment")
        write_sheet(folder / "drift.csv", {name: self._drift[name] for name in columns})
        write_sheet(folder / "dirt_log.csv", self._dirt_log())
        made_from = {
            "seed": seed,
            "accounts": accounts,
            "weeks": weeks,
            "ceiling_ari": round(self._ceiling, 4),
        }
        write_json(folder / "world.json", made_from | asdict(self._world))

    def _key(self, segment: int) -> str:
        return self._world.segments[segment].key if self._world.separation else EVERYONE

    def _note_drift(self, company: Company) -> None:
        moves = company.moves.under_way(company.week)
        for account, begun, source, target in zip(
            account_ids(moves.account),
            moves.week.tolist(),
            moves.source.tolist(),
            moves.target.tolist(),
            strict=True,
        ):
            step = company.week - begun
            kind = {0: "sets out", 1: "moves"}.get(step, "goes on")
            self._add(company.week, kind, account, self._key(source), self._key(target))
        for account in account_ids(company.refreshed):
            self._add(company.week, "size refreshed", account)
        if company.week:
            is_new = company.accounts.created > company.as_of - 7
            for account in account_ids(company.accounts.number[is_new]):
                self._add(company.week, "new", account)

    def _add(self, week: int, kind: str, account: str, source: str = "", target: str = "") -> None:
        row = (str(week), kind, account, source, target)
        columns = ("week", "kind", "account_id", "from_segment", "to_segment")
        for column, value in zip(columns, row, strict=True):
            self._drift[column].append(value)

    def _dirt_log(self) -> Sheet:
        log: Sheet = {"week": [str(week) for week in self._stains.values()]}
        for column in Stain._fields:
            log[column] = [getattr(stain, column) for stain in self._stains]
        return log
