"""The queries that bench_search asks: rare, middling and very common words, one to six of them, phrases, exclusions,
alternatives, titles, filters, and sentences whose words never all occur together.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from service.papers import PaperFilter


class Kind(StrEnum):
    WORDS = "words"
    EITHER = "or"
    TITLE = "title"
    PHRASE = "phrase"
    EXCLUSION = "exclusion"
    FILTER = "filter"
    # No paper has all of the words.
    ANY_OF = "any-of"


@dataclass(frozen=True, slots=True)
class Query:
    """condition: what the filter says, as SQL on `p` for the contenders that are not ours. plain: the text as
    to_tsquery reads it, where websearch_to_tsquery would read it otherwise."""

    kind: Kind
    text: str
    filter: PaperFilter = field(default_factory=PaperFilter)
    condition: str | None = None
    plain: str | None = None

    def __str__(self) -> str:
        given = [(name, getattr(self.filter, name)) for name in self.filter.__slots__]
        shown = [f"{name}={value[0] if isinstance(value, tuple) else value}" for name, value in given if value]
        return " ".join([self.text, *shown])


_WORDS = """
longformer
zeolite
perovskite tandem
knot concordance
hallucination detection
GPT-4 medical
low-rank adaptation
Schrödinger quasi-periodic operator
program synthesis
transformer
attention mechanism
knowledge graph
speech recognition
dark matter halo
black hole entropy
object detection benchmark
pre-trained language models
deep reinforcement learning policy
learning
model
data
show
language model
neural network
magnetic field
large language model
convolutional neural network
graph neural network
time series data
deep learning image classification
numerical results show proposed method
we propose a new model based on data
"""
_EITHER = {
    "bert OR roberta": None,
    "galaxy OR cluster": None,
    "graph OR network learning": "(graph | network) & learning",
}
_TITLE = {
    "title:supersymmetry": "supersymmetry:A",
    "title:learning": "learning:A",
    "title:graph neural": "graph:A & neural",
}
_PHRASES = """
"attention is all you need"
"language model"
"neural network"
"neural network" pruning
"dark energy" survey
"state of the art" results
"""
_EXCLUSIONS = """
transformer -vision
language model -translation
learning -reinforcement -deep
quantum -"field theory"
"""
_SENTENCES = """
how do sparse attention transformers compare with recurrent networks for folding proteins in distant galaxies
zeolite catalysts improve the perplexity of multilingual language models on supersymmetric benchmarks
does vitamin supplementation change the spectrum of elliptic operators on noncompact hyperbolic manifolds
we show that stochastic gradient descent on graph neural networks converges to black hole entropy in superconductors
the effect of reinforcement learning from human feedback on the magnetization of dwarf spheroidal galaxies
"""


def _of_year(first: int, last: int) -> str:
    # As the product's index has it, so that whoever asks may use it.
    return f"coalesce(p.published_on, '-infinity'::date) BETWEEN '{first}-01-01' AND '{last}-12-31'"


def _of_category(name: str) -> str:
    return f"lower_all(p.categories) && ARRAY['{name.lower()}']"


def _of_model(slug: str) -> str:
    models = f"SELECT id FROM models WHERE slug = '{slug}'"
    return f"p.id IN (SELECT paper_id FROM paper_models WHERE model_id = ANY(ARRAY({models})))"


_WITH_REPO = "EXISTS (SELECT FROM paper_repos r WHERE r.paper_id = p.id)"
_FILTERED = (
    ("learning", PaperFilter(year=(2025,)), _of_year(2025, 2025)),
    ("language model", PaperFilter(year=(2025,)), _of_year(2025, 2025)),
    ("model", PaperFilter(year=(1998,)), _of_year(1998, 1998)),
    ("quantum", PaperFilter(since="2018", until="2019"), _of_year(2018, 2019)),
    ("neural network", PaperFilter(category=("cs.CV",)), _of_category("cs.CV")),
    ("method", PaperFilter(category=("math.NA",)), _of_category("math.NA")),
    (
        "learning",
        PaperFilter(category=("cs.CL",), since="2024", until="2026"),
        f"{_of_category('cs.CL')} AND {_of_year(2024, 2026)}",
    ),
    ("language", PaperFilter(model=("BERT",)), _of_model("bert")),
    ("attention", PaperFilter(model=("Transformer",)), _of_model("transformer")),
    ("knowledge graph", PaperFilter(model=("GPT-4",)), _of_model("gpt-4")),
    ("learning", PaperFilter(has_repo=True), _WITH_REPO),
    ("transformer", PaperFilter(has_repo=True, year=(2025,)), f"{_WITH_REPO} AND {_of_year(2025, 2025)}"),
)

QUERIES = (
    *(Query(Kind.WORDS, text) for text in _WORDS.strip().splitlines()),
    *(Query(Kind.EITHER, text, plain=plain) for text, plain in _EITHER.items()),
    *(Query(Kind.TITLE, text, plain=plain) for text, plain in _TITLE.items()),
    *(Query(Kind.PHRASE, text) for text in _PHRASES.strip().splitlines()),
    *(Query(Kind.EXCLUSION, text) for text in _EXCLUSIONS.strip().splitlines()),
    *(Query(Kind.FILTER, text, wanted, condition) for text, wanted, condition in _FILTERED),
    *(Query(Kind.ANY_OF, text) for text in _SENTENCES.strip().splitlines()),
)
