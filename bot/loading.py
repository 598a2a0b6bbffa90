"""Loading much at once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """While modules are loaded, all that is made stays: looking for what could go takes a quarter of the time. What has
    been loaded is not looked at afterwards either (https://docs.python.org/3/library/gc.html#gc.freeze)."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
