"""Matrices in blocks of 32 weights that share one scale, as 4-bit model files hold them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK = 32
# What the largest magnitude of a block may become in 8 bits.
_PEAK_CODES = (119.0, 121.3, 123.7, 125.9, 127.0)


@dataclass(frozen=True, slots=True)
class Blocks:
    """Hold a matrix (rows, columns) as unsigned codes and one scale for each 32 codes of a row.

    A weight is `(code - zero) * scale` with `zero = 2 ** (bits - 1)`; `codes` is uint8 (rows, columns), `scales` is
    float16 (rows, columns / 32).
    """

    codes: NDArray[np.uint8]
    scales: NDArray[np.float16]
    bits: int

    @property
    def zero(self) -> int:
        """Return the code that stands for 0."""
        return 1 << (self.bits - 1)

    def take(self, rows: NDArray[np.int64]) -> Blocks:
        """Keep the given rows, in the given order."""
        return Blocks(self.codes[rows], self.scales[rows], self.bits)

    def dequantise(self) -> NDArray[np.float32]:
        """Return the weights as float32 (rows, columns); the product is exact."""
        centred = self.codes.astype(np.float32) - self.zero
        shaped = centred.reshape(*self.scales.shape, BLOCK) * self.scales.astype(np.float32)[..., None]
        return shaped.reshape(self.codes.shape)

    def packed(self) -> NDArray[np.uint8]:
        """Return the codes as bytes, two 4-bit codes to a byte with the earlier one in the low half."""
        if self.bits == 8:
            return self.codes
        return (self.codes[..., 0::2] | (self.codes[..., 1::2] << 4)).astype(np.uint8)


def stack(parts: list[Blocks]) -> Blocks:
    """Join matrices of the same width, one below the other."""
    return Blocks(
        np.concatenate([part.codes for part in parts]),
        np.concatenate([part.scales for part in parts]),
        parts[0].bits,
    )


def quantise(matrix: NDArray[np.float32]) -> Blocks:
    """Round a matrix (rows, columns) to 8-bit blocks; columns must be a multiple of 32.

    Of a few scales for each block the one with the least error is taken. None of them maps the block's peak to the last
    code: weights that came from 4-bit blocks would lie on such a grid, and all that training added, which is less than
    half a step, would be rounded away.
    """
    blocks = matrix.reshape(matrix.shape[0], -1, BLOCK)
    peak = np.abs(blocks).max(axis=-1, keepdims=True)
    zero = 1 << 7
    best_codes = np.zeros(blocks.shape, dtype=np.uint8)
    best_scales = np.zeros(peak.shape, dtype=np.float16)
    least = np.full(peak.shape, np.inf, dtype=np.float32)
    for codes_up in _PEAK_CODES:
        scales = (peak / codes_up).astype(np.float16)
        divisor = np.where(scales == 0, 1, scales).astype(np.float32)
        codes = np.clip(np.rint(blocks / divisor) + zero, 0, 2 * zero - 1)
        error = np.square((codes - zero) * divisor - blocks).sum(axis=-1, keepdims=True)
        better = error < least
        least = np.where(better, error, least)
        best_codes = np.where(better, codes.astype(np.uint8), best_codes)
        best_scales = np.where(better, scales, best_scales)
    return Blocks(best_codes.reshape(matrix.shape), best_scales[..., 0], bits=8)
