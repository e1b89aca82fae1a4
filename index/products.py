"""Multiply small matrices without waking other threads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Multiplications of one matrix product up to which OpenBLAS does it on one thread.
_ONE_THREAD = 1 << 18


def products(some: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the inner products (some, others) of rows (some, dimension) and (others, dimension), on this thread alone.

    NumPy's OpenBLAS shares out all but small products among threads that wait for one another by spinning: on a machine
    with anything else to do, that takes a hundred times as long as the product itself.
    """
    count, dimension = some.shape
    step = max(1, _ONE_THREAD // max(1, count * dimension))
    whole = len(others) // step * step
    pieces = np.matmul(some, others[:whole].reshape(-1, step, dimension).swapaxes(1, 2))
    last = np.matmul(some, others[whole:].T)
    return np.concatenate([*pieces, last], axis=1)
