"""The report in Chromium: hostile names do nothing, the policy is never hit, and it fits every window."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

from crm_segments.report import write_report
from tests.product.report.companies import HOSTILE, reported

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    return write_report(reported(folder), folder / "report.html")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield opened
        opened.close()


class Opened:
    """The report in a window, with everything that it tried to do."""

    def __init__(self, browser: Browser, file: Path, *, width: int = 1100, scheme: str = "light") -> None:
        self.events: list[str] = []
        self.requests: list[str] = []
        self.page: Page = browser.new_page(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
        )
        self.page.on("dialog", self._dismiss)
        self.page.on("console", lambda message: self.events.append(message.text))
        self.page.on("pageerror", lambda error: self.events.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(file.as_uri())
        self.page.wait_for_selector("#map-chart .main-svg")

    def _dismiss(self, dialog: Dialog) -> None:
        self.events.append(f"dialog {dialog.message}")
        dialog.dismiss()


def test_hostile_names_run_nothing_and_call_nobody(browser: Browser, file: Path) -> None:
    opened = Opened(browser, file)
    page = opened.page
    labels = drawn_labels(page, "map-chart") | drawn_labels(page, "money-chart")
    assert "<b>bold</b>&lt;i&gt;" in labels
    assert {*HOSTILE} - labels <= {each for each in HOSTILE if not each.isprintable() or len(each) > 200}
    assert opened.events == []
    assert opened.requests == [file.as_uri()]
    assert page.locator("main script, main img, main iframe, .chart a").count() == 0
    assert page.get_by_text(HOSTILE[0], exact=False).count() > 0
    page.close()


def drawn_labels(page: Page, chart: str) -> set[str]:
    """The text of every label that a chart draws when the mouse is over a point."""
    found = page.evaluate(
        """async chart => {
            const place = document.getElementById(chart), seen = new Set();
            for (const [curveNumber, trace] of place.data.entries()) {
                for (const pointNumber of trace.x.keys()) {
                    const labels = () => [...place.querySelectorAll(".hoverlayer .nums")];
                    labels().forEach(each => each.closest(".hovertext").remove());
                    // plotly.js draws at most one label in 50 ms and forgets what comes in between.
                    for (let turn = 0; turn < 100 && !labels().length; turn++) {
                        window.Plotly.Fx.unhover(place);
                        window.Plotly.Fx.hover(place, [{curveNumber, pointNumber}]);
                        await new Promise(requestAnimationFrame);
                    }
                    labels().forEach(each => seen.add(each.textContent));
                }
            }
            return [...seen];
        }""",
        chart,
    )
    return set(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 800, 1400])
def test_the_report_fits_the_window_and_can_be_read(
    browser: Browser, file: Path, width: int, scheme: str
) -> None:
    opened = Opened(browser, file, width=width, scheme=scheme)
    page = opened.page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    background, ink, label = page.evaluate(
        """() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color,
                  getComputedStyle(document.querySelector('#money-chart .ytick text')).fill]"""
    )
    assert contrast(background, ink) >= 7
    assert contrast(background, label) >= 7
    for chart in ("#map-chart", "#money-chart"):
        box = page.locator(f"{chart} .main-svg").first.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    page.close()


def test_it_prints_in_dark_on_white(browser: Browser, file: Path, tmp_path: Path) -> None:
    page = Opened(browser, file, scheme="dark").page
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('.ytick text')).fill") == "rgb(0, 0, 0)"
    page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    page.close()


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colors as `rgb(r, g, b)` (WCAG 2.2, relative luminance)."""

    def luminance(color: str) -> float:
        parts = [float(part) / 255 for part in color[color.index("(") + 1 : -1].split(",")[:3]]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
