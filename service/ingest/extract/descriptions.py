"""What a noun phrase calls the thing it describes: by its head, the words before "for", "that", "which" … Pure."""

import re

MODEL_NOUN = (
    r"(?:models?|LLMs?|MLLMs?|VLMs?|LMs?|SLMs?|transformers?|encoders?|encoder-decoder|decoders?|networks?|backbones?|"
    r"architectures?|auto-?encoders?|chatbots?|learners?|embeddings|tokenizer-free model)"
)
# Where the head of a noun phrase ends: what follows says what it is for.
_HEAD_END = re.compile(
    r"\s(?:for|of|in|on|to|from|via|by|at|through|that|which|with|who|whose|is|are|can|using|based|(?:pre-?)?trained\s(?:on|with|for|using|from|via|by|to|end)|"
    r"designed|built|capable|optimized|consisting|composed|where|without|under|across|as|specifically|tailored|"
    r"developed|and\s+(?:a|an|the|training)|obtained|fine-tuned|finetuned|comprising|leveraging|combining|containing|able|"
    r"it|we|over|between|supporting|featuring|specialized|against|towards?|into|inspired|than|achieving|enables?|improves?|makes?|boosts?|helps?|needs?|learns?)\b|[:;]|\s--?\s"
    # A comma between adjectives goes on with the phrase.
    r"|,\s(?:an?|the|which|that|and|our|we|where|with|each|it|its|\w+ing|\w+ed|as|i\.e|e\.g|for|in|both|whose|not|but)\b"
)
_IS_MODEL = re.compile(rf"(?<![\w-]){MODEL_NOUN}\s*$", re.IGNORECASE)
_IS_ARCHITECTURE = re.compile(r"(?:architectures?|learners?)\s*$", re.IGNORECASE)
_METHOD = re.compile(
    r"\b(?:framework|method|approach|pipeline|technique|algorithm|strategy|paradigm|system|module|loss|objective|scheme|"
    r"procedure|mechanism|adapters?|recipe|agents?|optimi[sz]er|policy|protocol|solution|attack|defen[sc]e|methodology|"
    r"attention|layer|block|plug-?in|sampler|decoding|training|tuning|learning|optimization|distillation|compression|"
    r"alignment|quantization|pruning|augmentation|estimator|generation|reasoning|workflow)s?\s*$",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(?:benchmark|dataset|data\s?set|corpus|corpora|toolkit|library|libraries|suite|metric|platform|tool|task|"
    r"collection|challenge|competition|database|leaderboard|testbed|simulator|environment|software|package|evaluation|"
    r"repository|language|test|score|study|review|resource|treebank|lexicon|ontology|knowledge graph|app|service|"
    r"simulation|programming language|interface)s?\s*$",
    re.IGNORECASE,
)
# "framework employing large language models", "benchmark evaluating models": the participle ends the head as well.
_PARTICIPLE = re.compile(
    r"\b(framework|method|approach|pipeline|technique|algorithm|strategy|paradigm|system|module|benchmark|dataset|corpus|"
    r"toolkit|library|platform|model|network|agent)\s+[a-z-]+(?:ing|ed)\s(?!framework|method|approach|algorithm|model\b|system)",
    re.IGNORECASE,
)
# "Improving Your Vision-language Model", "How Models …": a title that tells what is done with models.
NO_DESCRIPTION = re.compile(
    r"(?:[A-Z]\w+ing|[A-Z]\w+ly|Towards?|How|Can|Do|Does|Is|Are|What|When|Why|Learn|Train|Rethink|"
    r"Scale|Build|Make|Better|Your|Efficiently|Let|Teach|Use|Adapt|Revisit|On|From|In|Improved|Enhanced)\s"
)


def read_kind(phrase: str) -> str:
    """What the head of a noun phrase is: "model", "architecture" (which methods have too), "method", "other" for data
    sets, tools and the like, "" for none of these words."""
    phrase = re.sub(r"\s*\([^()]*\)?", "", phrase)
    head = phrase[: end.start()] if (end := _HEAD_END.search(phrase)) else phrase.rstrip(" .,!?")
    if participle := _PARTICIPLE.search(head):
        head = head[: participle.end(1)]
    if _METHOD.search(head):
        return "method"
    if _OTHER.search(head):
        return "other"
    if _IS_ARCHITECTURE.search(head):
        return "architecture"
    return "model" if _IS_MODEL.search(head) else ""
