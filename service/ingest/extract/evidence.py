"""What speaks for a name being that of a method or a model, and against: its form, the words around it. Pure.

The weights are whole and half numbers set by hand, in the order of how far a hint can be trusted.
"""

import re
from functools import lru_cache

from service.ingest.extract.lexicon import Lexicon
from service.names import model_key

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
    r"(?P<data>[ -](?:[a-z-]+ )?(?:data\s?sets?|benchmarks?|corpus|corpora|tasks?|challenges?|leaderboard|test|dev|"
    r"train|validation|scores?|metrics?|competition|annotations?|examples?|questions?|documents?|images?|articles?|librar(?:y|ies)|"
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
ENOUGH = 2.0
# "on X", "in X": more often a data set.
PLACE = -1.5
# The last word before a name, articles and the like left out, and what it says.
_BEFORE: dict[str, float] = {
    **dict.fromkeys(
        "dataset datasets benchmark benchmarks corpus corpora task tasks metric metrics competition challenge library "
        "libraries toolkit conference domain language languages optimizer optimizers platform server".split(),
        -3.0,
    ),
    **dict.fromkeys("on from in across for at into during within".split(), PLACE),
    **dict.fromkeys(
        "model models baseline baselines method methods network networks architecture architectures algorithm "
        "algorithms approach approaches classifier classifiers encoder encoders embeddings framework "
        "frameworks".split(),
        1.5,
    ),
    **dict.fromkeys(
        "than outperform outperforms outperformed outperforming surpass surpasses surpassing beat beats exceed "
        "exceeds unlike train trained training pretrain pretrained pre-trained pretraining pre-training fine-tune "
        "fine-tuned fine-tuning finetune finetuned finetuning retrain called dubbed named termed extend vanilla "
        "instantiate implement implemented equip frozen initialize".split(),
        2.0,
    ),
    **dict.fromkeys(
        "propose proposed introduce introduced introducing present presents presenting develop developed design "
        "designed use uses using apply applying following with by both via that of like".split(),
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
# "Bose-Hubbard": two names of people make a model of physics.
_PERSONS = re.compile(r"[A-Z][a-z]+(?:-[A-Z][a-z]+)+")
_ACRONYM = re.compile(r"[A-Z][A-Z0-9-]{2,12}(?=\))")
_ACTIVITY = re.compile(r"(?:learning|generation|adaptation|optimization|search|sampling|matching|processes)$")
# "X encodes the …" where a sentence begins: what acts is no data set, which only contains, covers and has.
_VERB = re.compile(
    r" (?!contains|includes|provides|covers|comprises|has|was|is|as|its|this|does|consists|involves)"
    r"[a-z]{2,}(?:[^s\Ws]s|es) (?:the|an?|to|on|in|from|with|both|each|only|not|more|all|well|its|our|us|as|by|for|"
    r"that|at|into|over|[a-z]+ly)\b"
)
_SUBJECT = re.compile(r"(?:[.:;,] |\b(?:that|[Tt]he|and|[Oo]ur) )$")
_WORD = re.compile(r"[A-Za-z][\w-]*")
# What the last word of an expansion is when it stands for a model or a method.
_MODEL_HEAD = re.compile(
    rf"(?i:{_MODELLED}|(?:auto-?)?encoders?|machines?|trees?|forests?|regression|clustering|attention|diffusion|mixture|"
    r"transform|primitives?|process(?:es)?|distillation|matching|sampling|search|boosting|perceptrons?|fields?|memory|"
    r"policy|gradient|learning|adaptation|generation|augmentation|optimization)\s*$"
)


def weigh_place(text: str, start: int, end: int) -> float:
    """What the words around a name say: above 0 for a method, below for a data set, a task or a metric."""
    score = 0.0
    if after := _AFTER.match(text, end):
        score += {"data": -3.0, "modelled": 2.0, "doing": 2.0, "trained": 2.0}[str(after.lastgroup)]
    elif _VERB.match(text, end) and (start == 0 or _SUBJECT.search(text[max(0, start - 8) : start])):
        score += 2.0
    score += _weigh_before(text[max(0, start - 60) : start])
    if text[start - 1 : start] == "(" and text[end : end + 1] == ")":
        score += _weigh_expansion(text[max(0, start - 120) : start - 1], text[start:end])
    elif (bracket := text.find("(", end, end + 80)) >= 0 and _lends_letters(text[start:end], text[bracket + 1 :][:14]):
        score -= 3.0
    return score


def _lends_letters(word: str, after: str) -> bool:
    """Whether a word has its capitals for an acronym that follows: "oPtimizatiOn (HIPPO)"."""
    capitals = "".join(filter(str.isupper, word))
    acronym = _ACRONYM.match(after)
    return bool(acronym and not word.isupper() and capitals != acronym[0] and capitals in acronym[0])


def _weigh_expansion(before: str, acronym: str) -> float:
    """What the words say that an acronym in brackets stands for, if they are there."""
    words: list[str] = []
    for word in reversed(before.split()[-8:]):
        if not _WORD.fullmatch(word):
            break
        words.insert(0, word)
    initials = "".join(part[:1] for word in words for part in word.split("-")).upper()
    letters = acronym.removesuffix("s").lstrip("0123456789").upper()
    if not words or not letters or letters[-1] not in initials or letters[0] not in initials:
        return 0.0
    # "few-shot learning (FSL)" is a kind of task, "Adversarial View Learning (AVL)" has a name.
    if words[-1].islower() and _ACTIVITY.search(words[-1]):
        return -1.5
    return 3.0 if _MODEL_HEAD.search(words[-1]) else -3.0


def _weigh_before(before: str) -> float:
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
