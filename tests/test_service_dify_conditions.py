"""What Dify's metadata conditions let through."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from pydantic import ValidationError

from corpus.errors import UnknownNameError
from corpus.regions import gazetteer
from corpus.types import Document, Practice, PracticeList, Span
from service.dify import Condition, MetadataCondition
from service.dify_conditions import FIELDS, ORDERING, VALUELESS, Operator

Value = Any
Kept = Callable[..., list[str]]

OPPOSITES = [
    (Operator.CONTAINS, Operator.NOT_CONTAINS),
    (Operator.IS, Operator.IS_NOT),
    (Operator.IN, Operator.NOT_IN),
    (Operator.EMPTY, Operator.NOT_EMPTY),
    (Operator.EQUAL, Operator.NOT_EQUAL),
]
PLAIN = Practice("notes:1", "notes", (), 1, "智能建造", (Span(0, 4),), ())
NOTES = Document("notes", "随笔", "", "", "", "notes.txt", "", "智能建造")

place_names = st.sampled_from(
    [name for region in gazetteer().regions.values() for name in (region.code, region.name, region.short)]
)
texts = st.text(min_size=1, max_size=20) | st.sampled_from(["深圳", "标准", "3", "三", "3.1", "州", "建办市函", "131"])


near_conditions = st.fixed_dictionaries(
    {
        "name": st.sampled_from(list(FIELDS)),
        "comparison_operator": st.sampled_from(sorted(set(Operator) - ORDERING)),
        "value": texts | place_names,
    }
)


@pytest.fixture(scope="module")
def kept(shipped: PracticeList) -> Kept:
    """Return what conditions let through of the shipped list and of a practice without headings and places."""
    pairs = [*((practice, shipped.document) for practice in shipped.practices), (PLAIN, NOTES)]

    def keep(*conditions: dict[str, Value], logical_operator: str = "and") -> list[str]:
        given = {"logical_operator": logical_operator, "conditions": list(conditions)}
        matches = MetadataCondition.model_validate(given).matches()
        return [practice.id.rpartition(":")[2] for practice, document in pairs if matches(practice, document)]

    return keep


def _where(name: Value, operator: Value, value: Value = None) -> dict[str, Value]:
    return {"name": name, "comparison_operator": operator, "value": value}


@pytest.mark.parametrize(
    "name", ["厦门", "厦门市", "鹭岛", "Xiamen", "XIAMEN", "350200", 350200, "福建省厦门市", "廈門"]
)
@pytest.mark.parametrize("operator", ["is", "=", "contains"])
def test_a_region_is_known_by_any_name(kept: Kept, operator: str, name: Value) -> None:
    assert kept(_where("region", operator, name)) == ["2.2.2"]


def test_a_region_covers_what_lies_in_it(kept: Kept) -> None:
    inside = kept(_where("region", "in", ["深圳", "佛山", "广州"]))
    assert set(inside) <= set(kept(_where("region", "is", "广东")))
    assert kept(_where("region", "is", "广东")) == kept(_where("regions", "contains", "广东"))
    assert set(kept(_where("region", "is", "温州"))) < set(kept(_where("region", "is", "长三角")))
    assert "2.2.2" in kept(_where("region", "is", "福建"))
    assert "3.1.5" not in kept(_where("region", "is", "厦门"))


@pytest.mark.parametrize(
    ("name", "operator", "value", "expected"),
    [
        ("measure", "is", "组织编制关键标准", ["3.2.1", "3.2.2", "3.2.3"]),
        ("measure", "is", 3.2, ["3.2.1", "3.2.2", "3.2.3"]),
        ("measure", "start with", "组织编制", ["3.2.1", "3.2.2", "3.2.3"]),
        ("measure", "end with", "关键標準", ["3.2.1", "3.2.2", "3.2.3"]),
        ("measure", "contains", "编制关键", ["3.2.1", "3.2.2", "3.2.3"]),
        ("practice_id", "in", "mohurd-2024-131:3.2.1，mohurd-2024-131:1.1.1,", ["1.1.1", "3.2.1"]),
        ("region", "in", "厦门, 温州", ["2.2.2", "3.1.4"]),
        ("task", "empty", None, ["1"]),
        ("document", "is", "随笔", ["1"]),
        ("document_number", "empty", "", ["1"]),
        ("task", "is", "不存在的任务", []),
        ("region", "is", "拉萨", []),
        (["document_id"], "end with", "ES", ["1"]),
        (["task", "document_title"], "contains", "随笔", ["1"]),
    ],
)
def test_operators(kept: Kept, name: Value, operator: str, value: Value, expected: list[str]) -> None:
    assert kept(_where(name, operator, value)) == expected


@pytest.mark.parametrize("value", [3, "3", "三", "完善标准体系", "三、完善標準體系", 3.0])
def test_a_task_is_known_by_number_label_and_title(kept: Kept, value: Value) -> None:
    found = kept(_where("task", "=", value))
    assert len(found) == 11
    assert all(practice.startswith("3.") for practice in found)


@pytest.mark.parametrize("value", ["mohurd-2024-131", "建办市函〔2024〕131号", "建办市函[2024]131号"])
def test_a_document_is_known_by_id_and_number(kept: Kept, value: str) -> None:
    assert kept(_where("document", "is", value), _where("document_id", "is not", "notes")) == kept(
        _where("document", "is not", "notes")
    )


def test_no_condition_lets_everything_through(kept: Kept) -> None:
    assert len(kept()) == len(kept(logical_operator="or")) == 44
    empties: list[dict[str, Value]] = [{}, {"conditions": None}, {"logical_operator": None, "conditions": []}]
    for empty in empties:
        assert MetadataCondition.model_validate(empty).matches()(PLAIN, NOTES)


@effort(max_examples=150, deadline=None)
@given(data=st.data())
def test_not_lets_through_just_the_others(kept: Kept, data: st.DataObject) -> None:
    positive, negative = data.draw(st.sampled_from(OPPOSITES))
    condition = data.draw(near_conditions)
    try:
        without, within = (kept(condition | {"comparison_operator": one}) for one in (negative, positive))
    except (ValidationError, UnknownNameError):
        return
    assert sorted(without + within) == sorted(kept())


@effort(max_examples=150, deadline=None)
@given(conditions=st.lists(near_conditions, min_size=1, max_size=4))
def test_and_is_the_common_part_and_or_is_all_of_them(kept: Kept, conditions: list[dict[str, Value]]) -> None:
    try:
        each = [set(kept(condition)) for condition in conditions]
    except (ValidationError, UnknownNameError):
        return
    assert set(kept(*conditions)) == set.intersection(*each)
    assert set(kept(*conditions, logical_operator="or")) == set.union(*each)


@effort(max_examples=200, deadline=None)
@given(name=place_names)
def test_what_is_a_place_contains_its_name(kept: Kept, name: str) -> None:
    assert set(kept(_where("region", "is", name))) <= set(kept(_where("region", "contains", name)))


@effort(max_examples=200, deadline=None)
@given(
    condition=st.dictionaries(
        st.sampled_from(["name", "comparison_operator", "value"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=120),
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
        )
        | st.sampled_from([*FIELDS, *Operator, "\ud800"]),
    )
)
def test_any_condition_is_understood_or_refused(kept: Kept, condition: dict[str, Value]) -> None:
    # Anything but these two is a fault.
    with suppress(ValidationError, UnknownNameError):
        assert set(kept(condition)) <= set(kept())


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        (_where("city", "is", "深圳"), "Unknown name 'city'; known: region,"),
        (_where([], "is", "深圳"), "A name, or a list of names, is expected"),
        (_where(["region", None], "is", "深圳"), "A name, or a list of names, is expected"),
        (_where("region", "equals", "深圳"), "Unknown operator 'equals'; known: contains,"),
        (_where("region", None, "深圳"), "Unknown operator 'None'"),
        (_where("region", ["is"], "深圳"), "Unknown operator"),
        *((_where("task", operator, 3), f"The operator {operator} compares numbers or dates") for operator in ORDERING),
        (_where("region", "is"), "The value is missing"),
        (_where("region", "in", []), "The value is missing"),
        (_where("region", "in", " , ，"), "The value is missing"),
        (_where("region", "is", ["深圳", "苏州"]), "is takes one value, in and not in take up to 100"),
        (_where("region", "in", ["深圳"] * 101), "in takes one value, in and not in take up to 100"),
        (_where("region", "is", " "), "The text is blank"),
        (_where("region", "contains", "《》"), "no letter or digit"),
        (_where("task", "is", "长" * 101), "100 are the most"),
        (_where("task", "is", True), "A value is a text or a number"),
        (_where("task", "in", [["三"]]), "A value is a text or a number"),
    ],
)
def test_a_condition_that_means_nothing_is_refused(condition: dict[str, Value], told: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Condition.model_validate(condition)
    assert told in str(caught.value)


@pytest.mark.parametrize("operator", VALUELESS)
def test_a_value_that_is_not_looked_at_may_be_anything(operator: Operator) -> None:
    values: list[Value] = [None, "", [], {}, "深圳"]
    for value in values:
        assert Condition.model_validate(_where("region", operator, value)).value == ()


def test_an_unknown_place_is_named_with_what_may_be_meant(kept: Kept) -> None:
    with pytest.raises(UnknownNameError, match="unknown region '深训市'; did you mean"):
        kept(_where("region", "is not", "深训市"))
