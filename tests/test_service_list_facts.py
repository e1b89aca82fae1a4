"""What is told of the lists themselves is what their documents say."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hashed_encoder import HashedEncoder

from corpus.regions import gazetteer
from corpus.types import PracticeList
from index.about_list import Aspect
from index.build import build_snapshot
from index.retriever import Retriever
from service.answer import answer
from service.list_facts import facts_of
from service.wording import Language, Wording

TITLE = "《发展智能建造可复制经验做法清单（第三批）》"


def opened(home: Path, *lists: PracticeList) -> Retriever:
    encoder = HashedEncoder()
    return Retriever.open(build_snapshot(lists, encoder, home), encoder)


def told(retriever: Retriever, *aspects: Aspect, language: Language = Language.SIMPLIFIED) -> str:
    word = Wording(language)
    return word.sentences(facts_of(retriever, word, aspects))


def test_the_shipped_list_is_told_of(retriever: Retriever, shipped: PracticeList) -> None:
    assert told(retriever, Aspect.ISSUER) == f"{TITLE}由住房和城乡建设部办公厅印发。"
    assert told(retriever, Aspect.NUMBER) == f"{TITLE}的文号是建办市函〔2024〕131号。"
    assert told(retriever, Aspect.DATE) == f"{TITLE}没有写明印发日期，文号是建办市函〔2024〕131号。"
    assert told(retriever, Aspect.TITLE) == f"全称是《{shipped.document.title}》。"
    count = told(retriever, Aspect.COUNT)
    assert count.startswith(f"{TITLE}共收录43条做法，分为4个部分：“培育智能建造产业集群”（")
    assert told(retriever, Aspect.CONTENTS, Aspect.COUNT) == count


def test_all_places_are_named(retriever: Retriever, shipped: PracticeList) -> None:
    places = told(retriever, Aspect.PLACES)
    assert places.startswith("涉及18个省级地区：北京、天津、")
    # Provinces without a practice of their own are those that a city of theirs lies in.
    for practice in shipped.practices:
        for code in practice.regions:
            assert Wording(Language.SIMPLIFIED).place(code) in places


def test_how_much_there_is_of_each_place(retriever: Retriever) -> None:
    shares = told(retriever, Aspect.SHARES)
    counts = [len(found) for code, found in retriever.located.items() if gazetteer().region(code).parent is None]
    assert [int(n) for n in re.findall(r"（(\d+)条）", shares.partition("。")[0])] == sorted(counts, reverse=True)
    assert "按市县算有：深圳（7条）、" in shares


def test_which_provinces_are_not_there(retriever: Retriever) -> None:
    absent = told(retriever, Aspect.ABSENT)
    assert absent.startswith("没有收录的省级地区有16个：")
    assert "西藏" in absent
    assert "广东" not in absent


def test_it_is_told_in_the_language_of_the_question(retriever: Retriever) -> None:
    assert answer(retriever, "這份清單是誰印發的").text == f"{TITLE}由住房和城乡建设部办公厅印發。"
    assert answer(retriever, "How many practices are in the list?").text.startswith(
        f"{TITLE} holds 43 practices in 4 parts"
    )
    assert answer(retriever, "How many cities are in the list?").text.startswith("It names 18 provinces: Beijing, ")


def test_what_a_document_does_not_say_is_said(shipped: PracticeList, tmp_path: Path) -> None:
    bare = replace(shipped.document, issuer="", number="")
    practices = tuple(replace(practice, path=(), regions=()) for practice in shipped.practices)
    retriever = opened(tmp_path, PracticeList(bare, practices))
    assert told(retriever, Aspect.ISSUER) == f"{TITLE}没有写明印发单位。"
    assert told(retriever, Aspect.NUMBER) == f"{TITLE}没有写明文号。"
    assert told(retriever, Aspect.DATE) == f"{TITLE}没有写明印发日期。"
    assert told(retriever, Aspect.PLACES) == f"{TITLE}没有写明地方。"
    assert told(retriever, Aspect.CONTENTS) == f"{TITLE}共收录43条做法。"


@pytest.mark.parametrize("count", [2, 7])
def test_of_several_lists_each_is_told_of_up_to_five(shipped: PracticeList, tmp_path: Path, count: int) -> None:
    lists = [
        PracticeList(
            replace(
                shipped.document,
                id=f"list-{n}",
                number=f"某函〔2024〕{n}号",
                text=f"{shipped.document.text}\n2024年5月{n}日\n",
            ),
            tuple(
                replace(practice, id=f"list-{n}:{practice.id.partition(':')[2]}", document_id=f"list-{n}")
                for practice in shipped.practices
            ),
        )
        for n in range(1, count + 1)
    ]
    retriever = opened(tmp_path, *lists)
    assert told(retriever, Aspect.NUMBER).count("的文号是") == min(count, 5)
    assert "的落款日期是2024年5月2日。" in told(retriever, Aspect.DATE)
    assert told(retriever, Aspect.COUNT).startswith(f"已收录的{count}份清单共收录{43 * count}条做法，分为4个部分")
