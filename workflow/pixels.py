"""An image file as a row of numbers: grey levels 0..255, line by line; for training, evaluation and requests alike."""

import io

import numpy as np
from numpy.typing import NDArray


class BrokenImageError(ValueError):
    """The bytes are no image that can be read."""


def row_of(content: bytes) -> NDArray[np.float64]:
    """Shape (height * width,). Raises BrokenImageError on anything that is no whole image."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)) as image:
            grey = image.convert("L")
    except Exception as error:  # Pillow's readers raise nearly anything on bytes that lie about themselves
        raise BrokenImageError(f"{type(error).__name__}: {error}") from error
    return np.asarray(grey, dtype=np.float64).reshape(-1)
