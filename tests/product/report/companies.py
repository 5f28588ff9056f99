"""A small company whose names, industries and tiers are chosen by the test, segmented by a rule and tiers."""

from pathlib import Path

import pyarrow as pa

from connectors.model import ObjectKind
from segmentation.config import RuleSettings, SegmentationSettings
from sync import ReportedSegments, gather_report
from tests.sync.world import DAY, World, make_world

__all__ = ["HOSTILE", "company", "reported"]

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "</script><script>alert(3)</script>",
    "'-alert(4)-'",
    "javascript:alert(5)",
    "<svg/onload=alert(6)>",
    "{{7*7}}{% raw %}",
    "<!--<script>",
    '<a href="javascript:alert(8)">x</a>',
    "<b>bold</b>&lt;i&gt;",
    '=HYPERLINK("https://evil.example")',
    "\u202eevil \u2028 line",
    "x" * 255,
    "Ünïcode \U0001f600 名前",
)
"""Names that try to be markup, script, template or formula."""


def company(folder: Path, names: tuple[str, ...] = HOSTILE, count: int = 56) -> World:
    """Accounts that carry these names, and the same texts in every other field that a report could show."""
    hostile = names[0]
    settings = SegmentationSettings(
        fallback="tiers",
        max_segments=2,
        min_segment_records=2,
        compare="x_tier",
        rules=(RuleSettings(when=f"name = '{names[9 % len(names)]}'", segment="<b>Rule</b>"),),
    )
    world = make_world(folder, count=count, has_model=False, segmentations=(settings,))
    accounts = [
        {
            "account_id": f"a{n:03}",
            "name": names[n % len(names)],
            "industry": f"{names[n % len(names)]} {n}",
            "x_tier": names[n % 5 % len(names)],
        }
        for n in range(count)
    ]
    deals = [
        {
            "deal_id": f"d{n}",
            "account_id": f"a{n % count:03}",
            "amount": f"{100 + n * n}.25",
            "is_won": n % 4 != 0,
            "is_closed": True,
            "product": hostile,
            "currency": "USD" if n % 9 else hostile[:3],
        }
        for n in range(3 * count)
    ]
    world.crm.load(
        {
            ObjectKind.ACCOUNT: pa.Table.from_pylist(accounts),
            ObjectKind.DEAL: pa.Table.from_pylist(deals),
        },
        as_of=DAY,
    )
    return world


def reported(folder: Path) -> ReportedSegments:
    """The report of that company after its first run."""
    world = company(folder)
    assert world.run().exit_code == 0
    found = gather_report(world.workspace())
    world.close()
    return found
