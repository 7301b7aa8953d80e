"""The formats whose files are JSON: each sample is recognised as its own format alone, whatever its layout and size."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.ingest.formats import FORMATS, FormatError
from service.ingest.formats.content import Head, open_content
from service.ingest.formats.streams import HEAD_BYTES
from service.ingest.record import Found, Reject, Skipped
from tests.conftest import DATA
from tests.reading import read_lines

SAMPLES = sorted((DATA / "formats").glob("*.json*"))
NAMES = (
    "arxiv_daily arxiv_snapshot crossref datacite hf_papers openalex paperlists pwc_links pwc_papers s2orc "
    "semantic_scholar".split()
)
LAST = FORMATS["jsonl"].rank
FOREIGN = [sample for sample in SAMPLES if sample.name.partition(".")[0] in NAMES]
# Those that are a list or an object a line.
LISTED = [sample for sample in FOREIGN if sample.suffix == ".jsonl" or sample.read_bytes().startswith(b"[")]
# Entries that cannot be read.
SPOILT = [b'{"id": "x", "title" "cut"}', b'{"a": "\xff\xfe"}', b"{" * 200 + b"}" * 200, b"null"]
# What no one expects of any member.
_ODD: list[Any] = [None, 7, -1.5, True, "odd", [], [None, 3, ["x"], {}], {}, {"name": {"a": []}}]
# A folder of ../shared/data/formats and the format its files are of.
SHARED = {
    "arxiv_daily_jsonl": "arxiv_daily",
    "crossref": "crossref",
    "datacite": "datacite",
    "hf_daily_papers": "hf_papers",
    "paperlists_json": "paperlists",
    "pwc_dump": "pwc_links",
    "s2orc": "s2orc",
    "semantic_scholar_api": "semantic_scholar",
}


def peek(data: bytes, tmp_path: Path) -> Head:
    path = tmp_path / "sample"
    path.write_bytes(data)
    with path.open("rb") as stream:
        return open_content(stream).head


def recognise(head: Head) -> list[str]:
    """Every format that takes it, but those that take whatever is left."""
    return [name for name, format in FORMATS.items() if format.rank < LAST and format.recognise(head)]


def choose(head: Head) -> str | None:
    """The format that a load takes."""
    for name, format in FORMATS.items():
        try:
            if format.recognise(head):
                return name
        except FormatError:
            return None
    return None


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_each_sample_is_of_its_own_format_and_of_no_other(sample: Path, tmp_path: Path) -> None:
    own = sample.name.partition(".")[0]
    head = peek(sample.read_bytes(), tmp_path)
    assert recognise(head) == [own] * (own in NAMES)
    assert choose(head) == own


def test_there_is_a_sample_of_every_format() -> None:
    assert set(NAMES) == {sample.name.partition(".")[0] for sample in SAMPLES} - {"jsonl"}


@pytest.mark.parametrize("layout", ["pretty", "one line", "utf-16", "bom"])
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_a_large_file_is_recognised_and_read_in_any_layout(sample: Path, layout: str, tmp_path: Path) -> None:
    own = sample.name.partition(".")[0]
    small = count(read_lines(sample.read_bytes(), "f"))
    values, times = grow(sample)
    text = "\n".join(
        json.dumps(value, ensure_ascii=False, indent=1 if layout == "pretty" and len(values) == 1 else None)
        for value in values
    )
    data = text.encode({"bom": "utf-8-sig", "utf-16": "utf-16"}.get(layout, "utf-8"))
    head = peek(data, tmp_path)
    assert choose(head) == own
    if own in NAMES:
        assert recognise(head) == [own]
        large = count(read_lines(data, "f"))
        assert large == {kind: number * times for kind, number in small.items()}
        assert times == 1 or len(data) > 2 * HEAD_BYTES


def grow(sample: Path) -> tuple[list[Any], int]:
    """The values of a file like this one with its entries again and again, and how often they are there."""
    text = sample.read_text(encoding="utf-8")
    if sample.suffix == ".jsonl":
        lines = [json.loads(line) for line in text.splitlines()]
        times = 3 * HEAD_BYTES // len(text) + 1
        return lines * times, times
    value = json.loads(text)
    times = 6 * HEAD_BYTES // len(json.dumps(value, ensure_ascii=False)) + 1
    if isinstance(value, list):
        return [value * times], times
    for holder in (value, value.get("message")):
        for name in ("data", "results", "items", "dailyPapers"):
            if isinstance(holder, dict) and isinstance(holder.get(name), list) and holder[name]:
                holder[name] = holder[name] * times
                return [value], times
    return [value], 1


def count(items: list[Any]) -> dict[str, int]:
    return {kind.__name__: sum(isinstance(item, kind) for item in items) for kind in (Found, Reject, Skipped)}


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_longer_than_the_head_is_recognised(name: str, tmp_path: Path) -> None:
    """As a line of S2ORC's full texts is."""
    for sample in SAMPLES:
        if sample.suffix != ".jsonl" or not sample.name.startswith(name + "."):
            continue
        entry = json.loads(sample.read_text(encoding="utf-8").splitlines()[0])
        longest = max(entry, key=lambda member: len(str(entry[member])))
        entry = {**{k: v for k, v in entry.items() if k != longest}, longest: entry[longest]}
        text = json.dumps(entry)
        line = (
            text[:-2] + "x" * 2 * HEAD_BYTES + text[-2:]
            if text.endswith('"}')
            else text[:-1] + ', "z": "' + ("x" * 2 * HEAD_BYTES) + '"}'
        )
        assert recognise(peek(line.encode(), tmp_path)) == [name]


@pytest.mark.parametrize("spoilt", SPOILT)
@pytest.mark.parametrize("sample", LISTED, ids=lambda path: path.name)
def test_a_spoilt_first_entry_hides_no_format(sample: Path, spoilt: bytes, tmp_path: Path) -> None:
    own = sample.name.partition(".")[0]
    data = sample.read_bytes()
    if data.startswith(b"["):
        data = b"[" + spoilt + b"," + data[1:]
    else:
        data = (spoilt if spoilt != b"null" else b"{]") + b"\n" + data * 3
    assert recognise(peek(data, tmp_path)) == [own]
    items = read_lines(data, format=own)
    assert isinstance(items[0], Skipped if spoilt == b"null" and data.startswith(b"[") else Reject)
    assert any(isinstance(item, Found) for item in items)


def test_a_list_of_answers_is_read_too() -> None:
    answers = [json.loads((DATA / "formats" / "crossref.work.json").read_text(encoding="utf-8"))] * 2
    pages = [json.loads((DATA / "formats" / "openalex.page.json").read_text(encoding="utf-8"))] * 3
    assert count(read_lines(json.dumps(answers)))["Found"] == 2
    assert count(read_lines(json.dumps(pages, indent=1))) == {"Found": 3, "Reject": 3, "Skipped": 0}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("entry", ["{}", '{"title": null, "paper": [], "id": 7, "authors": {"a": 1}}', '{"title": 3}'])
def test_what_has_no_title_is_a_reject(name: str, entry: str) -> None:
    (item,) = read_lines(entry, format=name)
    assert isinstance(item, Reject)
    assert (item.reason, item.place.line) == ("title is empty", 1)


@pytest.mark.parametrize("sample", FOREIGN, ids=lambda path: path.name)
def test_no_member_of_a_wrong_type_stops_a_file(sample: Path) -> None:
    """Each member in turn becomes what no one expects; what is read then is still an entry or its reject."""
    name = sample.name.partition(".")[0]
    text = sample.read_text(encoding="utf-8")
    values = [json.loads(text)] if sample.suffix == ".json" else [json.loads(line) for line in text.splitlines()]
    for value in values:
        expected = sum(count(read_lines(json.dumps(value), format=name)).values())
        for odd in _ODD:
            for spoilt in spoil(value, odd):
                items = read_lines(json.dumps(spoilt), format=name)
                assert (
                    items
                    or not expected
                    or name in ("crossref", "openalex", "semantic_scholar", "datacite", "hf_papers")
                )
                assert all(isinstance(item, Found | Reject | Skipped) for item in items)


def spoil(value: Any, odd: Any) -> list[Any]:
    """Copies of a value, in each of which one member, however deep, is odd."""
    if isinstance(value, dict):
        return [
            {**value, name: other}
            for name in value
            for other in [odd, *(spoil(value[name], odd) if isinstance(value[name], dict | list) else [])]
        ]
    if isinstance(value, list):
        return [[*value[:n], other, *value[n + 1 :]] for n, item in enumerate(value[:2]) for other in spoil(item, odd)]
    return []


@pytest.mark.parametrize("folder", sorted(SHARED))
def test_real_files_are_read_without_a_reject(folder: str, shared_dir: Path) -> None:
    files = sorted((shared_dir / "data" / "formats" / folder).glob("*"))
    if not files:
        pytest.skip(f"no files of {folder} in {shared_dir}")
    for path in files:
        with path.open("rb") as stream:
            head = open_content(stream).head
        assert recognise(head) == [SHARED[folder]]
        items = read_lines(path.read_bytes(), path.name)
        assert items
        assert count(items) == {"Found": len(items), "Reject": 0, "Skipped": 0}


def test_the_example_of_the_documentation_reads_its_file(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    example: dict[str, Any] = {}
    exec(text.split("```python\n")[1].split("```")[0], example)
    entries = [{"name": "T", "summary": "A.", "doi": "10.1/a"}, {"name": None, "summary": "B."}]
    path = tmp_path / "example.json"
    path.write_text(json.dumps({"papers": entries}), encoding="utf-8")
    assert example["recognise"](peek(path.read_bytes(), tmp_path))
    with path.open("rb") as stream:
        found, reject = example["read"](open_content(stream), path.name, example["SOURCE"])
    assert (found.record.title, found.record.abstract, found.record.external_ids) == ("T", "A.", {"doi": "10.1/a"})
    assert (reject.place.number, reject.reason) == (2, "title is empty")
