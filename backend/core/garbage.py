"""When Python looks for garbage: reference cycles that nothing leads to any more."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collection() -> Iterator[None]:
    """Look for no garbage in the block, and never again at what there is at its end.

    Loading makes a million objects that stay, and no garbage, which to look for takes a fifth of
    the time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
