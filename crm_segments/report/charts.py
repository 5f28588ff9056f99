"""The charts of the report, as plain data for plotly.js.

Every text from outside passes `plain`: plotly.js reads a small markup in texts, and nobody's name may use it.
"""

import html
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from crm_segments.views.text import percent

if TYPE_CHECKING:
    from sync.reporting import ReportedSegments

__all__ = ["color_of", "landscape_chart", "money_chart", "plain"]

# Okabe and Ito's colors, which people with any kind of color vision tell apart, and a few between them.
_COLORS = (
    *("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C8C00", "#7B5EA7"),
    *("#A0522D", "#3E8E8E", "#B0468C", "#6C8CD5"),
)
_GRAY = "#8A8F98"
_FONT = {"family": "system-ui, sans-serif", "size": 13}


def plain(text: str) -> str:
    """The text as plotly.js shows it literally."""
    return html.escape(text, quote=False)


def color_of(key: str, keys: Sequence[str]) -> str:
    """The color of a segment, the same all over the report; gray for what fits nowhere."""
    own = [each for each in keys if each != "unclassified"]
    return _COLORS[own.index(key) % len(_COLORS)] if key in own else _GRAY


def landscape_chart(report: "ReportedSegments", keys: Sequence[str]) -> dict[str, object] | None:
    """Records as points, a color for each segment."""
    landscape = report.landscape
    if landscape is None:
        return None
    figure = go.Figure()
    for key in keys:
        rows = [at for at, record_id in enumerate(landscape.record_ids) if report.labels[record_id] == key]
        if not rows:
            continue
        ids = [landscape.record_ids[at] for at in rows]
        figure.add_trace(
            go.Scatter(
                x=[landscape.x[at] for at in rows],
                y=[landscape.y[at] for at in rows],
                mode="markers",
                name=plain(report.titles.get(key, key)),
                text=[plain(report.names.get(record_id, record_id)) for record_id in ids],
                hovertemplate="%{text}<extra>%{fullData.name}</extra>",
                marker={"color": color_of(key, keys), "size": 6, "opacity": 0.75},
            )
        )
    axis = {"showticklabels": False, "zeroline": False, "showgrid": False}
    figure.update_layout(
        xaxis=axis,
        yaxis=axis,
        legend={"orientation": "h", "y": -0.02, "yanchor": "top", "itemsizing": "constant"},
        height=520,
    )
    return _as_data(figure)


def money_chart(report: "ReportedSegments", keys: Sequence[str]) -> dict[str, object] | None:
    """Share of the accounts beside share of the revenue, for each segment."""
    money = report.money
    if money is None or money.total.revenue <= 0:
        return None
    total = sum(row.account_count for row in money.rows) or 1
    rows = [row for row in money.rows if row.account_count][::-1]
    names = [plain(report.titles.get(row.key or "", row.key or "")) for row in rows]
    figure = go.Figure()
    for title, values, opacity in (
        ("Share of the accounts", [row.account_count / total for row in rows], 0.4),
        ("Share of the revenue", [row.share or 0.0 for row in rows], 1.0),
    ):
        figure.add_trace(
            go.Bar(
                x=values,
                y=names,
                orientation="h",
                name=title,
                marker={"color": [color_of(row.key or "", keys) for row in rows], "opacity": opacity},
                text=[percent(value) for value in values],
                textposition="outside",
                cliponaxis=False,
                hovertemplate="%{y}: %{x:.1%}<extra>%{fullData.name}</extra>",
            )
        )
    figure.update_layout(
        barmode="group",
        bargap=0.25,
        xaxis={"tickformat": ".0%", "zeroline": False, "showgrid": False, "showticklabels": False},
        yaxis={"automargin": True, "ticksuffix": "  "},
        showlegend=False,
        height=90 + 58 * len(rows),
    )
    return _as_data(figure)


def _as_data(figure: go.Figure) -> dict[str, object]:
    # The template of plotly.py would be a third of the file and say what the style sheet says.
    figure.update_layout(
        template="none",
        font=_FONT,
        margin={"l": 8, "r": 48, "t": 8, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        dragmode=False,
    )
    found: dict[str, object] = json.loads(figure.to_json())
    return found
