"""What a search takes and returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from corpus.types import Practice, Span
from index.about_list import NOTHING, AboutList
from index.bounds import Amount
from index.parts import Part
from index.signals import Reason, Signals
from index.titles import Title


class Mode(StrEnum):
    """Choose what scores: one vector a text, the vectors of its words (late interaction), BM25, or all as shipped."""

    HYBRID = "hybrid"
    LATE = "late"
    DENSE = "dense"
    SPARSE = "sparse"


class Step(StrEnum):
    """Name what is done to understand and to weigh a question; each can be left out, to see what it is worth.

    `SCRIPT` turns traditional characters into simplified ones, `TIDY` leaves out greetings, thanks and stray spaces,
    `SLIPS` corrects slips towards words of the corpus and reads pinyin, `NUMBERS` reads amounts, in Chinese digits as
    in Arabic ones, and their bounds, `TITLES` sees what is quoted (《…》), `STRUCTURE` which part of the list a
    question points to (二（三）, 完善标准体系里的) or what it asks of the list itself, `PLACES` which places it
    names, `EXCLUSIONS` which of them it asks to leave out (除了深圳), `ASIDE` leaves out what it sets aside
    (专精特新先不谈), `PAIRS` adds pairs of characters to the words of the sparse channel, `WEIGHT` lets the question
    decide what that channel counts for, `KIND` sees what kind of answer it wants, and with it how many practices,
    `HISTORY` lets the question before it count too. `LATE` compares word by word and not text by text, `CONTRAST`
    lets a word count for as much as it tells the candidates apart. `READING` reads the best few beside the question,
    for the confidence and for where a list ends.
    """

    SCRIPT = "script"
    TIDY = "tidy"
    SLIPS = "slips"
    NUMBERS = "numbers"
    TITLES = "titles"
    STRUCTURE = "structure"
    PLACES = "places"
    EXCLUSIONS = "exclusions"
    ASIDE = "aside"
    PAIRS = "pairs"
    WEIGHT = "weight"
    KIND = "kind"
    HISTORY = "history"
    LATE = "late"
    CONTRAST = "contrast"
    READING = "reading"


Steps = frozenset[Step]


class Stage(StrEnum):
    """Name a stage of a search, in order.

    `UNDERSTAND` is to read question and filters, `DENSE` and `SPARSE` are to propose candidates and to score them,
    `LATE` is to score them word by word and to say which words met, `FUSE` is all the rest: places, the fused score,
    signals, confidence, citations.
    """

    UNDERSTAND = "understand"
    ENCODE = "encode"
    DENSE = "dense"
    SPARSE = "sparse"
    LATE = "late"
    FUSE = "fuse"


@dataclass(frozen=True, slots=True)
class Filters:
    """Keep only practices that match every given value.

    `document` is an id or a number (文号); `task` a title, a label (三) or a number (3); `measure` a title, or the
    numbers of its path (3.1); `region` any name that the gazetteer knows (深圳, 440300, 长三角, Shenzhen), which
    covers what lies under it.
    """

    document: str | None = None
    task: str | None = None
    measure: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Name a place that a question speaks of: `written` as asked (鹏城), `name` as understood (深圳市), its `codes`.

    `excluded` is true when the question asks about others (除了深圳), `held` when some practice names it or what lies
    in it, `by_itself` when what lies in it is not meant (浙江省级层面).
    """

    written: str
    name: str
    codes: tuple[str, ...]
    excluded: bool
    held: bool = True
    by_itself: bool = False


class SlipKind(StrEnum):
    """Name what went wrong in writing.

    `SOUND` is a character of the same sound, `NEAR_SOUND` of one that is easily taken for it, `PINYIN` and
    `NEAR_PINYIN` are letters for characters, `ORDER` two characters that changed places, `MISSING` one left out,
    `CHARACTER` any other one for another.
    """

    SOUND = "sound"
    NEAR_SOUND = "near-sound"
    PINYIN = "pinyin"
    NEAR_PINYIN = "near-pinyin"
    ORDER = "order"
    MISSING = "missing"
    CHARACTER = "character"


@dataclass(frozen=True, slots=True)
class Correction:
    """Say that `written` (技数手册) was read as `understood` (技术手册), for the reasons `kinds`."""

    written: str
    understood: str
    kinds: tuple[SlipKind, ...]


class Kind(StrEnum):
    """Say what kind of answer a question wants.

    `LIST` is every practice about something, `REGION` every practice of a place, `COMPARE` sides beside each other,
    `NUMBER` a figure, `FACT` anything else that is asked, `OTHER` what is no question: words to look for.
    """

    FACT = "fact"
    LIST = "list"
    NUMBER = "number"
    COMPARE = "compare"
    REGION = "region"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Query:
    """Hold a question as understood.

    `raw` is as asked, `text` normalised, `tokens` all of its words, `content` these without repeats and with what they
    point to, `subject` those of them that are neither grammar nor part of a place name, `pairs` its pairs of Chinese
    characters, `places` what it names on the map. `about_place` is true when it asks about them as such
    (浙江有哪些做法), not about a subject there. `kind` is what kind of answer it wants. `corrections` say what in
    `text` is not as it was written. `amounts` are those that it asks for, `titles` what it quotes, `parts` the parts of
    the list that it points to; `about_part` is true when it asks for all of these as such; `about_list` is what it asks
    of the list itself.
    `rewritten` is how a question of a conversation reads on its own, None where it needs nothing of those before it;
    `changed_topic` is true where it is not about what they were about.
    """

    raw: str
    text: str
    tokens: tuple[str, ...]
    content: tuple[str, ...]
    subject: tuple[str, ...]
    places: tuple[Place, ...]
    about_place: bool
    kind: Kind = Kind.OTHER
    corrections: tuple[Correction, ...] = ()
    pairs: tuple[str, ...] = ()
    amounts: tuple[Amount, ...] = ()
    titles: tuple[Title, ...] = ()
    parts: tuple[Part, ...] = ()
    about_part: bool = False
    about_list: AboutList = NOTHING
    rewritten: str | None = None
    changed_topic: bool = False

    @property
    def asked(self) -> str:
        """Return the text whose words were searched for, which evidence points into."""
        return self.rewritten or self.raw


@dataclass(frozen=True, slots=True)
class Citation:
    """Quote a practice verbatim: the text of `spans` of the document, joined, is `quote`."""

    practice_id: str
    document_id: str
    document_title: str
    document_number: str
    heading_path: tuple[str, ...]
    quote: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class ScoreParts:
    """Show where a score comes from.

    `dense` is the cosine in [-1, 1], `late` the mean in [-1, 1] of the best cosines that the words of the question
    found, weighted by how far each tells the candidates apart, None where the encoder or the question has no words,
    `sparse` the BM25 score (0 or more). `place` is 1 where the practice names a place that the question asks about, or
    one that lies under it, 0.5 where it names the province above, or only what lies under a place that is meant by
    itself, -1 where it names none but excluded ones, 0 elsewhere, and None for a question that names no place.
    `sparse_weight` in [0, 1] is what the question gave the sparse channel. `amount` is 1 where the practice states an
    amount that the question asks for (不超过50万元), -1 where all that it states in that unit are out of bounds, 0
    where it states none; `title` is 1 where it holds what the question quotes, 0.5 for a title like it. Both are the
    mean where the question has several, and None where it has none. `part` is 1 where it stands in a part of the list
    that the question points to, 0 elsewhere, and None where it points to none that the corpus has. `reading`, which is
    no part of the score, is the logarithm of the odds that it says what is asked, None where it was not read.
    """

    dense: float
    late: float | None
    sparse: float
    place: float | None
    sparse_weight: float
    amount: float | None = None
    title: float | None = None
    part: float | None = None
    reading: float | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """Show which words of a practice the words of a question met.

    `asked` is a span of `Query.asked`, `met` one of the practice's text; `similarity` is their cosine in
    [-1, 1], `weight` in [0, 1] what the words of the question counted for among all of them.
    """

    asked: Span
    met: Span
    similarity: float
    weight: float


@dataclass(frozen=True, slots=True)
class Hit:
    """Hold one found practice with its score, higher is better; scores compare within one result only.

    `evidence` says why: the words of the question that met more in it than in the candidates on average, in order.
    `relevance` in [0, 1] is the probability that it belongs to the answer, if the list holds one; it rests on
    `closeness`, which is 1 where a hit is the best in every channel and 0 where it is average, and on whether it is
    `elsewhere`: others meet the question's places, parts or amounts better.
    """

    practice: Practice
    score: float
    parts: ScoreParts
    citation: Citation
    evidence: tuple[Match, ...] = ()
    closeness: float = 0.0
    elsewhere: bool = False
    relevance: float = 0.0


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hold the hits, best first, the `confidence` in [0, 1] that they hold an answer, and the signals it rests on.

    Below the service's threshold `reason` says why there is none, and `unheld` names the places asked about in which
    no practice of the corpus lies. `timings` are the seconds that each stage took; two results are equal
    whatever they took. `carried` says whether a question before it counted too,
    `turned` whether that was left out and would have led to another best hit.
    """

    query: Query
    hits: tuple[Hit, ...]
    confidence: float
    signals: Signals | None
    reason: Reason | None = None
    unheld: tuple[str, ...] = ()
    carried: bool = False
    turned: bool = False
    timings: Mapping[Stage, float] = field(default_factory=dict, compare=False, repr=False)
