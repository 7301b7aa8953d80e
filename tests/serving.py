"""The service on a real socket, in the loop of the tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from service.settings import Settings
from service.web.server import listen, serve


@asynccontextmanager
async def serve_live(app: Starlette, settings: Settings) -> AsyncIterator[str]:
    """Its address, "http://127.0.0.1:…". At the end it is stopped as a signal stops it."""
    listener = listen(settings)
    ready, stop = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve(app, settings, [listener], on_ready=ready.set, stop=stop, logs=False))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait([serving, waiting], return_when=asyncio.FIRST_COMPLETED)
    try:
        if serving.done():
            await serving
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        waiting.cancel()
        stop.set()
        await serving
