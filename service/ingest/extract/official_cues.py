"""The words by which a sentence says whose a repository is (official.py reads them). Pure."""

import re

_CODE = (
    r"(?:source[ -]?codes?|codes?|code ?bases?|implementations?|repos?|repositor(?:y|ies)|git ?hub|git|software|"
    r"scripts?|notebooks?|toolkit|toolbox|tools?|library|libraries|packages?|plug-?in|framework|platform|simulator|"
    r"data|data ?sets?|benchmarks?|corpus|corpora|annotations|models?|weights|checkpoints?|prompts|materials?|"
    r"resources?|artifacts?|artefacts?|projects?|demos?|web ?site|home ?page|web ?page|page|list|collection|"
    r"supplement\w*)"
)
# What may stand between the words of a cue. Words, not clauses.
_WORDS = r"(?:[\w'’/&*^{}$~-]+,? ){0,%d}?"
# Participles of "is available at", "can be found in", misspelt as they are.
_THERE = (
    r"(?:avail\w+|aval\w+|accessible|accessed|released?|open-? ?sourced?|published|hosted|shared|provided|found|find|"
    r"obtained|downloaded|installed|located|posted|deposited|maintained|public|publicly|made|given|viewed|seen|"
    r"uploaded|updated|tracked|traced|distributed|browsed|reached|included|contained|here|online)"
)
_AT = r"(?:at|on|from|in|via|under|through|here|within|with|by|to|see)"
_BE = r"(?:is|are|was|were|be|been|being|become|made|'s|remain)"
# "can be obtained from" tells where the paper's own is, "was obtained from" where the authors had it from.
_PAST = (
    r"(?!(?:was|were|been|is|are) (?:\w+ ){0,2}(?:obtained|downloaded|given|taken|provided by|maintained by)"
    r"|(?:is|are|was|were|been) (?:\w+ ){0,2}(?:built|based|implemented|trained)\b)"
)

_OWN_TEXTS = [
    # our (open-source) code, our pre-trained models
    rf"\b(?:our|my) (?:(?!using |with |on |in |from |by |of |to |for |at |into )[\w'’&/-]+,? ){{0,4}}?{_CODE}\b",
    # we release, we will also make … public
    rf"\bwe {_WORDS % 3}(?:releas\w+|open-? ?sourc\w+|publish\w*|shar(?:e|ed)|publici[sz]e|host|maintain|upload|"
    rf"distribute|provid\w+|ma(?:k|d)e(?! use)|curat\w+|(?:continually )?track|collect(?:ed)?|contribute (?!to))\b",
    # The code (of this paper) is (publicly) available at
    rf"\b(?:{_CODE}|this (?:work|paper|study|method))\b[^.;]{{0,80}}? {_PAST}(?:{_BE}|will|can|may) "
    rf"{_WORDS % 5}{_THERE}\b",
    rf"\b(?:{_CODE}) {_WORDS % 5}(?:{_BE}) {_AT}\b",
    rf"\b{_PAST}(?:{_BE}) {_WORDS % 4}{_THERE}(?: {_WORDS % 4}{_AT})?\b",
    rf"\b(?:open-? ?sourc\w+|releas\w+|publish\w+) (?:the|all|our|both) {_WORDS % 3}{_CODE}\b",
    r"\band (?:also |publicly )?(?:release|publish|open-? ?source|share|make|provide)s? (?!use)",
    r"\bour (?:methods?|approach|algorithms?|models?) (?:is|are|was|were) implemented in\b",
    r"\b(?:project|related) to this (?:paper|work|review|survey|study)\b",
    # for code, see · visit our
    rf"\bfor (?:\w+ )?(?:{_CODE}|(?:more )?details)\b",
    r"\bofficial (?:pytorch |tensorflow |jax )?(?:code|implementation|repo\w*)(?: \w+)? (?:of|for) (?:this|our|the) "
    r"(?:paper|work)",
]
# Weaker: these say where something is, of which the words before may say whose it is.
_PLACED_TEXTS = [
    # Code: · Project page: · GitHub repository (…) · Code and data at
    rf"(?:^|[.;,:!?)\]>|&(\[-]|\b(?:and|the|all)) ?(?:[\w/&-]+ ){{0,3}}?{_CODE}\b"
    rf"(?:[ ,/&]+[\w'’/&~-]+){{0,5}} ?:[ :(\[]*$",
    rf"(?:^|[.;:!?]) ?(?:[\w-]+ )?{_CODE}(?: [\w-]+)? ?[(\[]+ ?$",
    rf"(?:^|[.;]) ?(?:the |all |our )?{_CODE} ?$",
    # The project page is https://…
    rf"\b{_CODE} {_WORDS % 5}(?:is|are)(?: here)? ?:? ?$",
    rf"\b{_CODE} {_WORDS % 4}{_AT} ?:? ?$",
    r"\bavailability(?: and \w+)? ?:? ?$",
    rf"\b{_THERE} {_AT} ?:? ?$",
]
# We present NAME (address): only where the address's name or little else stands between.
_MAKING_TEXT = (
    rf"\b(?:we {_WORDS % 3}|this (?:paper|work|article|study) |and )(?:introduc\w+|present\w*|propos\w+|develop\w*|"
    r"buil[dt]|creat\w+|design\w*|construct\w*|implement(?:ed)?|launch\w*|announc\w+)\b"
)
# Of others' work; only where what follows is this repository.
_OTHERS_TEXTS = [
    r"\b(?:based|built|build(?:s|ing)?|rel(?:y|ies|ying)|layered|running) (?:\w+ ){0,3}?(?:up)?on(?: top of)?\b",
    r"\b(?:buil[dt]|builds|reproduced|run|computed|performed|conducted|evaluated|generated|tokeni[sz]ed|parsed|"
    r"annotated|pre-?processed) (?:with|using|by|via|from)\b",
    rf"\bwe [^.;]{{0,60}}? (?:using|with|from) the {_WORDS % 2}{_CODE}\b",
    r"\bthis (?:work|paper|project|study|code\w*) (?:extends|follows|continues|evaluates|analy[sz]es|tests)\b",
    r"\b(?:thank|acknowledge)\b",
    r"\b(?:evaluations?|experiments?|training|pipeline|system|method|approach|implementation) "
    r"(?:uses?|wraps?|extends?|reuses?|follows?)\b",
    r"\b(?:obtained|fine-?tuned|scored|measured) (?:with|using|by)\b",
    r"\b(?:those of|stems? from)\b",
    r"\bcompar\w+ (?:\w+ ){0,3}?(?:against|with|to)\b",
    r"\b(?:implemented|developed|trained|written) (?:in|with|using|on(?: top of)?)\b",
    r"\b(?:adapted|derived|borrowed|taken|modified|cloned|copied|collected|mined|crawled|sourced|extracted|"
    r"re-?used|obtained|downloaded|retrieved|forked|inherited|drawn|comes?|borrows?|originat\w+) "
    r"(?:[\w-]+ ){0,4}?from\b",
    r"\b(?:fork|clone|extension|modification|adaptation|re-?implementation|port|wrapper) (?:of|around|for)\b",
    rf"\b(?:experiments?|{_CODE}|settings?|set-?up) (?:strictly |closely |largely )?(?:follow|extend|re-?use)s?\b",
    r"\b(?:inspired|provided|maintained|created|developed|written) by\b",
    r"\b(?:thanks|credit|credits|identical|similar|applied) (?:go )?(?:to|with)\b",
    rf"\bwe {_WORDS % 2}(?:us(?:e|ed)|using|adopt\w*|employ\w*|follow\w*|re-?us\w+|extend\w*|modif\w+|adapt\w*|"
    r"fork\w*|apply|applied|evaluate|evaluated|test|tested|analy[sz]ed?|study|studied|make use of|rely|relied|"
    r"choose|chose|replicat\w+|take|took|run|ran|start|started|borrow\w*)\b",
    r"\b(?:using|with|via|from|of|on|leverag\w+|extends?|employs?|us(?:e|es|ed)) (?:the )?"
    r"(?:official|original|existing|publicly available|third-party|authors['’]?s?|reference|popular|"
    r"well-known|baseline)\b",
    r"\b(?:such as|like|e\.g\.,?|unlike|outperform\w*|as demonstrated in|"
    r"integrated? (?:\w+ ){0,3}?in(?:to)?|adopted (?:by|in)|"
    r"participat\w+ in|shared task|submission to)(?!\w)",
]
OWN = [re.compile(cue, re.IGNORECASE) for cue in _OWN_TEXTS]
PLACED = [re.compile(cue, re.IGNORECASE) for cue in _PLACED_TEXTS]
MAKING = re.compile(_MAKING_TEXT, re.IGNORECASE)
OTHERS = [re.compile(cue, re.IGNORECASE) for cue in _OTHERS_TEXTS]
# Whose code it is, whatever is said of it then: "the code of the baselines is available at".
FOREIGN = re.compile(
    rf"\b{_CODE} (?:of|from|by) (?:the |all |these |other )?(?:baselines?|original|previous|prior|compared|"
    r"competing|existing|other)\b|\b(?:released|provided|published|shared|written) by (?:the|its|their) (?:\w+ )?"
    r"authors?\b",
    re.IGNORECASE,
)
# What says of a name that it is somebody's software or data, so that "based on" it is "based on this repository".
THING = re.compile(rf"\b(?:{_CODE}|releases?|versions?|authors?|et al)\b|\[\d+\]", re.IGNORECASE)
# Nothing but a separator, or the markup around one and the same link.
SHARING = re.compile(
    rf"[\s,;:&/|(){{}}\[\]$~]*(?:(?:and|or|as well as|\\\w+|{_CODE}|at|on|in|the|here|link|this|url)"
    r"[\s,;:&/|(){}\[\]$~]*){0,6}(?:\\textcolor\s*\{\w+\}\{)?",
    re.IGNORECASE,
)
# A second thing of the same sentence: "… at X and a demo at Y", "(i) … (X) and (ii) … (Y)".
SECOND = re.compile(
    r"[\s,;)\]}]*(?:and|or|as well as|plus)\s+(?:an?|\([ivx\d]+\))\s+(?:[\w-]+\s+){1,5}"
    r"(?:(?:at|in|on|from)\s*)?[(\[:\s]*"
    rf"|[\s,;)\]}}]*(?:and|plus|with)\s+(?:the\s+)?(?:[\w-]+\s+){{0,4}}{_CODE}\s*(?:(?:at|in|on|from)\s*)?[(\[:\s]*",
    re.IGNORECASE,
)
ANCHOR = re.compile(
    rf"\}}\s*\{{[^{{}}]{{0,40}}?\b{_CODE}\b"
    rf"|[^\[\]()]{{0,3}}\b(?:for|has|holds|contains|hosts|provides|gives) (?:the |our |all )?{_CODE}\b",
    re.IGNORECASE,
)
# "… are publicly available" behind the address.
RELEASED_AFTER = re.compile(
    rf"[\s)\]}},]*(?:and \w+ )?(?:{_BE}|will) {_WORDS % 3}(?:available|released|open-sourced|public)\b", re.IGNORECASE
)
# "…, on which our work is based", "… as a baseline" behind the address.
OTHERS_AFTER = re.compile(
    r"[\s)\]},]*(?:(?:up)?on (?:top of )?which (?:our|this|we)|as (?:an? |our |the )?(?:\w+ )?"
    r"(?:baseline|base|basis|starting point|backbone|foundation))\b",
    re.IGNORECASE,
)
# [code](…), [Code & Data](…)
LABEL = re.compile(rf"\[[^\[\]]{{0,30}}\b{_CODE}\b[^\[\]]{{0,20}}\]\(\s*$", re.IGNORECASE)
MARKUP = re.compile(
    r"\\(?:url|href|texttt|textbf|textcolor(?:\{\w+\})?|emph|small|footnote|footnotesize|faGithub)\b|[{}$~\\*`<>]+"
)
