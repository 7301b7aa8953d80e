"""Where a title and an abstract name methods: words with the shape of a name that the text treats as something that is
trained, proposed, compared or performs. Pure.

What is known as a model, or introduced as one, is not looked at here. No word decides alone: every occurrence of a name
gives evidence for or against (data sets, tasks and metrics have the same shapes), and the sum decides.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from service.ingest.extract.generic import is_generic, is_joined
from service.ingest.extract.lexicon import Lexicon
from service.names import model_key

# An inner capital or digit, or capitals joined by a hyphen. Each alternative fails within a word or two.
_SHAPE = re.compile(
    r"(?<![\w.@/\\#&$^+-])"
    r"(?:[A-Z][a-z]*[A-Z0-9]|[a-z]{1,12}\d?[A-Z]|[a-z]{2,10}2[a-z]{2}|\d[A-Z]{2}|[A-Z][a-z]+-(?:[A-Z]|[a-z]+-[A-Z])|[A-Z]-[A-Z])"
    r"[A-Za-z0-9]{0,30}(?:[-+.][A-Za-z0-9]{1,20}){0,4}\+{0,2}(?![\w@/\\$^{=]|[-+]\w)"
)
_MODELLED = (
    r"(?:models?|networks?|nets?|architectures?|classifiers?|encoders?|decoders?|backbones?|embeddings?|baselines?|"
    r"methods?|algorithms?|approach(?:es)?|frameworks?|variants?|checkpoints?|representations?|features|transformers?|"
    r"layers?|detectors?|agents?|weights|parser|tagger|learners?|estimators?|regressors?|predictors?|generators?)"
)
_DOING = (
    r"(?:outperform|achiev|perform|surpass|obtain|learn|improv|yield|beat|generali[sz]|predict|rel(?:y|ies)|fail|struggle|"
    r"exceed|reach|attain|generat|leverag|encod|match|extend|employ|adopt|converg|benefit|consist|comput|optimi[sz]|solve|"
    r"requires?|allows?|enables?|combines?|makes?|shows?|gives?|uses?|can\b|does\b|significantly|consistently)"
)
_AFTER = re.compile(
    r"(?:'s)?(?:\s*(?:\([^()]{1,60}\)|\[[\d, -]{1,20}\]))?(?:"
    r"(?P<data>[ -](?:[a-z-]+ )?(?:data\s?sets?|benchmarks?|corpus|corpora|tasks?|challenges?|leaderboard|test|dev|train|"
    r"validation|scores?|metrics?|competition|annotations?|examples?|questions?|documents?|images?|articles?|librar(?:y|ies)|"
    r"toolkits?|database|data|splits?|optimizer|servers?|packages?|tool|records?|notes|sentences|pairs|tokens|treebank|"
    r"accuracy|distance|divergence|inequality|equations?|conditions?|users?|norm|processes|theory|suite|labels?|"
    r"loss|objective|images|scan|tracks?|workshop|dumps?|tags?|words|patients|language|platform|problems?|bound)\b)"
    rf"|(?P<modelled>[ -](?:(?:pre-?trained|language|neural|based|attention|deep|generative|embedding|base|large|"
    rf"sentence|word|image|text)[ -])?{_MODELLED}(?![\w-]))"
    rf"|(?P<doing>,? (?:also |further |then |even |which |that )?{_DOING})"
    r"|(?P<trained> (?:is|are|was|were|has|have)(?: been| also| first| then| further| not| only)*? "
    r"(?:pre-?trained|trained|fine-?tuned|able|better|worse|superior|more|less|comparable|competitive|proposed|initialized|"
    r"optimized|applied|used|based|robust|capable|faster|evaluated|implemented|a |an ))"
    r")"
)
_PLACE = -1.5
# The last word before a name, articles and the like left out, and what it says.
_BEFORE: dict[str, float] = {
    **dict.fromkeys(
        "dataset datasets benchmark benchmarks corpus corpora task tasks metric metrics competition challenge library "
        "libraries toolkit conference domain language languages optimizer optimizers platform server".split(),
        -3.0,
    ),
    **dict.fromkeys("on from in across for at into during within".split(), _PLACE),
    **dict.fromkeys(
        "model models baseline baselines method methods network networks architecture architectures algorithm algorithms "
        "approach approaches classifier classifiers encoder encoders embeddings framework frameworks".split(),
        1.5,
    ),
    **dict.fromkeys(
        "than outperform outperforms outperformed outperforming surpass surpasses surpassing beat beats exceed exceeds "
        "unlike train trained training pretrain pretrained pre-trained pretraining pre-training fine-tune fine-tuned "
        "fine-tuning finetune finetuned finetuning retrain called dubbed named termed extend vanilla instantiate implement "
        "implemented equip frozen initialize".split(),
        2.0,
    ),
    **dict.fromkeys(
        "propose proposed introduce introduced introducing present presents presenting develop developed design designed "
        "use uses using apply applying following with by both via that of like".split(),
        0.5,
    ),
}
# The same of its last two words.
_BEFORE_PAIR: dict[str, float] = {
    **dict.fromkeys(
        [f"{a} {b}" for a in ("compare", "compared", "comparing", "comparison", "comparable") for b in ("to", "with")],
        2.0,
    ),
    **dict.fromkeys(("variant of", "variants of", "version of", "architecture of", "performance of", "layers of"), 2.0),
    **dict.fromkeys(
        ("weights of", "parameters of", "similar to", "improve over", "improves over", "improves upon"), 2.0
    ),
    **dict.fromkeys(
        ("trained with", "based on", "built on", "building on", "build on", "builds on", "apart from"), 0.5
    ),
}
# What may stand between them and the name.
_FILLERS = frozenset("the a an our original standard each its this proposed new novel such as e.g. i.e. namely".split())
# Names that end so are nearly always networks and the like, and names that have such a part are not.
_MODEL_LIKE = re.compile(
    r"(?:[Nn]et(?:s|V\d|\+\+|\d*)?|[Ff]ormers?|BERT|GPT|LSTM|GRU|GCN|GAN|VAE|CNN|RNN|GNN|NN|LM|LLM|VLM|T5|CLIP|Llama|LLaMA|"
    r"DETR|YOLO|Mamba|BART|MLP|SVM|[Dd]iffusion|[Ee]ncoder|2[Vv]ec|RCNN|2[Ss]eq)s?(?:[-+]\w+)?$"
)
_DATA_LIKE = re.compile(
    r"(?i:bench|corpus|dataset|bank\b|eval|wiki|tasks?$|challenge)|(?:QA|Set|Data|NLI|DB|KG|Hub|Gym|Score|Arena|Suite|Net-?\d+k)s?"
    r"(?:[-.]?v?\d[\d.]*)?$|^(?:CIFAR|MNIST|WMT|TREC|SST|COCO|VOC|ImageNet|GLUE|SQuAD|LAION|KITTI|UCI|MIMIC|Phase|Section|"
    r"Table|Figure|Fig|Eq|Appendix|Theorem|Lemma|COVID|Covid|RTX|Intel|Xeon|NVIDIA|Nvidia|GTX|Windows)\b|(?:19|20)\d\d$|\d(?:x|th|st|nd|D)$|^\d+[A-Z]?$"
)
# "Bose-Hubbard": two names of people make a model of physics.
_PERSONS = re.compile(r"[A-Z][a-z]+(?:-[A-Z][a-z]+)+")
_EXPANSION = re.compile(r"(?P<words>(?:[A-Za-z][\w-]*[ ]){1,8})\(\s*$")
_MODEL_HEAD = re.compile(
    rf"(?i:{_MODELLED}|(?:auto-?)?encoders?|machines?|trees?|forests?|regression|clustering|attention|diffusion|mixture|"
    r"transform|primitives?|process(?:es)?|distillation|matching|sampling|search|boosting|perceptrons?|fields?|memory|"
    r"policy|gradient|learning|adaptation|generation|augmentation|optimization)\s*$"
)
_ENUMERATED = re.compile(
    r"(?:\s*(?:\([^()]{0,50}\)|\[[\d, -]{1,20}\]))?\s*(?:,\s*(?:and\s+|or\s+)?|\s(?:and|or|vs\.?|versus)\s+|/|;\s*|\+)\s*(?:the\s+|a\s+)?"
)


_LISTING = re.compile(
    r"(?:[Mm]odels?|LMs?|PLMs?|encoders?|backbones?|chatbots?|detectors?)(?:[,:]| \(| such| like| incl)"
)
_LIST_HEAD = re.compile(
    r"(?:[Mm]odels?|L?LMs?|PLMs?|encoders?|backbones?|chatbots?|detectors?)(?:"
    r"(?:\s*[,:(]\s*|\s+)(?:such as|like|including|e\.g\.,?|i\.e\.,?|namely)|(?<=s)\s*[(:])\s*(?:the )?$"
)
# A capital or a digit inside of a word, and what follows. It begins with the one set of characters that a search can skip to.
_INSIDE = re.compile(r"[A-Z0-9](?<=[A-Za-z-].|\d[A-Z])\S*")
_PLURAL = re.compile(r"[A-Z0-9]s$|[a-z]{3}s$")
# What an introduction says of a name.
_KINDS = {"method": 4.0, "": 2.0, "model": 4.0, "other": -100.0}


@dataclass(slots=True)
class Candidate:
    """A word with the shape of a name, in one place. name: without a plural's s. role: as of a mention. listed:
    it stands in a list of models ("models such as BERT and X").
    """

    field: str
    start: int
    end: int
    name: str
    role: str = "used"
    listed: bool = False


def find_candidates(text: str, field: str, taken: Sequence[tuple[int, int]]) -> Iterator[Candidate]:
    """The words of a text that look like names, but for the taken places and what is known to be something else."""
    for inside in _INSIDE.finditer(text):
        # The whole of what stands between spaces, as it may hold several names.
        first, stop = inside.span()
        begin = max(text.rfind(" ", 0, first), text.rfind("\n", max(0, first - 60), first)) + 1
        for match in _SHAPE.finditer(text, begin, stop):
            start = match.start()
            word = match[0].rstrip(".")
            name = read_name(word)
            if name and not any(s < start + len(word) and start < e for s, e in taken):
                yield Candidate(field, start, start + len(word), name)


# The same few words have the shape of a name in most papers.
@lru_cache(maxsize=50_000)
def read_name(word: str) -> str | None:
    """A word without a plural's s, None when it is a generic term, a data set by its shape, or two words joined."""
    name = word[:-1] if len(word) > 3 and _PLURAL.search(word) else word
    if is_generic(name) or _DATA_LIKE.search(name) or is_joined(word):
        return None
    return name


def weigh(candidate: Candidate, text: str) -> float:
    """What the words around one occurrence say: above 0 for a method, below for a data set, a task or a metric."""
    score = 0.0
    if after := _AFTER.match(text, candidate.end):
        score += {"data": -3.0, "modelled": 2.0, "doing": 2.0, "trained": 2.0}[str(after.lastgroup)]
    score += weigh_before(text[max(0, candidate.start - 60) : candidate.start])
    if text[candidate.end : candidate.end + 1] == ")" and (
        words := _EXPANSION.search(text[max(0, candidate.start - 120) : candidate.start])
    ):
        initials = "".join(word[0] for word in re.split(r"[ -]", words["words"]) if word).upper()
        letters = candidate.name.lstrip("0123456789").upper()
        if letters[-1:] in initials and letters[:1] in initials:
            score += 3.0 if _MODEL_HEAD.search(words["words"]) else -3.0
    return score


def weigh_before(before: str) -> float:
    """What the last words before a name say."""
    words = before.lower().replace("(", " ").replace(",", " ").replace(":", " ").split()[-5:]
    while words and words[-1] in _FILLERS:
        words.pop()
    if not words:
        return 0.0
    pair = _BEFORE_PAIR.get(" ".join(words[-2:]))
    return _BEFORE.get(words[-1].strip("\"'“`"), 0.0) if pair is None else pair


@lru_cache(maxsize=50_000)
def weigh_name(name: str, lexicon: Lexicon) -> float:
    """What a name says by itself."""
    key = model_key(name)
    if key in lexicon.excluded:
        return 3.0 if key in lexicon.methods else -100.0
    if key in lexicon.datasets:
        return -3.0
    score = 3.0 if _MODEL_LIKE.search(name) else 0.0
    if _PERSONS.fullmatch(name):
        score -= 2.0
    # Acronyms of two letters mean too much.
    return score - 1.0 if len(name) == 2 and name.isupper() else score


def find_methods(
    texts: Mapping[str, str],
    taken: Mapping[str, Sequence[tuple[int, int]]],
    models: Mapping[str, Sequence[tuple[int, int]]],
    lexicon: Lexicon,
    introduced: Mapping[str, str],
) -> list[Candidate]:
    """The places of methods, in the order of the text. taken: places that are something else; models: those of models,
    which vouch for what is enumerated with them; introduced: name -> kind, see introductions.py."""
    found = [c for f, text in texts.items() for c in find_candidates(text, f, [*taken[f], *models[f]])]
    if not found:
        return []
    known = {name.lower(): _KINDS[kind] for name, kind in introduced.items()}
    scores: dict[str, float] = {}
    placed: set[str] = set()
    for candidate in found:
        key = candidate.name.lower()
        if key not in scores:
            scores[key] = known.get(key, 0.0) + weigh_name(candidate.name, lexicon)
        weight = weigh(candidate, texts[candidate.field])
        # One "in X" or "on X" is as good as many.
        if weight == _PLACE:
            weight = 0.0 if key in placed else _PLACE
            placed.add(key)
        scores[key] += weight
    places = {
        f: sorted(
            [(s, e, "") for s, e in models[f]] + [(c.start, c.end, c.name.lower()) for c in found if c.field == f]
        )
        for f in texts
    }
    listed = _find_listed(texts, places)
    for key in _spread(texts, places, scores) | listed:
        scores[key] += 2.0
    methods = [c for c in found if scores[c.name.lower()] >= 2.0]
    for method in methods:
        method.listed = method.name.lower() in listed
        if known.get(method.name.lower(), 0.0) > 0:
            method.role = "introduced"
    return methods


# Start, end and lower-cased name of what looks like a name; "" for a model.
Places = Mapping[str, Sequence[tuple[int, int, str]]]


def _spread(texts: Mapping[str, str], places: Places, scores: Mapping[str, float]) -> set[str]:
    """The names that stand in one enumeration with a model or a method."""
    sure = {"", *(key for key, score in scores.items() if score >= 2.0)}
    near: set[str] = set()
    grown = True
    while grown:
        grown = False
        for f, text in texts.items():
            for (_, end, left), (start, _, right) in pairwise(places[f]):
                if (left in sure) != (right in sure) and _is_enumerated(text, end, start):
                    near.add(right if left in sure else left)
                    sure |= near
                    grown = True
    return near


def _find_listed(texts: Mapping[str, str], places: Places) -> set[str]:
    """The names that stand with others behind "models such as" and the like."""
    listed: set[str] = set()
    for f, text in texts.items():
        if not _LISTING.search(text):
            continue
        chain: list[str] = []
        reached = -1
        for start, end, name in [*places[f], (len(text) + 1, len(text) + 1, "")]:
            if chain and start <= len(text) and _is_enumerated(text, reached, start):
                chain.append(name)
            else:
                listed |= set(chain) if len(chain) > 1 else set()
                chain = [name] if _LIST_HEAD.search(text[max(0, start - 50) : start]) else []
            reached = end
    return listed - {""}


def _is_enumerated(text: str, end: int, start: int) -> bool:
    return start - end < 80 and _ENUMERATED.fullmatch(text, end, start) is not None
