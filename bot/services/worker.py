"""Work for the processor, beside the event loop and without stopping it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")

_NEVER = 1_000_000_000
_MORE = 50  # times as many new objects before a small pass: some megabytes


class Worker:
    """One thread: a second would only wait for the first, and keep memory of its own."""

    def __init__(self, thread: ThreadPoolExecutor) -> None:
        self._thread = thread

    async def do(
        self, work: Callable[_Given, _Made], *given: _Given.args, **named: _Given.kwargs
    ) -> _Made:
        """What `work` gives; the loop goes on meanwhile."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: work(*given, **named))


@contextmanager
def open_worker(name: str) -> Iterator[Worker]:
    """A worker of one's own, named `name` in the list of threads."""
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
    try:
        yield Worker(thread)
    finally:
        # Whoever is being stopped does not wait for what nobody wants any more.
        thread.shutdown(wait=False, cancel_futures=True)


@contextmanager
def no_full_collections(usual: tuple[int, int, int]) -> Iterator[None]:
    """Put off the garbage collector's full passes, and most of the small ones.

    A full one walks every object there is: with thousands of subscriptions in hand, all threads
    stand still for a tenth of a second and more. `usual`, from `gc.get_threshold`, holds again
    afterwards.
    """
    young, middle, _ = usual
    gc.set_threshold(_MORE * young, middle, _NEVER)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
