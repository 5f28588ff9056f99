"""A made-up company, declared synthetic, to try the product with and to measure it by.

Knows nothing of connectors, segments or fields: it only writes CSV files.
"""

from crm_segments.sample.generate import generate
from crm_segments.sample.presets import PRESETS

__all__ = ["WORLDS", "generate"]

WORLDS = tuple(PRESETS)
"""Names of the companies that can be generated."""
