"""Each file is recognised as its own format, and as no other that is as strict."""

import io
from pathlib import Path

import pytest

from service.ingest.formats import FORMATS, read_records
from service.ingest.formats.content import open_content
from service.ingest.record import Found
from tests.reading import SAMPLES
from tests.shared import find_shared

SHARED = find_shared() / "data" / "formats"
OWN = ("acl_anthology", "arxiv_atom", "arxiv_oai", "grobid_tei", "bibtex", "ris")
# What takes whatever is left.
LAST = 900
FILES = [(name, path) for name in OWN for path in sorted((SAMPLES / name).iterdir())]
OTHERS = ("crossref", "datacite", "hf_daily_papers", "pwc_dump", "paperlists_json", "s2orc", "semantic_scholar_api")


def recognise(data: bytes) -> list[str]:
    head = open_content(io.BytesIO(data)).head
    return [name for name, format in FORMATS.items() if format.rank < LAST and format.recognise(head)]


@pytest.mark.parametrize(("name", "path"), FILES, ids=[f"{name}/{path.name}" for name, path in FILES])
def test_our_files(name: str, path: Path) -> None:
    assert recognise(path.read_bytes()) == [name]


@pytest.mark.parametrize("name", OWN)
def test_every_format_has_files(name: str) -> None:
    assert any(found == name for found, _ in FILES)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared files are not there")
@pytest.mark.parametrize("name", OWN)
def test_shared_files(name: str) -> None:
    folder = SHARED / {"acl_anthology": "acl_anthology_xml"}.get(name, name)
    if not folder.is_dir():
        pytest.skip(f"there is no shared file of {name}")
    paths = sorted(folder.iterdir())
    assert paths
    for path in paths:
        assert recognise(path.read_bytes()) == [name], path.name


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared files are not there")
@pytest.mark.parametrize("folder", OTHERS)
def test_shared_files_of_others(folder: str) -> None:
    for path in sorted((SHARED / folder).iterdir()):
        assert not set(recognise(path.read_bytes())) & set(OWN), path.name


@pytest.mark.parametrize(
    "text",
    [
        '{"title": "@article{a, title = {T}}"}\n',
        "<html><body><p>TY  - JOUR</p><pre>@article{a,</pre></body></html>",
        '<rss version="2.0"><channel><title>arXiv</title></channel></rss>',
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>A blog</title><entry><title>T</title></entry></feed>',
        "<collection><item/></collection>",
        "A Title of a Paper\n\nWe email ada@example.org (and others) about TY - a type.\n",
    ],
)
def test_what_is_none_of_them(text: str) -> None:
    assert not set(recognise(text.encode())) & set(OWN)


@pytest.mark.parametrize(
    "text",
    [
        "% only a comment\n\n@string{a = {b}}\n@book{b, title = {T}}\n",
        "Some words of a program that wrote this.\n\n  @ARTICLE {b,\n title = {T}}\n",
        "@article(b, title = {T})",
    ],
)
def test_bibtex_of_many_hands(text: str) -> None:
    (found,) = (item for item in read_records(io.BytesIO(text.encode()), "f") if isinstance(item, Found))
    assert found.record.title == "T"
