"""Understand a question once, for every channel."""

from __future__ import annotations

from corpus.regions import gazetteer
from index.normal import normalise
from index.tokens import Tokenizer, function_words
from index.types import Place, Query


def understand(question: str, tokenizer: Tokenizer) -> Query:
    """Return the question in simplified script and one width, with its tokens and the places it names."""
    text = normalise(question)
    places = tuple(Place(mention.written, mention.name, mention.codes) for mention in gazetteer().mentions(text))
    tokens = tuple(tokenizer(text))
    content = tuple(dict.fromkeys(token for token in tokens if token not in function_words()))
    return Query(question, text, tokens, content, places)
