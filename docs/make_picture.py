"""Makes docs/images/demo.svg: what `crm-segments demo` really prints, as a picture for the README.

python docs/make_picture.py
"""

import io
import re
import tempfile
from contextlib import chdir
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from crm_segments.assembly import WorkspaceOptions, play_demo
from crm_segments.views import DemoView

PICTURE = Path(__file__).resolve().parent / "images" / "demo.svg"
WIDTH = 84

SPACE, CELL = "&#160;", 12.2
"""A space as rich writes it, and how wide it draws one character."""

INDENTED = re.compile(
    r'x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)" textLength="(?P<length>[\d.]+)"(?P<rest>[^>]*)>'
    r"(?P<spaces>(?:&#160;)+)(?=[^<])"
)


def _moved(found: re.Match[str]) -> str:
    """The same text without its leading spaces, further to the right: not every viewer keeps them."""
    count = found["spaces"].count(SPACE)
    text_length = float(found["length"]) - count * CELL
    x = float(found["x"]) + count * CELL
    return f'x="{x:g}" y="{found["y"]}" textLength="{text_length:g}"{found["rest"]}>'


def main() -> None:
    """Play the demo in a folder that is thrown away, and keep its picture."""
    console = Console(
        record=True,
        width=WIDTH,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        markup=False,
        emoji=False,
        highlight=False,
    )
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        story = play_demo(Path("crm-segments-demo"), WorkspaceOptions(command="demo"))
        DemoView(story).human(console)
    # No font is fetched from anywhere: the reader's own monospace font does.
    form = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    svg = console.export_svg(title="crm-segments demo", code_format=form, unique_id="demo")
    svg = INDENTED.sub(_moved, svg)
    PICTURE.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
