"""What figures, categories and stages are called, in both languages, and what each means in one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eval.compare import DECISION
from eval.html.bilingual import Text, same
from eval.metrics import Measure


@dataclass(frozen=True, slots=True)
class Label:
    """Name a figure and explain it in one line."""

    name: Text
    hint: Text
    lower_is_better: bool = False


RANKING: Mapping[str, Label] = {
    Measure.HIT_AT_1: Label(
        Text("首条命中 hit@1", "hit@1"), Text("第一条就是答案的题占多少", "Share of questions whose first hit answers")
    ),
    Measure.R_PRECISION: Label(
        Text("前 R 准确率", "R-precision"),
        Text("有 R 条答案，前 R 条里占多少是答案", "Right ones among the first R, where R answers exist"),
    ),
    Measure.RECALL_AT_5: Label(
        Text("前 5 召回", "recall@5"), Text("前 5 条找回了多少答案", "Share of the answers within the first 5")
    ),
    Measure.RECALL_AT_10: Label(
        Text("前 10 召回", "recall@10"), Text("前 10 条找回了多少答案", "Share of the answers within the first 10")
    ),
    Measure.MRR_AT_10: Label(
        Text("首个答案 MRR@10", "MRR@10"),
        Text("第一个答案排第 n 位得 1/n 分", "1/n where the first answer is at rank n"),
    ),
    Measure.NDCG_AT_10: Label(
        Text("排序质量 nDCG@10", "nDCG@10"),
        Text("越有用的排得越前，得分越高", "The more useful first, the higher; graded"),
    ),
}

REFUSAL: Mapping[str, Label] = {
    DECISION: Label(
        Text("答与拒判断对", "right decision"),
        Text("能答的答了、不能答的拒了，占全部题的多少", "Answered what can be answered, refused what cannot"),
    ),
    "answered": Label(
        Text("作答率", "answered"), Text("有答案的题里，作答的占多少", "Of the answerable questions, share answered")
    ),
    "refused": Label(
        Text("拒答率", "refused"), Text("没有答案的题里，拒答的占多少", "Of the unanswerable questions, share refused")
    ),
    "auroc": Label(
        Text("置信度区分力 AUROC", "AUROC of confidence"),
        Text("有答案的题置信度更高的机会，0.5 等于瞎猜", "Chance that answerable beats unanswerable; 0.5 is a guess"),
    ),
    "aurc": Label(
        Text("风险—覆盖面积 AURC", "AURC"),
        Text("各种阈值下答错对象的平均风险，越低越好", "Mean risk over all thresholds; lower is better"),
        lower_is_better=True,
    ),
    "ece": Label(
        Text("校准误差 ECE", "calibration error ECE"),
        Text("置信度与实际相差多少，越低越好", "How far confidence is from the truth; lower is better"),
        lower_is_better=True,
    ),
}

LABELS: Mapping[str, Label] = {**RANKING, **REFUSAL}

# Short heads for narrow columns.
HEADS: Mapping[str, Text] = {
    **{measure.value: same(measure.value) for measure in Measure},
    "answered": Text("作答率", "answered"),
    "refused": Text("拒答率", "refused"),
}

ANSWERS: Mapping[str, Label] = {
    "verbatim": Label(
        Text("引文逐字一致", "quotes verbatim"),
        Text("引文与原文该处逐字相同的占多少，必须是 1", "Quotes that stand word for word at their place; must be 1"),
    ),
    "precision": Label(
        Text("引用准确率", "citation precision"),
        Text("引用的做法里，真能回答问题的占多少", "Cited practices that do answer the question"),
    ),
    "recall": Label(
        Text("引用召回率", "citation recall"),
        Text("能回答问题的做法里，被引用的占多少", "Answering practices that are cited; a refusal counts 0"),
    ),
    "list_recall": Label(
        Text("列举题召回率", "lists: share found"),
        Text("问“有哪些”时，该列的列出了多少", "Where all are asked for, share of them cited"),
    ),
    "list_complete": Label(
        Text("列举题全齐率", "lists: complete"),
        Text("一条不漏的列举题占多少", "List questions with nothing left out"),
    ),
    "uncited": Label(
        Text("无出处的句子", "sentences without a citation"),
        Text("答案里没有标出处的句子占多少，越低越好", "Share of answer sentences without a mark; lower is better"),
        lower_is_better=True,
    ),
}

CATEGORIES: Mapping[str, Text] = {
    "fact": Text("事实", "fact"),
    "colloquial": Text("口语", "colloquial"),
    "keyword": Text("关键词", "keyword"),
    "list": Text("列举", "list"),
    "region": Text("地区", "region"),
    "number": Text("数字", "number"),
    "english": Text("英文", "English"),
    "traditional": Text("繁体", "traditional script"),
    "typo": Text("错字", "typo"),
    "compare": Text("比较", "compare"),
    "followup": Text("追问", "follow-up"),
    "unanswerable": Text("领域内无答案", "unanswerable"),
    "offtopic": Text("领域外", "off topic"),
}

STAGES: Mapping[str, Text] = {
    "understand": Text("理解问题", "understand"),
    "encode": Text("编码", "encode"),
    "dense": Text("向量检索", "dense"),
    "sparse": Text("关键词检索", "sparse"),
    "fuse": Text("融合", "fuse"),
    "answer": Text("组织答案", "answer"),
    "total": Text("合计", "total"),
}

PARTS: Mapping[str, Text] = {
    "dense": Text("向量", "dense"),
    "sparse": Text("BM25", "BM25"),
    "place": Text("地点", "place"),
    "sparse_weight": Text("BM25 权重", "BM25 weight"),
}

DISTURBANCES: Mapping[str, Label] = {
    "homophone": Label(
        Text("同音错字", "homophone"), Text("打错一个同音字", "one character becomes one that sounds alike")
    ),
    "pinyin": Label(Text("拼音残留", "pinyin"), Text("一个词留成拼音", "one word is left in pinyin")),
    "traditional": Label(Text("繁体", "traditional"), Text("改用繁体字", "written in traditional script")),
    "full-width": Label(
        Text("全角", "full width"), Text("字母、数字、标点改全角", "Latin letters, digits and marks full width")
    ),
    "no-punctuation": Label(Text("无标点", "no punctuation"), Text("去掉标点", "punctuation is left out")),
    "no-question-words": Label(
        Text("无疑问词", "no question words"), Text("去掉疑问词和虚词", "question words are left out")
    ),
    "polite": Label(Text("客套话", "polite"), Text("前后加上客套话", "greetings and thanks are added")),
    "short-places": Label(
        Text("地名简写", "short place names"), Text("地名去掉省、市", "省 and 市 are dropped from places")
    ),
}


def named(labels: Mapping[str, Text], name: str) -> Text:
    """Return the label of a name, or the name itself where we have none."""
    return labels.get(name) or same(name)
