"""The report as a file: what it says, what it never says, and that nothing in it can run or call home."""

import base64
import hashlib
import html
import json
import re
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest

from connectors.errors import UsageError
from crm_segments.report import render_report, write_report
from sync import ReportedSegments
from tests.product.report.companies import HOSTILE, reported


class Page(HTMLParser):
    """Elements, attributes and scripts of a page, as a browser would find them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: dict[str, int] = {}
        self.attributes: list[tuple[str, str, str | None]] = []
        self.scripts: list[tuple[str | None, str]] = []
        self._inside: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag == "script":
            self._inside = dict(attrs).get("type") or "code"
            self.scripts.append((self._inside, ""))

    def handle_data(self, data: str) -> None:
        if self._inside:
            kind, text = self.scripts[-1]
            self.scripts[-1] = (kind, text + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = None


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> ReportedSegments:
    return reported(tmp_path_factory.mktemp("company"))


@pytest.fixture(scope="module")
def text(report: ReportedSegments) -> str:
    return render_report(report)


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_names_become_text_and_never_elements_or_handlers(page: Page, text: str) -> None:
    assert page.tags["script"] == 3
    assert not {"img", "svg", "a-", "b", "iframe", "link", "object"} & {*page.tags}
    assert [name for _, name, _ in page.attributes if name.startswith("on")] == []
    links = [value for tag, name, value in page.attributes if (tag, name) == ("a", "href")]
    assert links
    assert all(link is not None and re.fullmatch(r"#[a-z]+", link) for link in links)
    for name in HOSTILE:
        assert (
            html.escape(name) in text
            or html.escape(name, quote=True).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in text
        )


def test_the_policy_allows_these_very_scripts_and_nothing_else(page: Page) -> None:
    (policy,) = [
        value for _, name, value in page.attributes if name == "content" and value and "default-src" in value
    ]
    digests = re.findall(r"'sha256-([^']+)'", policy or "")
    code = [text for kind, text in page.scripts if kind == "code"]
    assert [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in code] == digests
    assert "default-src 'none'" in (policy or "")
    assert "unsafe-eval" not in (policy or "")


def test_nothing_is_loaded_from_anywhere(page: Page) -> None:
    assert not [value for _, name, value in page.attributes if name in {"src", "srcset", "data", "action"}]
    assert "link" not in page.tags


def test_the_data_of_the_charts_is_json_whose_texts_are_taken_literally(page: Page) -> None:
    (data,) = [text for kind, text in page.scripts if kind == "application/json"]
    assert "<" not in data
    charts = json.loads(data)
    shown = {name for trace in charts["map-chart"]["data"] for name in trace["text"]}
    # plotly.js reads markup in texts: what it gets has none.
    assert not any("<" in name for name in shown)
    assert html.escape(HOSTILE[0], quote=False) in shown


def test_the_money_in_the_report_adds_up_to_the_cent(report: ReportedSegments, text: str) -> None:
    money = report.money
    assert money is not None
    parts = [*money.rows, money.no_segment, money.no_account]
    assert sum((part.revenue for part in parts), Decimal(0)) == money.total.revenue
    assert f"{money.total.revenue:,.2f}" in text


def test_the_same_report_has_the_same_bytes(report: ReportedSegments, text: str) -> None:
    assert render_report(report) == text


def test_an_earlier_report_gives_way_and_another_file_does_not(
    report: ReportedSegments, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    write_report(report, path)
    write_report(report, path)
    path.write_text("my own page")
    with pytest.raises(UsageError, match="is no report of ours"):
        write_report(report, path)
    assert path.read_text() == "my own page"
    with pytest.raises(UsageError, match="is a folder"):
        write_report(report, tmp_path)
    with pytest.raises(UsageError, match="cannot be written"):
        write_report(report, tmp_path / "nowhere" / "report.html")
