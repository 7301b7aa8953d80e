"""What a command line names: files, folders, addresses. The servers are real, on this machine."""

import gzip
import http.server
import io
import os
import threading
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from service import __version__
from service.ingest.downloads import name_address, show_address
from service.ingest.formats import FormatError
from service.ingest.formats.limits import DEFAULT_LIMITS, Limits
from service.ingest.inputs import Input, LeftOut, find_inputs
from service.ingest.reading import Batch, read_batches
from tests.archives import COMPRESSIONS, make_tar, make_zip

ONE = b'{"title": "One"}\n{"title": "Two"}\n'
MANY = b"".join(b'{"title": "A title of some length, %d"}\n' % n for n in range(5_000))

Handle = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[dict[str, Handle]], str]]:
    """Starts a server that answers these paths; gives its address."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    servers = []

    def start(answers: dict[str, Handle]) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                answers[self.path.partition("?")[0]](self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def send(data: bytes, *, status: int = 200, length: int | None = None, **headers: str) -> Handle:
    """length: what the header says, where it lies; the connection is closed after the data."""

    def handle(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Connection", "close")
        handler.send_header("Content-Length", str(len(data) if length is None else length))
        handler.end_headers()
        handler.wfile.write(data)
        handler.close_connection = True

    return handle


def send_chunks(data: bytes, *, whole: bool) -> Handle:
    def handle(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for at in range(0, len(data), 10_000):
            part = data[at : at + 10_000]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        if whole:
            handler.wfile.write(b"0\r\n\r\n")
        handler.close_connection = True

    return handle


def lead_to(address: str) -> Handle:
    return send(b"", status=302, Location=address)


async def read(path: str, limits: Limits = DEFAULT_LIMITS) -> AsyncIterator[Batch]:
    (file,) = find_inputs(path)
    assert isinstance(file, Input)
    async with aclosing(read_batches(file, None, None, None, limits)) as batches:
        async for batch in batches:
            yield batch


async def count(path: str, limits: Limits = DEFAULT_LIMITS) -> tuple[int, int | None, int]:
    """Records; bytes in all and read at the end."""
    records, total, done = 0, None, 0
    async for batch in read(path, limits):
        records += len(batch.arrivals)
        assert not batch.rejects
        total, done = batch.bytes_total, batch.bytes_read
    return records, total, done


async def test_an_address_is_a_file(serve: Callable[[dict[str, Handle]], str]) -> None:
    agents = []

    def tell(handler: BaseHTTPRequestHandler) -> None:
        agents.append(handler.headers["User-Agent"])
        send(MANY)(handler)

    base = serve({"/papers.jsonl": tell, "/chunked": send_chunks(MANY, whole=True)})
    assert await count(f"{base}/papers.jsonl?token=x") == (5_000, len(MANY), len(MANY))
    assert agents == [f"colophon/{__version__}"]
    assert await count(f"{base}/chunked") == (5_000, None, 0)
    async for batch in read(f"{base}/papers.jsonl?token=x"):
        assert {arrival.place.file for arrival in batch.arrivals} <= {"papers.jsonl"}


async def test_compressed_files_and_answers(serve: Callable[[dict[str, Handle]], str]) -> None:
    packed = gzip.compress(MANY)
    base = serve(
        {
            "/file.gz": send(packed),
            # A file, compressed on the way; one whose own compression is called that; one that is not compressed.
            "/added": send(packed, Content_Encoding="gzip"),
            "/both.gz": send(gzip.compress(packed), Content_Encoding="gzip"),
            "/lie": send(MANY, Content_Encoding="gzip"),
            "/zst": send(COMPRESSIONS["zstd"](MANY)),
            "/x.zip": send(make_zip({"a.jsonl": MANY, "b.jsonl": ONE})),
            "/x.tar.xz": send(COMPRESSIONS["xz"](make_tar({"a.jsonl": MANY, "b.jsonl": ONE}))),
            "/br": send(MANY, Content_Encoding="br"),
        }
    )
    for path in ("/file.gz", "/added", "/both.gz", "/lie", "/zst"):
        assert (await count(base + path))[0] == 5_000, path
    for path in ("/x.zip", "/x.tar.xz"):
        assert (await count(base + path))[0] == 5_002, path
    with pytest.raises(FormatError, match="as 'br', which was not asked for"):
        await count(base + "/br")


@pytest.mark.parametrize("kind", ["length", "chunked", "gzip"])
async def test_an_answer_that_breaks_off_keeps_what_came(serve: Callable[[dict[str, Handle]], str], kind: str) -> None:
    half = MANY[: len(MANY) // 2]
    answers = {
        "length": send(half, length=len(MANY)),
        "chunked": send_chunks(half, whole=False),
        "gzip": send(COMPRESSIONS["gzip"](MANY)[:-5_000], length=len(COMPRESSIONS["gzip"](MANY))),
    }
    base = serve({"/papers.jsonl": answers[kind]})
    records = 0
    with pytest.raises(FormatError, match=r"The answer breaks off after [\d,]+ bytes: .*, after line [\d,]+\."):
        async for batch in read(f"{base}/papers.jsonl"):
            records += len(batch.arrivals)
    assert records > 500


async def test_what_is_no_file_is_said(serve: Callable[[dict[str, Handle]], str]) -> None:
    stop = threading.Event()

    def stall(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(ONE)
        stop.wait(20)

    base = serve(
        {
            "/gone": send(b"no", status=404),
            "/denied": send(b"no", status=403),
            "/broken": send(b"no", status=503),
            "/part": send(ONE, status=206),
            "/moved": lead_to("/once"),
            "/once": send(ONE),
            "/circle": lead_to("/circle"),
            "/local": lead_to("file:///etc/passwd"),
            "/stall": stall,
        }
    )
    assert (await count(f"{base}/moved"))[0] == 2
    for path, message in (
        ("/gone", "The server answers 404 Not Found"),
        ("/denied", "The server answers 403"),
        ("/broken", "The server answers 503"),
        ("/part", "The server answers 206"),
        ("/circle", "leads on more than 5 times"),
        ("/local", "cannot be read"),
    ):
        with pytest.raises(FormatError, match=message):
            await count(base + path)
    with pytest.raises(FormatError, match=r"says nothing for 0\.2 seconds"):
        await count(f"{base}/stall", Limits(timeout=0.2))
    stop.set()
    for address in ("http://127.0.0.1:1/x", "http://", "http://[/x", "http://127.0.0.1:x/"):
        with pytest.raises(FormatError, match="The address cannot be read"):
            await count(address)


def test_an_address_is_told_without_its_password() -> None:
    (file,) = find_inputs("https://user:secret@example.org/dumps/papers%20all.jsonl.gz?page=2")
    assert file == Input(
        "https://user:secret@example.org/dumps/papers%20all.jsonl.gz?page=2",
        "https://example.org/dumps/papers%20all.jsonl.gz?page=2",
        "papers all.jsonl.gz",
    )
    assert name_address("https://example.org/") == "example.org"
    assert show_address("http://[/x") == "http://[/x"


def test_a_folder_is_its_files_by_name(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a/z.jsonl", "a/deep/er.json", ".hidden", ".git/config", "Ä.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ONE)
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "b.jsonl")
    (tmp_path / "gone.jsonl").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").mkdir()
    found = list(find_inputs(str(tmp_path)))
    assert [i.name for i in found if isinstance(i, Input)] == [
        "a/deep/er.json",
        "a/z.jsonl",
        "b.jsonl",
        "gone.jsonl",
        "link.jsonl",
        "Ä.jsonl",
    ]
    left = [(Path(i.shown).name, i.reason, i.error) for i in found if isinstance(i, LeftOut)]
    assert left == [
        (".git", "hidden file", False),
        (".hidden", "hidden file", False),
        ("loop", "link to a folder", False),
        ("pipe", "no regular file", False),
    ]
    assert list(find_inputs(str(tmp_path / "empty"))) == [
        LeftOut(str(tmp_path / "empty"), "The folder is empty.", error=True)
    ]


async def test_a_zip_on_disk_shows_how_far_it_is(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(make_zip({"a.jsonl": MANY}, zipfile.ZIP_STORED))
    records, total, done = await count(str(path))
    assert (records, total) == (5_000, path.stat().st_size)
    assert 0 < done <= path.stat().st_size


async def test_standard_input_may_be_an_archive() -> None:
    data = make_zip({"a.jsonl": ONE})
    (file,) = find_inputs("-")
    assert isinstance(file, Input)
    records = [a async for b in read_batches(file, None, None, io.BytesIO(data)) for a in b.arrivals]
    assert [record.place.file for record in records] == ["-:a.jsonl"] * 2
