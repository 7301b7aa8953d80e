"""Our JSON Lines: what is read, and that whatever is wrong is a reject of its line."""

import io
import json
import re
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import SCHEMA_DIR
from service.ingest import formats
from service.ingest.formats import FORMATS, FormatError, read_records
from service.ingest.formats.jsonl import record_schema
from service.ingest.record import MAX_AUTHORS, MAX_TITLE, Found, Place, Record, Reject, Skipped

FOLDER = Path(formats.__file__).parent
WHOLE = {
    "title": "A Title",
    "abstract": "An abstract.",
    "authors": ["Ada Lovelace", "Alan Turing"],
    "published": "2024-05-17",
    "venue": "ACL",
    "categories": ["cs.CL"],
    "url": "https://example.org/a",
    "pdf_url": "https://example.org/a.pdf",
    "license": "CC-BY-4.0",
    "urls": ["https://github.com/o/n"],
    "external_ids": {"arxiv": "1810.04805"},
    "repos": ["o/n"],
    "models": ["BERT"],
}


def read(data: bytes | str, format: str | None = None, source: str | None = None) -> list[Found | Reject | Skipped]:
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    return list(read_records(stream, "f.jsonl", format, source))


def test_every_member() -> None:
    (found,) = read(json.dumps(WHOLE))
    assert isinstance(found, Found)
    assert found.source == "jsonl"
    assert found.place == Place("f.jsonl", 1, 1)
    assert found.record == Record(
        title="A Title",
        abstract="An abstract.",
        authors=("Ada Lovelace", "Alan Turing"),
        published="2024-05-17",
        venue="ACL",
        categories=("cs.CL",),
        url="https://example.org/a",
        pdf_url="https://example.org/a.pdf",
        license="CC-BY-4.0",
        urls=("https://github.com/o/n",),
        external_ids={"arxiv": "1810.04805"},
        repos=("o/n",),
        models=("BERT",),
    )


def test_lines_and_numbers_are_counted_apart() -> None:
    places = [
        item.place for item in read('\n{"title": "A"}\r\n\r\nnot json\n{"title": "C"}') if not isinstance(item, Skipped)
    ]
    assert places == [Place("f.jsonl", 2, 1), Place("f.jsonl", 4, 2), Place("f.jsonl", 5, 3)]


def test_blanks_and_nulls_are_not_given() -> None:
    line = {"title": " A \n", "abstract": None, "venue": " ", "authors": ["", "X", None], "external_ids": {"doi": None}}
    (found,) = read(json.dumps(line))
    assert isinstance(found, Found)
    assert found.record == Record(title="A", authors=("X",))


def test_foreign_members_are_told_once() -> None:
    lines = '{"title": "A", "authers": ["X"], "upvotes": 3}\n{"title": "B", "authers": ["Y"]}'
    items = read(lines)
    assert [type(item) for item in items].count(Found) == 2
    told = {item.text: item.reason for item in items if isinstance(item, Skipped)}
    assert told == {"authers": "not a member of ours; did you mean 'authors'?", "upvotes": "not a member of ours"}
    assert sum(isinstance(item, Skipped) for item in items) == 2


def test_what_is_told_can_be_printed() -> None:
    items = read('{"title": "A", "\\ud800\\u001b[31m": 1}')
    assert [item.text for item in items if isinstance(item, Skipped)] == ["\ufffd\ufffd[31m"]


def test_foreign_members_do_not_flood_the_report() -> None:
    line = json.dumps({"title": "A"} | {f"member {n}": n for n in range(5000)})
    assert sum(isinstance(item, Skipped) for item in read(line)) == 20


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{}", "required field title"),
        ('{"title": ""}', "title is empty"),
        ('{"title": " \\u00a0"}', "title is empty"),
        ('{"title": null}', "title"),
        ('{"title": 3}', r"\$\.title"),
        ('{"title": "A", "authors": "X"}', r"\$\.authors"),
        ('{"title": "A", "authors": ["X", 3]}', r"\$\.authors\[1\]"),
        ('{"title": "A", "external_ids": {"s2": 17}}', r"\$\.external_ids"),
        ('{"title": "A", "title": "B"}', "'title' is given twice"),
        ('{"title": "A", "external_ids": {"doi": "a", "doi": "b"}}', "'doi' is given twice"),
        ('{"title": "A", "x": NaN}', "NaN is not JSON"),
        ('{"title": "A", "x": -Infinity}', "-Infinity is not JSON"),
        ('{"title": "A", "x": ' + "9" * 10_000 + "}", "too many digits"),
        ('{"title": "A", "x": ' + "[" * 20_000 + "]" * 20_000 + "}", "nested too deep"),
        ('{"title": "A", "x": ' + '{"a":' * 20_000 + "1" + "}" * 20_000 + "}", "nested too deep"),
        ('{"title": "A", "x": ' + "[" * 200_000, "nested too deep"),
        ('{"title": "A\\ud800"}', "title has half of a surrogate pair at character 2"),
        ('{"title": "A", "authors": ["X", "\\udfff"]}', r"authors\[1\] has half of a surrogate"),
        ('{"title": "A", "external_ids": {"\\ud800": "x"}}', "external_ids has half of a surrogate"),
        ('{"title": "A\\u0000B"}', "title has a NUL character at character 2"),
        ('{"title": "A\x00B"}', "not JSON"),
        ('{"title": "A", "abstract": "x', "not JSON"),
        ('{"title": "A"} trailing', "not JSON"),
        ('["A"]', "an object is expected"),
        ("3", "an object is expected"),
        ('{"title": "%s"}' % ("x" * (MAX_TITLE + 1)), r"length <= 2000.*\$\.title"),
        ('{"title": "A", "abstract": "%s"}' % ("x" * 100_001), r"length <= 100000.*\$\.abstract"),
        (json.dumps({"title": "A", "authors": ["x"] * (MAX_AUTHORS + 1)}), r"\$\.authors"),
        (json.dumps({"title": "A", "authors": ["x" * 400] * 600}), "authors has 240,000 characters"),
        ('{"title": "A", "published": "2024-02-30"}', "published is '2024-02-30'"),
        ('{"title": "A", "published": "2023-02-29"}', "published is"),
        ('{"title": "A", "published": "2024-13"}', "published is"),
        ('{"title": "A", "published": "0000"}', "published is"),
        ('{"title": "A", "published": "May 2024"}', "published is"),
        ('{"title": "A", "published": "2024-05-17\\n"}', "published is"),
        ('{"title": "A", "published": 2024}', r"\$\.published"),
        ('{"title": "A", "published": "٢٠٢٤"}', "published is"),
    ],
)
def test_a_bad_line_is_rejected_and_the_rest_read(line: str, reason: str) -> None:
    items = [
        item for item in read(f'{{"title": "Before"}}\n{line}\n{{"title": "After"}}\n') if not isinstance(item, Skipped)
    ]
    assert [type(item) for item in items] == [Found, Reject, Found]
    reject = items[1]
    assert isinstance(reject, Reject)
    assert reject.place == Place("f.jsonl", 2, 2)
    assert re.search(reason, reject.reason), reject.reason


@pytest.mark.parametrize("published", ["2024", "2024-02", "2024-02-29", "0001-01-01", "9999-12-31"])
def test_dates_as_given(published: str) -> None:
    (found,) = read(json.dumps({"title": "A", "published": published}))
    assert isinstance(found, Found)
    assert found.record.published == published


def test_bad_bytes_are_a_reject() -> None:
    good = b'{"title": "A good and long enough title"}\n'
    items = read(good * 200 + b'{"title": "caf\xe9"}\n' + good)
    (reject,) = [item for item in items if isinstance(item, Reject)]
    assert reject.place.line == 201
    assert "not UTF-8" in reject.reason


def test_utf_16_as_powershell_writes_it() -> None:
    (found,) = read('{"title": "Été"}\r\n'.encode("utf-16"))
    assert isinstance(found, Found)
    assert found.record.title == "Été"


def test_a_first_line_that_is_broken_does_not_change_the_format() -> None:
    items = read('tle": "cut"}\n{"title": "A"}\n{"title": "B"}\n')
    assert [type(item) for item in items] == [Reject, Found, Found]


@pytest.mark.parametrize("text", ['[{"title": "A"}]', '[\n {"title": "A"}]', '{\n"title": "A"\n}', '[{\n"title": 1}]'])
def test_json_that_is_not_one_object_a_line_says_how_to_convert(text: str) -> None:
    with pytest.raises(FormatError, match="jq"):
        read(text)


def test_source_and_format_can_be_said() -> None:
    (found,) = read('{"title": "A"}', source="mine", format="jsonl")
    assert isinstance(found, Found)
    assert found.source == "mine"
    with pytest.raises(FormatError, match=r"there are .*jsonl, daily_papers"):
        read('{"title": "A"}', format="xml")
    (reject,) = read("A Title", format="jsonl")
    assert isinstance(reject, Reject)


def test_every_format_is_named_once() -> None:
    names = [module.stem for module in FOLDER.glob("*.py") if "\nNAME = " in module.read_text(encoding="utf-8")]
    assert sorted(FORMATS) == sorted(names)
    assert list(FORMATS)[-2:] == ["jsonl", "daily_papers"]


# --- The contract ---


def test_the_schema_is_what_runs() -> None:
    text = (SCHEMA_DIR / "papers.schema.json").read_text(encoding="utf-8")
    assert text == json.dumps(record_schema(), indent=2, ensure_ascii=False) + "\n"
    jsonschema.Draft202012Validator.check_schema(record_schema())


_words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
_strings = st.lists(_words, max_size=3)
_objects = st.fixed_dictionaries(
    {},
    optional={
        "title": _words | st.just("") | st.integers(),
        "abstract": _words | st.none(),
        "authors": _strings | _words,
        "published": st.sampled_from(["2024", "2024-1", "2024-06-31", "2024-12-31", "x", "0000"]),
        "venue": _words | st.none(),
        "urls": _strings,
        "external_ids": st.dictionaries(_words, _words | st.integers(), max_size=2),
        "models": _strings,
        "other": st.integers(),
    },
)


@given(_objects)
def test_what_the_schema_allows_is_read_but_for_dates_of_no_calendar(line: dict[str, object]) -> None:
    valid = jsonschema.Draft202012Validator(record_schema()).is_valid(line)
    items = [item for item in read(json.dumps(line), format="jsonl") if not isinstance(item, Skipped)]
    (item,) = items
    blank_title = not str(line.get("title", "")).strip("\u180e\u200b\ufeff \t\n")
    if valid and line.get("published") != "2024-06-31" and not blank_title:
        assert isinstance(item, Found) or "title is empty" in item.reason


@given(st.binary(max_size=60))
def test_no_bytes_crash(data: bytes) -> None:
    try:
        items = read(b'{"title": "A"}\n' * 40 + data, format="jsonl")
    except FormatError as error:
        assert "binary" in str(error) or "not UTF-8" in str(error)
    else:
        assert sum(isinstance(item, Found) for item in items) >= 39
