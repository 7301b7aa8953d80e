"""The streaming readers that formats share: JSON and XML, one entry at a time."""

import io
import json
from typing import Any

import pytest

from service.ingest.formats import FormatError
from service.ingest.formats.content import open_content
from service.ingest.formats.json_items import Entry, is_json_lines, read_entries
from service.ingest.formats.json_values import peek_json
from service.ingest.formats.limits import DEFAULT_LIMITS, Limits
from service.ingest.formats.xml_items import Item, read_elements

SMALL = Limits(entry=100_000)


def read(data: bytes, *paths: str, limits: Limits = DEFAULT_LIMITS) -> list[Entry]:
    return list(read_entries(open_content(io.BytesIO(data), limits), *paths))


def elements(data: bytes, *names: str, limits: Limits = DEFAULT_LIMITS) -> list[Item]:
    return list(read_elements(open_content(io.BytesIO(data), limits), *names))


ITEMS: list[dict[str, Any]] = [
    {"title": f"T{n}", "deep": [{"}": '"]\\'}, [n]], "text": 'é "\\ \n' * n, "none": None} for n in range(400)
]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    ("value", "paths"),
    [
        (ITEMS, ()),
        (ITEMS, ("",)),
        ({"meta": {"n": 1}, "results": ITEMS}, ("results",)),
        ({"message": {"total": [1, {}], "items": ITEMS}, "status": "ok"}, ("message.items",)),
        ([{"results": ITEMS[:7]}, {"results": ITEMS[7:]}], ("results",)),
        ({"a": ITEMS[:1], "b": ITEMS[1:]}, ("a", "b")),
        ({"results": [], "data": [ITEMS]}, ("data",)),
    ],
)
def test_entries_are_found_wherever_they_stand(value: object, paths: tuple[str, ...], indent: int | None) -> None:
    found = read(json.dumps(value, indent=indent).encode(), *paths)
    assert [entry.value for entry in found] == ITEMS
    assert [entry.number for entry in found] == list(range(1, 401))


def test_lines_and_values_after_one_another() -> None:
    lines = "\n".join(json.dumps(item) for item in ITEMS).encode()
    assert [entry.value for entry in read(lines)] == ITEMS
    pretty = "\n".join(json.dumps(item, indent=1) for item in ITEMS).encode()
    assert [entry.value for entry in read(pretty)] == ITEMS
    pages = "\n".join(json.dumps({"data": ITEMS[n : n + 50]}) for n in range(0, 400, 50)).encode()
    assert [entry.value for entry in read(pages, "data")] == ITEMS


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_other_encodings(encoding: str) -> None:
    assert [e.value for e in read(json.dumps(ITEMS, ensure_ascii=False).encode(encoding))] == ITEMS


def test_an_entry_says_its_line() -> None:
    text = '{\n"results": [\n  {"a":\n 1},\n\n {"a": 2}]}'
    assert [(entry.line, entry.value) for entry in read(text.encode(), "results")] == [(3, {"a": 1}), (6, {"a": 2})]


@pytest.mark.parametrize(
    ("poison", "problem"),
    [
        (b'{"title": "caf\xe9"}', "the bytes at byte 15 of the entry are not UTF-8"),
        (b'{"title": "a\0b"}', "not JSON: Invalid control character at character 13 of the entry"),
        (b'{"title": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", "the JSON is nested too deep"),
        (b'{"title": "' + b"x" * 300_000 + b'"}', "the entry has more than 100,000 bytes"),
        (b'{"title": "' + b'\\"' * 300_000 + b'"}', "the entry has more than 100,000 bytes"),
        (b'{"authors": [' + b'"A B",' * 1_000_000 + b'"C"]}', "the entry has more than 100,000 bytes"),
        (b'{"year": ' + b"1" * 5_000 + b"}", "a number has too many digits"),
        (b'{"year": 1,,}', "not JSON: Expecting property name enclosed in double quotes at character 12 of the entry"),
        (b'"text"', "an object is expected"),
        (b"17", "an object is expected"),
    ],
)
def test_a_spoilt_entry_costs_no_other(poison: bytes, problem: str) -> None:
    good = b'{"title": "Good"}'
    found = read(b"[" + good + b",\n" + poison + b",\n" + good + b"]", limits=SMALL)
    assert [(entry.line, entry.problem) for entry in found] == [(1, None), (2, problem), (3, None)]
    reject = found[1].reject("f.json")
    assert (reject.place.file, reject.place.line, reject.place.number) == ("f.json", 2, 2)
    if not poison.startswith(b'{"title": "' + b"x") and len(poison) < 100_000:
        lines = read(good + b"\n" + poison + b"\n" + good, limits=SMALL)
        assert [entry.line for entry in lines] == [1, 2, 3]
        assert lines[1].problem is not None


def test_half_a_surrogate_pair_is_left_to_the_check() -> None:
    assert read(b'[{"title": "\\ud800"}]')[0].value == {"title": "\ud800"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'[{"a": 1}, {"a": "cut', r"ends early, in what begins at line 1"),
        (b'[\n{"a": 1},\n', r"ends early, at line 3"),
        (b'[{"a": 1} {"a": 2}]', r"Line 1 is not JSON any more: a comma or \] is expected"),
    ],
)
def test_what_came_before_the_end_is_read(data: bytes, message: str) -> None:
    entries = read_entries(open_content(io.BytesIO(data)))
    assert next(entries).value == {"a": 1}
    with pytest.raises(FormatError, match=message):
        list(entries)


@pytest.mark.parametrize("value", [ITEMS, {"results": ITEMS, "meta": 1}, {"message": {"x": 1, "items": ITEMS}}])
@pytest.mark.parametrize("indent", [None, 1])
def test_a_head_shows_what_is_whole(value: object, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    for size in (150, 1000, 5000):
        head = peek_json(tuple(text[:size].split("\n")))
        items: object = head
        for name in ("message", "items", "results"):
            items = items.get(name, items) if isinstance(items, dict) else items
        assert isinstance(items, list), head
        assert items[0]["title"] == "T0"
        assert items[:-1] == ITEMS[: len(items) - 1]


@pytest.mark.parametrize("text", ["", "plain", "[[[[[[[[[[[[[[[[[[[[", "{", '{"a', "[1,2", '{"a": "' + "x" * 99])
def test_a_head_of_anything(text: str) -> None:
    peek_json((text,))


def test_json_lines_are_told_from_json() -> None:
    for data, expected in (
        (b'{"a": 1}\n{"a": 2}', True),
        (b'{"a": 1}\nbroken\n{"a": 2}', True),
        (b'{\n "a": 1,\n "b": {"c": 1}\n}', False),
        (b'[{"a": 1},\n{"a": 2}]', False),
    ):
        assert is_json_lines(open_content(io.BytesIO(data)).head) is expected


RECORDS = "".join(
    f'<record n="{n}"><header><id>{n}</id></header><dc:title xmlns:dc="urn:dc">T &amp; é {n}</dc:title></record>\n'
    for n in range(3000)
)
OAI = f'<?xml version="1.0"?>\n<OAI xmlns="urn:oai"><list set="cs">\n{RECORDS}</list><resumptionToken/></OAI>'


def test_elements_with_their_ancestors() -> None:
    found = elements(OAI.encode(), "record", "resumptionToken")
    assert len(found) == 3001
    assert found[17].element.findtext("{*}title") == "T & é 17"
    assert found[17].element.get("n") == "17"
    assert (found[17].number, found[17].line) == (18, 20)
    assert [(a.tag, a.attributes) for a in found[17].ancestors] == [
        ("{urn:oai}OAI", {}),
        ("{urn:oai}list", {"set": "cs"}),
    ]
    assert found[-1].element.tag == "{urn:oai}resumptionToken"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_encodings_of_xml(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?><a><b>é</b></a>'
    assert elements(text.encode(encoding), "b")[0].element.text == "é"


@pytest.mark.parametrize(
    ("poison", "problem"),
    [
        ("<t>" * 5_000 + "</t>" * 5_000, "it is nested too deep"),
        ("x" * 300_000, "it is larger than 100,000 characters"),
        ("<author>A B</author>" * 100_000, "it is larger than 100,000 characters"),
        (f'<t a="{"x" * 300_000}"/>', "it is larger than 100,000 characters"),
    ],
)
def test_a_spoilt_element_costs_no_other(poison: str, problem: str) -> None:
    data = f"<a>\n<b>1</b>\n<b>{poison}</b>\n<b>2</b></a>".encode()
    found = elements(data, "b", limits=SMALL)
    assert [(item.line, item.element.text, item.problem) for item in found] == [
        (2, "1", None),
        (3, None, problem),
        (4, "2", None),
    ]


LAUGHS = '<!DOCTYPE a [<!ENTITY l0 "ha">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (f"{LAUGHS}]><a><b>&l11;</b></a>", "defines entities at line 1"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a><b>&x;</b></a>', "defines entities"),
        ("<a><b>1</b>\n<b>&nbsp;</b></a>", "not well-formed at line 2"),
        ("<a><b>1</b>\n<b><</b></a>", "not well-formed at line 2"),
        ("<a><b>1</b>\n<b>", "not well-formed at line 2"),
        ("<a>" + "<c>" * 200, "nested too deep"),
        (f'<a><b>1</b><c x="{"x" * 600_000}"/></a>', "a tag of more than"),
    ],
)
def test_hostile_xml(data: str, message: str) -> None:
    before: list[str | None] = []
    with pytest.raises(FormatError, match=message):
        before.extend(i.element.text for i in read_elements(open_content(io.BytesIO(data.encode()), SMALL), "b"))
    assert before == ["1"] * data.count("<b>1</b>")


def test_a_plain_doctype_is_read_over() -> None:
    data = b'<!DOCTYPE a PUBLIC "-//X" "http://127.0.0.1:1/x.dtd"><a><b>1</b></a>'
    assert elements(data, "b")[0].element.text == "1"


def test_an_outline() -> None:
    outline = open_content(io.BytesIO(OAI.encode())).head.xml
    assert outline is not None
    assert (outline.root, outline.names[:3]) == ("OAI", ("OAI", "list", "record"))
    assert outline.namespaces == ("urn:oai", "urn:dc")
    assert open_content(io.BytesIO(b"no <xml/>")).head.xml is None
