"""The day of a document is found where it states one, and nowhere else."""

from __future__ import annotations

import pytest

from corpus.issued import issue_date
from corpus.types import PracticeList


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("特此通知。\n\n住房和城乡建设部办公厅\n2024年4月29日\n\n附件", "2024年4月29日"),
        ("<p>特此通知。</p>\n<p>二〇二四年四月二十九日</p>\n", "二〇二四年四月二十九日"),
        ("　　2024 年 4 月 9 日　　", "2024 年 4 月 9 日"),
        ("成文日期：2023-05-06\n发布日期：2023-05-10", "2023-05-06"),
        ("发布日期：2023-05-10\n正文\n2023年5月6日\n", "2023年5月6日"),
        ("【发布时间】 2023.5.10", "2023.5.10"),
        ("自2024年4月29日起施行。", None),
        ("2024年4月29日，各地召开会议", None),
        ("2024年4月\n", None),
        ("印发日期：另行通知", None),
        ("", None),
    ],
)
def test_the_day_of_a_document(text: str, day: str | None) -> None:
    found = issue_date(text)
    assert (found.of(text) if found else None) == day


def test_many_empty_lines_take_no_longer_than_they_are() -> None:
    assert issue_date("\n" * 200_000) is None
    assert issue_date(f"{' ' * 100_000}2024年") is None


def test_the_shipped_list_states_no_day(shipped: PracticeList) -> None:
    assert issue_date(shipped.document.text) is None
