"""What is found in the text of a paper: links and mentions of models."""

from dataclasses import dataclass

from service.names import RepoName


@dataclass(frozen=True, slots=True)
class Link:
    """An address a paper gives.

    url: cleaned: with a scheme, without stuck punctuation; a repository's without ".git".
    url_key: names.url_key, equal for two spellings of one address.
    host: lower case, without "www.".
    kind: "repository", "model", "dataset", "space", "project_page" or "other".
    field: "title" or "abstract", None for an address given beside the text. start and end are then None too.
    start, end: code points from 0, end exclusive; text[start:end] is the address as it stands there.
    repo: the repository it leads into, when it leads into one.
    official: whether that is the paper's own: "true", "false", or "unknown" where the text does not say.
    guessed_repo: the repository a page is likely served from (addresses.guess_repo). Never a fact.
    """

    url: str
    url_key: str
    host: str
    kind: str
    field: str | None
    start: int | None
    end: int | None
    repo: RepoName | None
    official: str = "unknown"
    guessed_repo: RepoName | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A model under its canonical name; names.model_slug(name) is what it is called in addresses.

    family: the line it comes from ("bert" for BERT-Base and for GottBERT), None when unknown.
    parent: the model whose size or version it is: BERT for BERT-Base, None for GottBERT, a relative.
    """

    name: str
    family: str | None
    parent: "Model | None" = None


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where a model is named.

    surface: text[start:end], in code points of `field` ("title" or "abstract"), end exclusive.
    role: "introduced" when the paper presents the model, else "used".
    """

    model: Model
    surface: str
    field: str
    start: int
    end: int
    role: str


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that a title and an abstract name, in the order of the text, the title first.

    methods: named methods that are no models (LoRA, RAG); family and parent are None. No name is in both.
    """

    links: tuple[Link, ...]
    mentions: tuple[Mention, ...]
    methods: tuple[Mention, ...] = ()
