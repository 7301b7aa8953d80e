"""Run a command's coroutine so that it closes what it opened, however it is stopped."""

import asyncio
import signal
from collections.abc import Coroutine
from types import FrameType
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, run on uvloop.

    SIGTERM cancels it, as SIGINT does, so that a server or a transaction that it opened is closed. Raises
    SystemExit with 143 then, and KeyboardInterrupt after SIGINT.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        stopped = False

        async def stoppable() -> T:
            loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)

            def stop(_signal: int, _frame: FrameType | None) -> None:
                nonlocal stopped
                stopped = True
                loop.call_soon_threadsafe(task.cancel)

            # Not loop.add_signal_handler: it would still be called while the HTTP server has its own handler.
            signal.signal(signal.SIGTERM, stop)
            return await task

        try:
            return runner.run(stoppable())
        except asyncio.CancelledError:
            if stopped:
                raise SystemExit(128 + signal.SIGTERM) from None
            raise
