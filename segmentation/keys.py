"""Keys of segments: what the CRM stores, made once from a title and never used for something else."""

import re
import unicodedata
from itertools import count

from connectors.model import UNCLASSIFIED_KEY

__all__ = ["make_key"]


def make_key(title: str, taken_keys: frozenset[str]) -> str:
    """A key that was never given: a slug of the title, with a number where the slug is taken."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().casefold()
    slug = re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or "segment"
    slug = (slug if slug[0].isalpha() else f"s_{slug}")[:40].strip("_")
    candidates = (slug if n == 1 else f"{slug[: 39 - len(str(n))].strip('_')}_{n}" for n in count(1))
    return next(key for key in candidates if key not in taken_keys and key != UNCLASSIFIED_KEY)
