"""Renders the report: what it says, section by section, and the one file it is written to."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from connectors.errors import UsageError
from connectors.model import UNCLASSIFIED_KEY
from crm_segments.report.charts import color_of, landscape_chart, money_chart
from crm_segments.views.text import count, counted, day, percent

if TYPE_CHECKING:
    from segmentation.revenue import MoneyReport, SegmentMoney
    from sync.reporting import ReportedSegments

__all__ = ["MARK", "render_report", "write_report"]

MARK = "<!-- crm-segments report -->"
"""Stands at the head of every report, so that nothing else is ever written over."""
SHOWN_ROWS = 50
_FOLDER = "crm_segments.report"


def write_report(report: "ReportedSegments", path: Path) -> Path:
    """Write the report; an earlier one gives way, any other file does not.

    Raises:
        UsageError: Another file is in the way, or the place cannot be written to.
    """
    if not path.name or path.is_dir():
        raise UsageError(
            f"{path} is a folder; a file is needed.",
            hint="Add a file name, for example report.html.",
            code="report.folder",
        )
    partial = path.with_name(f".{path.name}.partial")
    try:
        if path.exists() and MARK.encode() not in path.read_bytes()[:200]:
            raise UsageError(
                f"{path} is there already and is no report of ours; it was left as it is.",
                hint="Name another file.",
                code="report.exists",
            )
        partial.write_text(render_report(report), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}.",
            hint="Name a folder that exists and that you can write to.",
            code="report.unwritable",
        ) from error
    return path


def render_report(report: "ReportedSegments") -> str:
    """The report as one HTML text: no network, one policy, every text from outside escaped."""
    keys = [segment.key for segment in report.segments]
    charts = {"money-chart": money_chart(report, keys), "map-chart": landscape_chart(report, keys)}
    scripts = {"plotly": get_plotlyjs(), "script": _file("charts.js")}
    environment = Environment(
        loader=FunctionLoader(_file), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    context = _context(report, keys)
    return environment.get_template("report.html.jinja").render(
        **context,
        policy=_policy([*scripts.values()]),
        style=Markup(_file("style.css")),  # noqa: S704 - our own file
        charts=charts,
        has_money_chart=charts["money-chart"] is not None,
        # A script is not escaped, so it must not end itself early.
        **{name: Markup(text) for name, text in scripts.items()},  # noqa: S704 - files of ours and of plotly
    )


def _file(name: str) -> str:
    return files(_FOLDER).joinpath(name).read_text(encoding="utf-8")


def _policy(scripts: Sequence[str]) -> str:
    """Nothing is loaded from anywhere, and only these very scripts run."""
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; base-uri 'none'; "
        "form-action 'none'"
    )


def _context(report: "ReportedSegments", keys: Sequence[str]) -> dict[str, object]:
    object_ = report.settings.object
    objects = counted(2, object_)[2:]
    total = sum(segment.count for segment in report.segments)
    return {
        "heading": "Customer segments",
        "connection": report.connection_label,
        "as_of": day(report.as_of),
        "in_scope": counted(total, object_),
        "is_applied": report.is_applied,
        "object": object_,
        "objects": objects,
        "parts": _parts(report),
        "segments": _segments(report, keys),
        "money": _money(report, keys),
        "landscape": _landscape(report),
        "evidence": report.evidence,
        **_moves(report, objects),
        **_close_calls(report, objects),
        "comparison": _comparison(report, keys),
        "quality": _quality(report),
    }


def _parts(report: "ReportedSegments") -> list[tuple[str, str]]:
    shown = {
        "segments": ("Segments", True),
        "money": ("Money", report.money is not None),
        "map": ("Map", report.landscape is not None),
        "evidence": ("Why this many", True),
        "moves": ("What moved", True),
        "close": ("Close calls", True),
        "compare": (f"Beside {report.settings.compare}", report.comparison is not None),
        "quality": ("Data quality", True),
    }
    return [(anchor, title) for anchor, (title, is_there) in shown.items() if is_there]


def _title(report: "ReportedSegments", key: str | None) -> str:
    return "no segment" if key is None else report.titles.get(key, key)


def _name(report: "ReportedSegments", record_id: str) -> str:
    name = report.names.get(record_id)
    return f"{name} ({record_id})" if name else record_id


def _segments(report: "ReportedSegments", keys: Sequence[str]) -> list[dict[str, object]]:
    profiles = {profile.key: profile for profile in report.profiles}
    found: list[dict[str, object]] = []
    for segment in sorted(report.segments, key=lambda each: (each.key == UNCLASSIFIED_KEY, -each.count)):
        if segment.key == UNCLASSIFIED_KEY and not segment.count:
            continue
        profile = profiles.get(segment.key)
        is_group = segment.key != UNCLASSIFIED_KEY
        sentence = profile.sentence if profile and profile.sentence and is_group else segment.reason
        by_rule = (
            f"{segment.reason} "
            if segment.reason.startswith(("By rule", "By a fixed rule", "Only records"))
            else ""
        )
        found.append(
            {
                "title": segment.name,
                "color": color_of(segment.key, keys),
                "count": counted(segment.count, segment.object),
                "share": percent(segment.share),
                "share_value": f"{segment.share:.4f}",
                "sentence": f"{by_rule}{sentence}" if sentence != segment.reason else sentence,
                "differences": profile.differences if profile and is_group else (),
            }
        )
    return found


def _money(report: "ReportedSegments", keys: Sequence[str]) -> dict[str, object] | None:
    money = report.money
    if money is None:
        return None
    rows: list[dict[str, object]] = [
        {"title": _title(report, row.key), "color": color_of(row.key or "", keys), "cells": _cells(row)}
        for row in money.rows
        if row.account_count or row.revenue
    ]
    rows += [
        {"title": title, "color": "transparent", "cells": _cells(row)}
        for title, row in _others(money).items()
        if row.won_count or row.lost_count or row.revenue
    ]
    return {"currency": money.currency, "rows": rows, "total": _cells(money.total)}


def _others(money: "MoneyReport") -> Mapping[str, "SegmentMoney"]:
    return {"No segment": money.no_segment, "Account not known": money.no_account}


def _cells(row: "SegmentMoney") -> list[str]:
    nothing = "\N{EN DASH}"
    back = nothing if row.retention is None else f"{percent(row.retention)} of {count(row.earlier_buyers)}"
    return [
        count(row.account_count) if row.account_count else nothing,
        _exact(row.revenue),
        nothing if row.share is None else percent(row.share),
        count(row.won_count),
        nothing if row.win_rate is None else percent(row.win_rate),
        nothing if row.median_deal is None else _exact(row.median_deal),
        nothing if row.cycle_days is None else count(round(row.cycle_days)),
        back,
    ]


def _exact(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _landscape(report: "ReportedSegments") -> dict[str, str] | None:
    if report.landscape is None:
        return None
    number = len(report.landscape.record_ids)
    return {
        "count": count(number),
        "shown": percent(report.landscape.shown_share),
        "x_facts": ", ".join(report.landscape.x_facts),
        "y_facts": ", ".join(report.landscape.y_facts),
    }


def _moves(report: "ReportedSegments", objects: str) -> dict[str, object]:
    moves = [
        {"old": _title(report, old), "new": _title(report, new), "count": count(number)}
        for old, new, number in report.moves
    ]
    if not report.is_applied:
        intro = "Nothing yet: this is the first plan, and it waits to be applied."
    elif not moves:
        intro = f"No {objects} have changed their segment yet."
    else:
        total = sum(number for *_, number in report.moves)
        intro = f"At the last run that moved anything, on {day(report.moved_on)}: {count(total)} {objects}."
    return {"moves": moves, "moves_intro": intro}


def _close_calls(report: "ReportedSegments", objects: str) -> dict[str, object]:
    calls = report.close_calls[:SHOWN_ROWS]
    rows = [
        {
            "name": _name(report, call.record_id),
            "segment": _title(report, call.segment_key),
            "runner_up": _title(report, call.runner_up),
            "score": percent(call.score),
        }
        for call in calls
    ]
    if not report.close_call_count:
        intro = f"None: all {objects} fit their segment clearly better than any other."
    else:
        number = counted(report.close_call_count, report.settings.object)
        shown = f"; the {len(rows)} most valuable" if report.close_call_count > len(rows) else ""
        intro = f"{number} could as well be in another segment{shown}. A second look at these pays most."
    return {"close_calls": rows, "close_intro": intro}


def _comparison(report: "ReportedSegments", keys: Sequence[str]) -> dict[str, object] | None:
    found = report.comparison
    if found is None:
        return None
    rows = []
    for key in keys:
        row = found.counts.get(key, {})
        if not row and not found.unknown.get(key):
            continue
        total = sum(row.values()) or 1
        cells = [
            {
                "count": count(row.get(tier, 0)),
                "share": f"{row.get(tier, 0) / total:.3f}",
                "is_usual": found.usual.get(key) == tier,
            }
            for tier in found.tiers
        ]
        unknown = count(found.unknown.get(key, 0))
        rows.append({"title": _title(report, key), "cells": cells, "unknown": unknown})
    differ, whole = len(found.disagreements), found.compared_count
    shown = found.disagreements[:SHOWN_ROWS]
    more = f" The {len(shown)} most valuable:" if differ > len(shown) else " Most valuable first:"
    return {
        "field": found.field,
        "tiers": found.tiers,
        "rows": rows,
        "intro": f"How {counted(whole, report.settings.object)} spread over both. The most frequent "
        f"{found.field} of each segment is bold. {found.field} is only read, never written.",
        "disagreement_intro": f"{count(differ)} of {count(whole)} have another {found.field} than is "
        f"usual in their segment.{more}",
        "disagreements": [
            {
                "name": _name(report, each.record_id),
                "segment": _title(report, each.segment_key),
                "tier": each.tier,
                "usual": each.usual_tier,
                "worth": _exact(each.worth),
            }
            for each in shown
        ],
    }


def _quality(report: "ReportedSegments") -> list[dict[str, str]]:
    found = [{"message": note, "more": ""} for note in report.notes]
    for finding in report.quality.findings:
        more = ", ".join(finding.values) if len(finding.values) > 3 else ""
        found.append({"message": finding.message, "more": more})
    return found
