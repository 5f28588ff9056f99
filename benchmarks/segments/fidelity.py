"""How truly do at most ten rules imitate the segments? Target: 97 % of records they were not made from."""

from benchmarks.segments.companies import company
from segmentation import SegmentationSettings, fit_segments, make_rules

__all__ = ["report"]


def report() -> None:
    """Print the table."""
    print("# Rules that imitate the segments\n")
    print(f"{'company, accounts':24}{'segments':>9}{'rules':>7}{'agree':>8}")
    for name, accounts in (
        ("five", 2000),
        ("five", 8000),
        ("five", 20_000),
        ("seven", 2000),
        ("seven", 8000),
    ):
        features = company(name, accounts=accounts).features
        model = fit_segments(features, SegmentationSettings(), fingerprint="").model
        found = make_rules(model, features)
        print(
            f"{f'{name}, {accounts:,}':24}{len(model.segments):9}{len(found.rules):7}{found.fidelity:8.1%}",
            flush=True,
        )
    print()
