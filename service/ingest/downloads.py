"""http(s) addresses as streams of bytes, for the operator who names them: any address, also a private one."""

import io
import re
from typing import BinaryIO
from urllib.parse import unquote

import httpx

from service import __version__
from service.ingest.formats.compressed import decompress, recognise_compression
from service.ingest.formats.limits import Limits
from service.ingest.formats.streams import peek
from service.ingest.formats.text import FormatError

_MAX_REDIRECTS = 5
_CHUNK = 65_536


def is_address(path: str) -> bool:
    return path.lower().startswith(("http://", "https://"))


def show_address(address: str) -> str:
    """Without a user's name and password, which are no part of a report."""
    return re.sub(r"(?<=//)[^/?#]*@", "", address, count=1)


def name_address(address: str) -> str:
    """What the file is called in the places: the last part of the path, else the host."""
    host, _, path = re.sub(r"[?#].*", "", show_address(address), flags=re.DOTALL).partition("//")[2].partition("/")
    return unquote(path.rpartition("/")[2], errors="replace") or host or "-"


class Download(io.RawIOBase):
    """An answer's body as it comes, packed or not. Not seekable; tell() says how many bytes have come.

    size: in bytes, None when the server does not say.
    """

    def __init__(self, address: str, timeout: float) -> None:
        """Asks the server. Raises FormatError when it does not answer, or not with a file."""
        self._got = 0
        self._part = b""
        self._client = httpx.Client(
            follow_redirects=True,
            max_redirects=_MAX_REDIRECTS,
            timeout=timeout,
            headers={"User-Agent": f"colophon/{__version__}", "Accept": "*/*", "Accept-Encoding": "gzip"},
        )
        try:
            request = self._client.build_request("GET", address)
            self._response = self._client.send(request, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._client.close()
            raise FormatError(f"The address cannot be read: {_tell(error, timeout)}.") from error
        if self._response.status_code != httpx.codes.OK:
            answer = f"{self._response.status_code} {self._response.reason_phrase}".strip()
            self.close()
            raise FormatError(f"The server answers {answer}.")
        self._timeout = timeout
        self._parts = self._response.iter_raw()
        length = self._response.headers.get("content-length", "")
        self.size = int(length) if length.isascii() and length.isdigit() else None
        self.encoding = self._response.headers.get("content-encoding", "").strip().lower()

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._got

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._part:
            try:
                self._part = next(self._parts)
            except StopIteration:
                return 0
            except (httpx.HTTPError, httpx.StreamError) as error:
                raise FormatError(
                    f"The answer breaks off after {self._got:,} bytes: {_tell(error, self._timeout)}."
                ) from error
            self._got += len(self._part)
        part, self._part = self._part[: len(buffer)], self._part[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        if not self.closed:
            self._response.close()
            self._client.close()
        super().close()


def decode_content(download: Download, limits: Limits) -> BinaryIO:
    """The file that was sent: without the compression that the server says it added.

    Servers also name a file's own compression so, or one that is not there: the bytes decide.
    """
    stream: BinaryIO = io.BufferedReader(download, _CHUNK)
    if download.encoding in ("", "identity"):
        return stream
    if download.encoding not in ("gzip", "x-gzip", "zstd"):
        download.close()
        raise FormatError(f"The server sends the file as {download.encoding[:40]!r}, which was not asked for.")
    head, stream = peek(stream)
    kind = recognise_compression(head)
    return decompress(stream, kind, limits) if kind in ("gzip", "zstd") else stream


def _tell(error: Exception, timeout: float) -> str:
    if isinstance(error, httpx.TimeoutException):
        return f"the server says nothing for {timeout:g} seconds"
    if isinstance(error, httpx.TooManyRedirects):
        return f"it leads on more than {_MAX_REDIRECTS} times"
    if isinstance(error, httpx.ConnectError):
        return f"no connection ({error})"
    return str(error).rstrip(".") or type(error).__name__
