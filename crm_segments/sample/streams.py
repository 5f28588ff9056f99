"""Named streams of random numbers: one draw more in one place never moves a draw in another."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np

__all__ = ["Streams"]


@dataclass(frozen=True, slots=True)
class Streams:
    """Hands out one independent generator per name.

    Args:
        seed: What the whole company is made from.
        prefix: Where in the company these streams are used, e.g. `week:07`.
    """

    seed: int
    prefix: str = ""

    def within(self, name: str) -> "Streams":
        """The streams of one part of the company."""
        return replace(self, prefix=f"{self.prefix}:{name}")

    def of(self, name: str) -> np.random.Generator:
        """A fresh generator; the same name always starts at the same number."""
        digest = hashlib.sha256(f"{self.seed}{self.prefix}:{name}".encode()).digest()
        return np.random.default_rng(int.from_bytes(digest[:16], "big"))
