"""`--segmentation`: which of several groupings is meant."""

from typing import Annotated

import typer

__all__ = ["SegmentationOption"]

SegmentationOption = Annotated[
    str | None,
    typer.Option("--segmentation", metavar="NAME", help="Which [[segmentation]]; else the first."),
]
