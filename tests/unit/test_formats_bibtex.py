"""BibTeX: entries, and what is broken in them."""

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ingest.formats import FormatError, bibtex, read_records
from service.ingest.formats.limits import Limits
from service.ingest.record import Found, Place, Record, Reject, Skipped
from tests.reading import SAMPLES, read_lines, read_sample
from tests.shared import find_shared

SHARED = find_shared() / "data" / "formats" / "bibtex"


def test_a_library() -> None:
    items = read_sample("bibtex/library.bib")
    found = {item.record.title: item for item in items if isinstance(item, Found)}
    assert list(found) == [
        "WidgetBERT: Fast Parsing in $O(n)$ – 5% Better",
        "Widgets Revisited",
        "A Scholar Export",
        "A Preprint",
        'In Round Brackets with a "Quote": And a Subtitle',
        "The Last One",
    ]
    first = found["WidgetBERT: Fast Parsing in $O(n)$ – 5% Better"]
    assert first == Found(
        Record(
            title="WidgetBERT: Fast Parsing in $O(n)$ – 5% Better",
            abstract="We parse 5% faster than gadgets with Łodz's “method”.",
            authors=("Ada Exámple", "Björn Sample Jr.", "The Widget Consortium", "Petr Škoda"),
            published="2031-07-05",
            venue="Proceedings of the Made-Up Conference (MUC) 2031",
            url="https://example.org/widget_bert~x",
            pdf_url="https://example.org/widget.pdf",
            urls=("https://github.com/example/widget_bert",),
            external_ids={"doi": "10.5555/Widgets_31"},
        ),
        "bibtex",
        Place("library.bib", 6, 1),
    )


def test_preprints() -> None:
    found = {item.record.title: item.record for item in read_sample("bibtex/library.bib") if isinstance(item, Found)}
    dblp = found["Widgets Revisited"]
    assert dblp.external_ids == {"arxiv": "3101.01234", "dblp": "journals/corr/abs-3101-01234"}
    assert dblp.authors == ("Ada Example", "Carl de la Third")
    assert dblp.venue is None
    assert found["A Scholar Export"].external_ids == {"arxiv": "3101.05678"}
    assert found["A Scholar Export"].venue is None
    assert found["A Scholar Export"].url == "https://arxiv.org/abs/3101.05678"
    preprint = found["A Preprint"]
    assert preprint.external_ids == {"arxiv": "hep-th/9901999"}
    assert preprint.categories == ("hep-th",)
    assert preprint.url == "https://example.org/data"


def test_dates_and_venues() -> None:
    found = {item.record.title: item.record for item in read_sample("bibtex/library.bib") if isinstance(item, Found)}
    letters = found['In Round Brackets with a "Quote": And a Subtitle']
    assert (letters.published, letters.venue) == ("2030-05-06", "Made-Up Letters")
    assert found["The Last One"].published == "2029-05-05"


def test_what_is_broken_costs_itself_alone() -> None:
    rejects = [item for item in read_sample("bibtex/library.bib") if isinstance(item, Reject)]
    assert [(item.place.line, item.reason) for item in rejects] == [
        (37, "a brace or a quote is not closed before the next entry begins"),
        (44, "title: a comma is missing before 'year'"),
        (53, "title is empty"),
    ]


def test_what_is_no_paper_is_told() -> None:
    skipped = [item for item in read_sample("bibtex/library.bib") if isinstance(item, Skipped)]
    assert [(item.line, item.reason) for item in skipped] == [
        (2, "a comment"),
        (49, "an entry of kind misc without a title is no paper"),
        (51, "an entry of kind proceedings is no paper"),
    ]


def test_crossref() -> None:
    items = read_sample("bibtex/crossref.bib")
    found = {item.record.title: item.record for item in items if isinstance(item, Found)}
    before, behind = found["Before Its Parent"], found["Behind Its Parent"]
    assert (before.venue, before.published) == ("Proceedings of Parents", "2031-03")
    assert before.external_ids == {}
    assert (behind.venue, behind.published) == ("Proceedings of Parents", "2031-03")
    assert found["With a Year of Its Own"].published == "2030"
    assert found["Without Its Parent"].venue is None
    text, parent = (item for item in items if isinstance(item, Skipped))
    assert (text.line, text.text) == (1, "This file was made up by hand.")
    assert parent.line == 6


def test_what_waits_is_read_when_the_file_breaks_off() -> None:
    data = b"@inproceedings{a, title = {Waiting}, crossref = {later}}\n@article{b, title = {Other}}\n" + b"\n" * 100_000
    items = read_records(io.BytesIO(gzip.compress(data)[:-8]), "f")
    assert [next(items).record.title for _ in range(2)] == ["Other", "Waiting"]  # type: ignore[union-attr]
    with pytest.raises(FormatError):
        next(items)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("@article{a, title = {T},, year = 1}", "the entry is broken: expected a '=' after entry key, but found ','"),
        ('@article{a, title = "T}', "a brace or a quote is not closed before the next entry begins"),
        ("@article{a, title = {T} {U}}", "title: a comma is missing before '{U}'"),
        ("@article{a, title = Bare Words}", "title: braces are missing around 'Words'"),
        ("@article{a}", "title is empty"),
    ],
)
def test_reasons(entry: str, reason: str) -> None:
    broken, whole = read_lines(f"{entry}\n@article{{b, title = {{Whole}}}}\n")
    assert isinstance(broken, Reject)
    assert (broken.reason, broken.place.line) == (reason, 1)
    assert whole.record.title == "Whole"


def test_other_line_ends_and_marks() -> None:
    data = (SAMPLES / "bibtex" / "library.bib").read_text()
    plain = [item.record for item in read_lines(data) if isinstance(item, Found)]
    changed = data.replace("\n", "\r\n").encode("utf-8-sig")
    assert [item.record for item in read_lines(changed) if isinstance(item, Found)] == plain


def test_an_endless_entry_fills_no_memory() -> None:
    text = "@article{a, title = {\n" + "word word\n" * 5000 + "@article{b, title = {Next}}\n"
    bad, good = read_lines(text, limits=Limits(entry=10_000))
    assert isinstance(bad, Reject)
    assert bad.reason == "the entry is larger than 10,000 characters"
    assert good.record.title == "Next"


@given(st.text(alphabet='@{}()"=,#\\ \nab%~$-') | st.text(st.characters(exclude_categories=("Cc", "Cs"))))
def test_entries_never_raise(text: str) -> None:
    items = read_lines("@article{x, title = {T}}\n" + text + "\n@article{y, title = {U}}\n", format="bibtex")
    assert items[-1].record.title == "U"


@pytest.mark.parametrize("line", ["@a{" * 5_000, "@article{x, " + "a={b}, " * 1_000 + "}", "@article{x" + "x" * 20_000])
def test_a_line_of_very_much_is_a_reject(line: str) -> None:
    bad, good = read_lines(f"{line}\n@article{{b, title = {{Next}}}}\n", limits=Limits(entry=10_000), format="bibtex")
    assert isinstance(bad, Reject)
    assert "10,000 characters" in bad.reason
    assert (good.record.title, good.place.line) == ("Next", 2)


def test_macros_that_double_fill_no_memory() -> None:
    macros = "@string{m0 = {0123456789}}\n" + "".join(f"@string{{m{n} = m{n - 1} # m{n - 1}}}\n" for n in range(1, 40))
    *rejects, found = read_lines(macros + "@article{a, title = {T} # m39}", limits=Limits(entry=10_000))
    assert rejects
    assert {reject.reason for reject in rejects} == {"the macros have more than 10,000 characters"}
    assert found.record.title == "Tm39"


def test_macros_that_are_used_often_fill_no_memory() -> None:
    fields = ", ".join(f"f{n} = m" for n in range(20))
    (reject,) = read_lines(f"@string{{m = {{{'x' * 5_000}}}}}\n@article{{a, {fields}}}", limits=Limits(entry=10_000))
    assert isinstance(reject, Reject)
    assert "with its macros it has more than" in reject.reason


def test_entries_that_wait_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bibtex, "_MOST_WAITING", 1_000)
    entry = "@inproceedings{{x{}, title = {{Title {}}}, crossref = {{p}}}}\n"
    items = read_lines("".join(entry.format(n, n) for n in range(100)) + "@proceedings{p, title = {P}, year = 2031}\n")
    venues = {item.record.title: item.record.venue for item in items if isinstance(item, Found)}
    assert len(venues) == 100
    assert venues["Title 0"] == "P"
    assert venues["Title 99"] is None


# As those write them whose BibTeX is met most.
EXPORTS = {
    "ACL Anthology": (
        """@inproceedings{example-2031-widgets,
    title = "{W}idgets: All {NLP}",
    author = "Example, Ada  and
      Sample, Bj{\\"o}rn",
    booktitle = "Proceedings of Widgets",
    month = jul,
    year = "2031",
    url = "https://aclanthology.org/2031.made-main.1/",
    doi = "10.5555/2031.made-main.1",
    pages = "1--9",
}""",
        {"acl": "2031.made-main.1", "doi": "10.5555/2031.made-main.1"},
        ("Widgets: All NLP", ("Ada Example", "Björn Sample"), "2031-07", "Proceedings of Widgets"),
    ),
    "arXiv": (
        """@misc{example2031widgets,
      title={Widgets},
      author={Ada Example and Björn Sample},
      year={2031},
      eprint={3101.01234},
      archivePrefix={arXiv},
      primaryClass={cs.CL},
      url={https://arxiv.org/abs/3101.01234},
}""",
        {"arxiv": "3101.01234"},
        ("Widgets", ("Ada Example", "Björn Sample"), "2031", None),
    ),
    "ADS": (
        """@ARTICLE{2031arXiv310101234E,
       author = {{Example}, Ada and {Sample}, B.},
        title = "{Widgets in the Sky}",
      journal = {\\apj},
         year = 2031,
        month = jan,
          doi = {10.48550/arXiv.3101.01234},
       eprint = {3101.01234},
}""",
        {"arxiv": "3101.01234", "doi": "10.48550/arXiv.3101.01234"},
        ("Widgets in the Sky", ("Ada Example", "B. Sample"), "2031-01", "apj"),
    ),
    "Semantic Scholar": (
        """@article{Example2031Widgets,
  title={Widgets},
  author={Ada Example and B. Sample},
  journal={ArXiv},
  year={2031},
  volume={abs/3101.01234},
  url={https://api.semanticscholar.org/CorpusID:123456}
}""",
        {"arxiv": "3101.01234", "corpusid": "123456"},
        ("Widgets", ("Ada Example", "B. Sample"), "2031", None),
    ),
    "OpenReview": (
        """@inproceedings{
example2031widgets,
title={Widgets},
author={Ada Example},
booktitle={The Made-Up Conference},
year={2031},
url={https://openreview.net/forum?id=Made-Up_1}
}""",
        {"openreview": "Made-Up_1"},
        ("Widgets", ("Ada Example",), "2031", "The Made-Up Conference"),
    ),
}


@pytest.mark.parametrize("producer", EXPORTS)
def test_exports(producer: str) -> None:
    text, ids, expected = EXPORTS[producer]
    (found,) = read_lines(text)
    record = found.record
    assert record.external_ids == ids
    assert (record.title, record.authors, record.published, record.venue) == expected


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared files are not there")
def test_shared() -> None:
    archive, elife = (read_lines(path.read_bytes(), path.name)[0].record for path in sorted(SHARED.glob("*.bib")))
    assert archive.external_ids == {"doi": "10.5281/zenodo.1463242"}
    assert archive.published == "2020"
    assert elife.published == "2014-02"
    assert elife.venue == "eLife"
    assert elife.authors[-1] == "Christian S Hardtke"
    assert elife.license == "http://creativecommons.org/licenses/by/3.0/"
