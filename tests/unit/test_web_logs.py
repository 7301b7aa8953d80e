"""Log lines: one JSON object each, or readable; never in the way of the service."""

import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from typing import TextIO

import pytest

from service.settings import Settings
from service.web import logs
from service.web.logs import LogWriter


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    read, write = os.pipe()
    stream = os.fdopen(write, "w")
    yield read, stream
    stream.close()
    os.close(read)


@pytest.fixture(autouse=True)
def keep_root_logger() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def write_lines(pipe: tuple[int, TextIO], log_format: str) -> list[str]:
    writer = LogWriter(Settings(log_format=log_format), pipe[1])
    writer.start()
    logging.getLogger("colophon.request").info("request", extra={"request_id": "abc", "status": 200})
    logging.getLogger("other").warning("a %s\nof two lines", "text")
    try:
        raise ValueError("wrong\udce9")
    except ValueError:
        logging.getLogger("colophon.web").exception("unexpected_error", extra={"request_id": "abc"})
    logging.getLogger("other").debug("unseen")
    writer.stop()
    return os.read(pipe[0], 100_000).decode().splitlines()


@pytest.mark.parametrize("log_format", ["json", "auto"])
def test_a_line_is_a_json_object(pipe: tuple[int, TextIO], log_format: str) -> None:
    lines = [json.loads(line) for line in write_lines(pipe, log_format)]
    assert [(line["level"], line["event"]) for line in lines] == [
        ("info", "request"),
        ("warning", "a text\nof two lines"),
        ("error", "unexpected_error"),
    ]
    assert lines[0]["request_id"] == "abc"
    assert lines[0]["status"] == 200
    assert list(lines[0])[:3] == ["time", "level", "event"]
    assert "ValueError: wrong" in lines[2]["exception"]


def test_a_terminal_gets_readable_lines(pipe: tuple[int, TextIO]) -> None:
    text = "\n".join(write_lines(pipe, "console"))
    assert "request_id=abc" in text
    assert "status=200" in text
    assert "{" not in text.splitlines()[0]
    assert "ValueError" in text


def test_a_reader_who_stops_stops_nothing(pipe: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_QUEUE_LINES", 50)
    monkeypatch.setattr(logs, "_STOP_SECONDS", 0.1)
    dropped = 0

    def count() -> None:
        nonlocal dropped
        dropped += 1

    writer = LogWriter(Settings(log_format="json"), pipe[1], on_drop=count)
    writer.start()
    logger = logging.getLogger("colophon.request")
    started = time.perf_counter()
    for number in range(3000):
        logger.info("request", extra={"text": "x" * 200, "number": number})
    writer.stop()
    assert time.perf_counter() - started < 20
    # A pipe of Linux holds 64 KiB.
    assert dropped > 2000
    # Let the writer end: it still holds what it could not write.
    ended = [thread for thread in threading.enumerate() if thread.name == "log-writer"]
    os.set_blocking(pipe[0], False)
    deadline = time.monotonic() + 30
    while any(thread.is_alive() for thread in ended) and time.monotonic() < deadline:
        try:
            os.read(pipe[0], 1 << 20)
        except BlockingIOError:
            time.sleep(0.01)
        writer.stop()
    assert not any(thread.is_alive() for thread in ended)
