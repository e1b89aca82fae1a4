"""Tell whether a question is about another batch of a list than those held (第一批可复制经验做法清单)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from corpus.types import Document
from index.amounts import chinese_value
from index.normal import normalise
from index.tokens import Tokenizer, function_words
from index.types import Query

_ORDINALS = {
    word: number
    for number, word in enumerate(
        ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"), start=1
    )
}
_NUMERAL = r"(?P<number>\d{1,2}|[一二三四五六七八九十]{1,3})"
_BATCH = rf"第\s*{_NUMERAL}\s*批次?"
# 第一批有经验的师傅 are no list: what it says there has to end with the word.
_LISTED = r"(?:清单|名单|(?:经验|做法|通知|文件)(?=$|[\W里中是有写]|的(?:内容|第)))"
_CALLED = r"(?:lists?|practices?|measures?|experiences?|documents?|notices?)\b"
_NAMED = rf"(?:\s+of)?(?:\s+(?:the|these|this))?(?:\s+replicable)?\s+{_CALLED}"
_AFTER = re.compile(rf"{_BATCH}\s*[《“\"(]?(?P<words>[\u4e00-\u9fff]{{0,14}}?{_LISTED})")
_BEFORE = re.compile(rf"(?P<words>清单|名单|经验|做法)[》”\"]?(?:里|中)?的?\s*[(]?{_BATCH}")
_ENGLISH = re.compile(
    rf"\b(?:(?P<number>\d{{1,2}}(?=st|nd|rd|th)|{'|'.join(_ORDINALS)})(?:st|nd|rd|th)?\s+batch"
    rf"|batch\s+(?:no\.?\s*)?(?P<figure>\d{{1,2}})){_NAMED}",
    re.IGNORECASE,
)


class Editions:
    """Know which batches the documents of a corpus are."""

    def __init__(self, documents: Iterable[Document], tokenizer: Tokenizer) -> None:
        named = [document for document in documents if document.batch]
        read = [frozenset(_stated(normalise(document.batch))) for document in named]
        # Where one can't be read, it may be the one that is asked for.
        self._held = frozenset[int]().union(*read) if all(read) else frozenset()
        self._tokenizer = tokenizer
        self._words = frozenset(tokenizer(" ".join(normalise(document.title) for document in named))) | function_words()

    def lacks(self, query: Query) -> bool:
        """Tell whether a question is about batches none of which any document is.

        Other things come in batches too (西安第一批应用场景清单): the batch is that of a list where its words are those
        of a title, and no place is named.
        """
        if not self._held or any(not place.excluded for place in query.places):
            return False
        asked = set(self._asked(query.text))
        return bool(asked) and asked.isdisjoint(self._held)

    def _asked(self, text: str) -> Iterator[int]:
        for pattern in (_AFTER, _BEFORE):
            for match in pattern.finditer(text):
                if self._words.issuperset(self._tokenizer(match["words"])):
                    yield from _values(match["number"])
        for match in _ENGLISH.finditer(text):
            yield from _values((match["number"] or match["figure"]).lower())


def _stated(batch: str) -> Iterator[int]:
    """Yield the numbers of a document's batch, as its description writes it: 第三批, 三, 3, third."""
    found = re.search(_BATCH, batch) or re.fullmatch(_NUMERAL, batch)
    if found:
        yield from _values(found["number"])
    yield from (number for word, number in _ORDINALS.items() if re.search(rf"\b{word}\b", batch, re.IGNORECASE))


def _values(number: str) -> Iterator[int]:
    if number in _ORDINALS:
        yield _ORDINALS[number]
    elif number.isdecimal():
        yield int(number)
    elif "十" in number:
        yield int(chinese_value(number) or 0)
    else:
        # 第一二批 are two.
        yield from (int(chinese_value(character) or 0) for character in number)
