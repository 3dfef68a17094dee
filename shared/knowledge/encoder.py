"""The port of an encoder: words in, unit vectors out, and what the cosine of two of them means."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    type Vectors = NDArray[np.floating]
    """Shape (texts, dimensions), each row of length 1."""


@dataclass(frozen=True)
class Calibration:
    """A logistic curve: at cosine `middle` one match in two is of the same kind; `width` says how fast that changes."""

    middle: float
    width: float

    def likeness(self, cosine: float) -> float:
        """0 to 1: the share of matches at this cosine that are of the same kind of failure."""
        return 1 / (1 + math.exp(-(cosine - self.middle) / self.width))


class Encoder(Protocol):
    """Vectors of two encoders never meet: `name` is the folder of its vectors and changes when they do."""

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    @property
    def calibration(self) -> Calibration: ...

    async def encode(self, texts: Sequence[str]) -> "Vectors":
        """One row for each text. Raises: VendorUnavailable (try later), VendorRefused (do not)."""
        ...
