"""`colophon load` of folders, archives and addresses, and of streams made to fill its memory."""

import json
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.archives import COMPRESSIONS, make_tar, make_zip
from tests.e2e.processes import environment, run
from tests.poison import STREAMS

ONE = b'{"title": "One"}\n{"title": "Two"}\n'
TWO = b'{"title": "Three"}\n{"title": 3}\n'
# The whole process with its driver, whatever it reads.
MOST_MEMORY = 200_000
# Says how much memory it had at most (of this program alone: what a parent reads is of the fork as well).
MEASURED = """
import atexit, pathlib, sys
path = pathlib.Path(sys.argv.pop(1))
atexit.register(lambda: path.write_text(pathlib.Path("/proc/self/status").read_text()))
from service.__main__ import main
sys.exit(main())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.jsonl.zst").write_bytes(COMPRESSIONS["zstd"](ONE))
    (folder / "sub" / "b.zip").write_bytes(make_zip({"x/b.jsonl": TWO, "../out.jsonl": ONE}))
    (folder / "sub" / "c.tar.gz").write_bytes(COMPRESSIONS["gzip"](make_tar({"c.json": b'{"title": "Four"}'})))
    (folder / ".hidden").write_bytes(ONE)
    return folder


def test_a_folder_is_loaded_file_by_file(dsn: str, folder: Path) -> None:
    loaded = run("load", "--json", str(folder), DATABASE_URL=dsn)
    assert loaded.returncode == 3
    report = json.loads(loaded.stdout)
    assert (report["created"], report["rejected"]) == (4, 2)
    told, *files = report["files"]
    assert (told["file"], [s["text"] for s in told["skipped"]]) == (str(folder), [".hidden"])
    assert [(file["file"], file["created"], file["rejected"]) for file in files] == [
        (str(folder / "a.jsonl.zst"), 2, 0),
        (str(folder / "sub" / "b.zip"), 1, 2),
        (str(folder / "sub" / "c.tar.gz"), 1, 0),
    ]
    again = run("load", str(folder), DATABASE_URL=dsn)
    assert again.stdout == "0 created, 0 updated, 4 unchanged, 0 merged, 2 rejected\n"
    archive = folder / "sub" / "b.zip"
    assert [line.split(": ")[0] for line in again.stderr.splitlines()] == [
        f"{archive}:x/b.jsonl:2",
        f"{archive}:../out.jsonl",
    ]


def test_an_address_is_loaded_and_one_that_is_gone_is_told(dsn: str, folder: Path) -> None:
    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(folder))  # type: ignore[arg-type]

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        base = f"http://user:secret@127.0.0.1:{server.server_address[1]}"
        paths = ("a.jsonl.zst", "gone.jsonl", "sub/b.zip")
        loaded = run("load", *(f"{base}/{path}" for path in paths), DATABASE_URL=dsn, NO_PROXY="127.0.0.1")
    finally:
        server.shutdown()
        server.server_close()
    shown = base.replace("user:secret@", "")
    assert loaded.returncode == 3
    assert loaded.stdout == "3 created, 0 updated, 0 unchanged, 0 merged, 2 rejected\n"
    lines = loaded.stderr.splitlines()
    assert lines[0] == f"{shown}/gone.jsonl: The server answers 404 File not found."
    assert lines[1].startswith(f"{shown}/sub/b.zip:x/b.jsonl:2: ")
    assert lines[2].startswith(f"{shown}/sub/b.zip:../out.jsonl: the member's name leads out of the archive")
    assert "secret" not in loaded.stderr


@pytest.mark.timeout(400)
@pytest.mark.parametrize("format", STREAMS)
def test_memory_is_flat_whatever_is_read(dsn: str, tmp_path: Path, format: str) -> None:
    status = tmp_path / "status"
    process = subprocess.Popen(
        [sys.executable, "-c", MEASURED, str(status), "load", "--json", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment({"DATABASE_URL": dsn}),
    )
    assert process.stdin is not None
    size = 0
    for piece in STREAMS[format]():
        process.stdin.write(piece)
        size += len(piece)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 3
    assert size > 150_000_000
    report = json.loads(output)
    # Nothing good is lost among the bad.
    assert report["files"][0]["error"] is None
    assert report["rejected"] >= 4
    assert report["created"] >= 5
    peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    assert int(peak.split()[1]) < MOST_MEMORY
