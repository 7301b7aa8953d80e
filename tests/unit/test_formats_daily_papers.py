"""The Daily Papers page as people save it: our sample page, bent in every way, gives the same papers."""

import gzip
import io
import random
import re
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import service
from service.ingest.formats import FormatError, read_records
from service.ingest.record import Found, Place, Reject, Skipped

SAMPLE = Path(service.__file__).parent / "ingest" / "sample" / "daily-papers.txt"
TEXT = SAMPLE.read_text(encoding="utf-8").rstrip("\n")
PARTS = TEXT.split("\n\n")
HEADER = PARTS[:4]
PAIRS = list(zip(PARTS[4::2], PARTS[5::2], strict=True))
LONG = "Some models see every word of a text at once, and others only those before it. " * 20

Pairs = list[tuple[str, str]]
Items = list[Found | Reject | Skipped]


def read(text: str | bytes, format: str | None = None) -> Items:
    return list(read_records(io.BytesIO(text.encode() if isinstance(text, str) else text), "page.txt", format))


def papers(items: Items) -> Pairs:
    return [(item.record.title, item.record.abstract) for item in items if isinstance(item, Found)]


def rejects(items: Items) -> list[Reject]:
    return [item for item in items if isinstance(item, Reject)]


def skipped(items: Items) -> list[tuple[str, str]]:
    return [(item.text, item.reason) for item in items if isinstance(item, Skipped)]


def page(pairs: Pairs, header: list[str] = HEADER) -> str:
    return "\n\n".join([*header, *(part for pair in pairs for part in pair if part)])


def test_the_sample() -> None:
    items = read(SAMPLE.read_bytes())
    assert papers(items) == PAIRS
    assert len(PAIRS) == 43
    assert skipped(items) == [(line, "header") for line in HEADER]
    assert rejects(items) == []
    first = next(item for item in items if isinstance(item, Found))
    assert first.source == "daily_papers"
    assert first.place == Place("page.txt", 9, 1)
    assert [item.place.line for item in items if isinstance(item, Found)] == list(range(9, 9 + 4 * 43, 4))


def test_the_sample_is_in_our_own_words(shared_dir: Path) -> None:
    theirs = set(re.findall(r"[^.!?\n]{40,}", (shared_dir / "data/daily-papers-page.txt").read_text(encoding="utf-8")))
    assert not [sentence for sentence in theirs if sentence in TEXT]
    for _, abstract in PAIRS:
        assert 80 <= len(abstract.split()) <= 160


def test_the_real_page(shared_dir: Path) -> None:
    items = read((shared_dir / "data/daily-papers-page.txt").read_bytes())
    assert len(papers(items)) == 94
    assert [reason for _, reason in skipped(items)] == ["header"] * 5
    assert rejects(items) == []
    assert all(len(title) < 200 and len(abstract) > 1000 for title, abstract in papers(items))
    numbers = [item.place.number for item in items if isinstance(item, Found)]
    assert numbers == list(range(1, 95))


BENT: dict[str, Callable[[str], str | bytes]] = {
    "crlf": lambda t: t.replace("\n", "\r\n"),
    "cr": lambda t: t.replace("\n", "\r"),
    "cr cr lf": lambda t: t.replace("\n", "\r\r\n"),
    "bom": lambda t: "\ufeff" + t,
    "utf-16": lambda t: t.encode("utf-16"),
    "utf-16-le without mark": lambda t: t.encode("utf-16-le"),
    "utf-16-be without mark": lambda t: t.encode("utf-16-be"),
    "gzip": lambda t: gzip.compress(t.encode()),
    "no blank lines": lambda t: t.replace("\n\n", "\n"),
    "doubled blank lines": lambda t: t.replace("\n\n", "\n\n\n\n"),
    "blank lines at the end": lambda t: t + "\n\n \n\n",
    "no line end at the end": lambda t: t.rstrip("\n"),
    "blank lines at the beginning": lambda t: "\n\n\n" + t,
    "trailing spaces": lambda t: t.replace("\n", "  \t\u00a0\n"),
    "leading spaces": lambda t: re.sub(r"(?m)^(?=.)", "    ", t),
    "blanks in blank lines": lambda t: t.replace("\n\n", "\n \u00a0\u200b\n"),
    "separators": lambda t: t.replace("\n\n", "\n\n----\n\n"),
    "numbered": lambda t: t.replace("\n\n", "\n\n12\n\n"),
    "random blank lines": lambda t: "".join(
        part + random.Random(n).choice(["\n", "\n\n", "\n\n\n"]) for n, part in enumerate(t.split("\n\n"))
    ),
}


@pytest.mark.parametrize("bend", BENT.values(), ids=BENT)
@pytest.mark.parametrize("header", [HEADER, []], ids=["header", "no header"])
def test_spacing_and_encodings(bend: Callable[[str], str | bytes], header: list[str]) -> None:
    items = read(bend(page(PAIRS, header)))
    assert papers(items) == PAIRS
    assert [text for text, reason in skipped(items) if reason == "header"] == header
    assert rejects(items) == []


@pytest.mark.parametrize("glue", [0, 1, 2])
def test_no_blank_line_between_a_title_and_its_abstract(glue: int) -> None:
    """Of all pairs, or of every second."""
    parts = [title + ("\n" if n % 2 in (0, glue) else "\n\n") + abstract for n, (title, abstract) in enumerate(PAIRS)]
    assert papers(read("\n\n".join(HEADER + parts))) == PAIRS


def wrap(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False))


@pytest.mark.parametrize("width", [60, 72, 80, 100, 120, 160])
@pytest.mark.parametrize("shape", ["all", "abstracts", "glued"])
def test_broken_lines(width: int, shape: str) -> None:
    if shape == "all":
        text = "\n\n".join(wrap(part, width) for part in PARTS)
    else:
        between = "\n" if shape == "glued" else "\n\n"
        text = "\n\n".join(HEADER + [title + between + wrap(abstract, width) for title, abstract in PAIRS])
    assert papers(read(text)) == PAIRS


def test_a_sentence_a_line() -> None:
    broken = [(title, re.sub(r"(?<=[.?]) (?=[A-Z])", "\n", abstract)) for title, abstract in PAIRS]
    assert papers(read(page(broken))) == PAIRS


def test_lines_broken_at_a_hyphen_are_joined_at_it() -> None:
    text = """A Title of Some Words

We study in some detail the representations of pre-
trained models of several sizes and of many kinds --
and of others."""
    ((_, abstract),) = papers(read(text))
    assert abstract == (
        "We study in some detail the representations of pre-trained models of several sizes and of many kinds -- "
        "and of others."
    )


HEADERS = [
    [],
    ["Papers"],
    ["Daily Papers", "by Jane and friends"],
    ["Welcome", "Your daily dose of papers."],
    ["Trending", "Sign up for our newsletter.", "Updated daily.", "By Jane"],
    ["Saved from https://huggingface.co/papers on 2024-05-01"],
    ["Hugging Face", "Models", "Datasets", "Spaces", "Docs", "Log In", "Sign Up", "Daily Papers", "Apr 3", "Submit"],
    ["每日论文", "热门"],
]


@pytest.mark.parametrize("header", HEADERS, ids=lambda h: h[0] if h else "none")
@pytest.mark.parametrize("between", ["\n", "\n\n"], ids=["glued", "spaced"])
def test_any_header(header: list[str], between: str) -> None:
    items = read(between.join(header) + "\n\n" + page(PAIRS, []))
    assert papers(items) == PAIRS
    assert skipped(items) == [(line, "header") for line in header]


@pytest.mark.parametrize("at", [1, 20, 42])
def test_a_title_without_an_abstract_is_kept(at: int) -> None:
    pairs = list(PAIRS)
    pairs[at] = (pairs[at][0], "")
    for text in (page(pairs), page(pairs).replace("\n\n", "\n"), page(pairs, [])):
        items = read(text)
        assert papers(items) == pairs
        assert rejects(items) == []


def test_two_titles_without_abstracts_in_a_row() -> None:
    pairs = [(title, "" if n in (3, 4, 41, 42) else abstract) for n, (title, abstract) in enumerate(PAIRS)]
    assert papers(read(page(pairs))) == pairs


@pytest.mark.parametrize("at", [1, 20, 42])
@pytest.mark.parametrize("between", ["\n", "\n\n"], ids=["glued", "spaced"])
def test_an_abstract_without_a_title_is_rejected_with_its_line(at: int, between: str) -> None:
    parts = [part for n, pair in enumerate(PAIRS) for part in (pair if n != at else pair[1:])]
    text = between.join(HEADER + parts)
    items = read(text)
    assert papers(items) == PAIRS[:at] + PAIRS[at + 1 :]
    (reject,) = rejects(items)
    assert reject.place == Place("page.txt", text.split("\n").index(PAIRS[at][1]) + 1, at + 1)
    assert "without a title" in reject.reason


def test_an_abstract_before_all_titles_is_rejected() -> None:
    items = read(LONG + "\n\n" + page(PAIRS, []))
    assert papers(items) == PAIRS
    assert [reject.place for reject in rejects(items)] == [Place("page.txt", 1, 1)]


def test_two_paragraphs_are_not_one_abstract() -> None:
    items = read(f"A Title of Some Words\n\n{LONG}\n\n{LONG}\n\nAnother Title\n\n{LONG}\n")
    assert [title for title, _ in papers(items)] == ["A Title of Some Words", "Another Title"]
    assert [reject.place for reject in rejects(items)] == [Place("page.txt", 5, 2)]


@pytest.mark.parametrize("end", ["!", "?", "."])
def test_titles_with_any_end(end: str) -> None:
    pairs = [(title.rstrip("!?.:") + end, abstract) for title, abstract in PAIRS]
    assert papers(read(page(pairs))) == pairs


@pytest.mark.parametrize(
    "title", ["Pointer Networks", "Yi", "GottBERT!", "iGPT?", "3D", "β-VAE", "“Quoted” (Again)", "a b"]
)
def test_short_and_odd_titles(title: str) -> None:
    pairs = [*PAIRS[:5], (title, LONG.strip()), *PAIRS[5:9]]
    assert papers(read(page(pairs))) == pairs


def test_long_titles() -> None:
    pairs = [
        (" ".join(PAIRS[(n + k) % len(PAIRS)][0] for k in range(3))[:380].strip(), abstract)
        for n, (_, abstract) in enumerate(PAIRS)
    ]
    assert papers(read(page(pairs))) == pairs


def test_short_abstracts() -> None:
    first_sentences = [(title, re.split(r"(?<=\.) (?=[A-Z])", abstract)[0]) for title, abstract in PAIRS]
    assert papers(read(page(first_sentences))) == first_sentences
    toys = [("Title One", "Abstract one."), ("Title Two", "Abstract two.")]
    assert papers(read(page(toys, []))) == toys
    assert papers(read("BERT: Pre-training\n\nWe introduce BERT.\n")) == [("BERT: Pre-training", "We introduce BERT.")]
    withdrawn = [*PAIRS[:4], (PAIRS[4][0], "This paper has been withdrawn."), *PAIRS[5:]]
    assert papers(read(page(withdrawn))) == withdrawn


def test_pages_joined_in_one_file() -> None:
    text = page(PAIRS)
    items = read(f"{text}\n\n{text}\n\ufeff{text}")
    assert papers(items) == PAIRS * 3
    assert [reason for _, reason in skipped(items)] == ["header"] * 4 + ["footer"] * 8


def test_a_footer() -> None:
    footer = "Previous|1|2|Next|Company|TOS|Privacy|About|Careers|Website|Models|Datasets|Spaces|Pricing|Docs".split(
        "|"
    )
    for between in ("\n\n", "\n"):
        items = read(TEXT + "\n\n" + between.join(footer))
        assert papers(items) == PAIRS


def test_a_line_repeated_between_entries() -> None:
    items = read("\n\n".join(f"{title}\n\n{abstract}\n\nUpvote\n12" for title, abstract in PAIRS))
    assert papers(items) == PAIRS


def test_east_asian_pages() -> None:
    pairs = [
        (f"面向低资源语言的预训练模型研究之{n}", "近年来,预训练语言模型取得了显著进展。本文提出一种新的方法。" * 8)
        for n in "一二三四五六"
    ]
    assert papers(read(page(pairs, ["每日论文"]))) == pairs


def test_a_long_file_is_read_as_a_stream() -> None:
    """Many windows; and the first paper comes out long before the last is read."""

    class Endless(io.RawIOBase):
        def __init__(self) -> None:
            self.given = 0
            self.rest = b""

        def readable(self) -> bool:
            return True

        def read(self, size: int | None = -1) -> bytes:
            if not self.rest:
                self.rest = (page(PAIRS, []) + "\n\n").encode()
                self.given += 1
            part, self.rest = self.rest[:size], self.rest[size:]
            return part

    stream = Endless()
    entries = read_records(stream, "f")  # type: ignore[arg-type]
    seen = [next(entries) for _ in range(43 * 30)]
    assert papers(seen) == PAIRS * 30
    assert stream.given < 45


def test_bad_bytes_reject_their_paper_only() -> None:
    data = page(PAIRS).encode().replace(b"ALBERT attacks", b"ALBERT att\xe4cks")
    items = read(data)
    assert papers(items) == PAIRS[:2] + PAIRS[3:]
    (reject,) = rejects(items)
    assert reject.place.number == 3
    assert "line 19: the bytes at character" in reject.reason
    assert "UTF-8" in (reject.hint or "")


def test_what_cannot_be_stored_is_rejected() -> None:
    items = read(
        page([*PAIRS[:3], ("A Title with NUL", LONG + "\0."), ("A Vast One", "A word. " * 20_000), *PAIRS[3:]])
    )
    assert papers(items) == PAIRS
    assert [reject.reason for reject in rejects(items)] == [
        f"abstract has a NUL character at character {len(LONG) + 1:,}",
        "line 27: the line has 159,999 characters; at most 100,000 are kept",
    ]


@pytest.mark.parametrize(
    "poison", ["a" * 3_000_000, ")." * 500_000, "a\n" * 20_000, "a-\n" * 20_000, "word " * 200_000]
)
def test_poison_is_read_in_linear_time(poison: str) -> None:
    start = time.process_time()
    items = read(page([*PAIRS[:3], ("A Poisoned Paper", LONG + poison), *PAIRS[3:]]), "daily_papers")
    assert time.process_time() - start < 20
    assert PAIRS[:2] == papers(items)[:2]
    assert PAIRS[5:] == papers(items)[-38:]


@pytest.mark.parametrize(
    "text",
    [
        "hello world\n",
        "new\n\nDaily Papers\n\nSubscribe\n",
        "<!doctype html><html><body><h3>A Title</h3></body></html>",
        '<?xml version="1.0"?>\n<feed>\n</feed>\n',
        "title,abstract\nA Title,An abstract of one sentence.\nAnother,Another abstract.\n",
        "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n",
        Path(__file__).read_text(encoding="utf-8"),
        "# Heading\n\nSome text about the project, in two sentences. It goes on.\n\n## Another\n\nMore text. Here.\n",
        LONG,
    ],
)
def test_what_is_no_page_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        read(text)


def test_insisting_on_the_format() -> None:
    items = read(LONG, "daily_papers")
    assert [reject.place.line for reject in rejects(items)] == [1]
    assert papers(read("# A Title\n\nAn abstract of it.", "daily_papers")) == [("# A Title", "An abstract of it.")]


def test_the_smallest_pages() -> None:
    assert papers(read(f"One\n\n{LONG.strip()}\n\nTwo\n")) == [("One", LONG.strip()), ("Two", "")]
    items = read(f"{LONG.strip()}\n\nTwo\n\n{LONG.strip()}")
    assert papers(items) == [("Two", LONG.strip())]
    assert [reject.place.line for reject in rejects(items)] == [1]


def test_a_nul_that_leaves_no_paper_is_named_with_its_place() -> None:
    page = "A Title of a Paper\n\nAn abstract of it \0 that is long enough to be one, with a sentence and another.\n"
    with pytest.raises(FormatError, match="Line 3 has a NUL character at character 19,"):
        list(read_records(io.BytesIO(page.encode()), "page.txt"))
