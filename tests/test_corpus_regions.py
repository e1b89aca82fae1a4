"""The gazetteer: its data hold together, names resolve, and texts that only look like places stay untouched."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import SourceError, UnknownNameError
from corpus.region_lexicon import choose_words
from corpus.region_mentions import MentionKind
from corpus.region_senses import Ruling, read_decisions
from corpus.regions import Gazetteer, Level, Region, gazetteer

LOOK_ALIKES = """
日照时间不足 建筑日照标准 日照分析报告 日照明显不足 大理石地面 三明治墙板 和田玉 白银价格
中山大学 中山装 东方风格 夸下海口 长春花 朝阳产业 在海南方 北京东路 南京路步行街 全部开封闭
祝安康复元 通化学工业 保定额不变 正在建成都市圈 形成都市圈 完成都市更新 北海道 东海南部
保持平衡水平 宝鸡蛋 决议南通过 德州扑克 太平洋 云浮动 铜陵园 长治久安 建立长治理机制
大同小异 佛罗里达州 扩大连接 新一线城市 对应县级 适应县域 推进老城区改造 新城区建设 绿城中国
华中科技大学 西北工业大学 位于东北角 来宾致辞 雅鲁藏布江 星耀南湖 地方中小企业中心 构筑城市
孙中山 复合肥料 三十四平方米 江南西路
"""
DATA = Path(__file__).parent.parent / "corpus" / "gazetteer"


def named(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(mention.written, mention.codes) for mention in gazetteer().mentions(text)]


def names(text: str) -> list[str]:
    return [mention.name for mention in gazetteer().mentions(text)]


def test_counts_by_level() -> None:
    levels = Counter(region.level for region in gazetteer().regions.values())
    assert levels[Level.PROVINCE] == 34
    assert levels[Level.PREFECTURE] == 333
    assert levels[Level.COUNTY] == 32 + 2817
    areas = [region for region in gazetteer().regions.values() if region.level is Level.AREA]
    assert all(region.parent and region.code.startswith(region.parent + "-") for region in areas)


def test_every_parent_exists_and_is_of_a_higher_level() -> None:
    regions = gazetteer().regions
    for region in regions.values():
        if region.level is Level.PROVINCE:
            assert region.parent is None
        elif region.level is Level.PREFECTURE:
            assert region.parent == region.code[:2] + "0000"
        else:
            assert regions[region.parent or ""].level in (Level.PROVINCE, Level.PREFECTURE)


def test_full_and_short_names_lead_back_to_their_region() -> None:
    for region in gazetteer().regions.values():
        assert region in gazetteer().resolve(region.name)
        assert gazetteer().resolve(region.code) == (region,)
        if region.code not in ("220200", "632500"):  # 吉林 and 海南 mean the provinces
            assert region in gazetteer().resolve(region.short)


def test_official_names_of_provinces_and_prefectures_are_always_mentions() -> None:
    for region in gazetteer().regions.values():
        if region.level in (Level.PROVINCE, Level.PREFECTURE):
            assert named(f"请问{region.name}的经验做法") == [(region.name, (region.code,))]


def test_no_name_means_two_regions_unless_a_decision_says_so() -> None:
    decided = {decision.name for decision in read_decisions()}
    meanings: defaultdict[str, set[str]] = defaultdict(set)
    for region in gazetteer().regions.values():
        if region.level is not Level.COUNTY:
            meanings[region.name].add(region.code)
        for name in (region.short, *region.aliases, *region.english):
            if region.level is not Level.COUNTY or name != region.name:
                meanings[name].add(region.code)
    assert {name for name, codes in meanings.items() if len(codes) > 1} <= decided


def test_an_undeclared_namesake_is_refused() -> None:
    twins = [Region(code, f"甲{code}市", "甲", Level.PROVINCE, None) for code in ("990000", "980000")]
    with pytest.raises(SourceError, match="'甲' names 990000 and 980000"):
        Gazetteer(twins, [], [])


def test_an_unknown_parent_is_refused() -> None:
    with pytest.raises(SourceError, match="unknown parent '990000'"):
        Gazetteer([Region("990100", "甲市", "甲", Level.PREFECTURE, "990000")], [], [])


def test_decisions_name_known_regions() -> None:
    for decision in read_decisions():
        assert all(code in gazetteer().regions for code in decision.codes)
        assert decision.codes or decision.ruling in (Ruling.PREFIX, Ruling.SUPPORTED)


def test_members_of_groups() -> None:
    groups = {group.name: group for group in gazetteer().groups}
    sizes = {"智能建造试点城市": 24, "西部地区": 12, "中部地区": 6, "东部地区": 10, "长江经济带": 11, "黄河流域": 9}
    sizes |= {"粤港澳大湾区": 11, "珠三角": 9, "计划单列市": 5, "副省级城市": 15, "省会城市": 27, "二线城市": 31}
    assert {name: len(groups[name].members) for name in sizes} == sizes
    for group in groups.values():
        assert group.source
        assert len(set(group.members)) == len(group.members)
    assert "130000-xiongan" in groups["智能建造试点城市"].members


def test_shenzhen_is_understood_with_code_and_province() -> None:
    mention = gazetteer().mentions("深圳将智能建造列为重点")[0]
    assert (mention.name, mention.codes, mention.kind) == ("深圳市", ("440300",), MentionKind.REGION)
    assert gazetteer().lineage("440300") == ("440300", "440000")


def test_lineage_and_covers() -> None:
    assert gazetteer().lineage("440606") == ("440606", "440600", "440000")
    assert gazetteer().lineage("110105") == ("110105", "110000")
    assert gazetteer().covers("440000", "440606")
    assert gazetteer().covers("440300", "440300")
    assert not gazetteer().covers("440606", "440000")
    assert not gazetteer().covers("440300", "440606")


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("深圳", ["440300"]),
        (" 深 圳 市 ", ["440300"]),
        ("Shenzhen", ["440300"]),
        ("SHENZHEN CITY", ["440300"]),
        ("Jilin", ["220000"]),
        ("Jilin City", ["220200"]),
        ("Xi’an", ["610100"]),
        ("沪", ["310000"]),
        ("蓉城", ["510100"]),
        ("臺灣", ["710000"]),
        ("广东省深圳市", ["440300"]),
        ("北京朝阳区", ["110105"]),
        ("朝阳区", ["110105", "220104"]),
        ("吉林", ["220000"]),
        ("海南", ["460000"]),
        ("Taizhou", ["331000", "321200"]),
        ("龙城", ["140100", "320400", "450200"]),
        ("苏浙沪", ["320000", "330000", "310000"]),
        ("京津冀", ["110000", "120000", "130000"]),
        ("Yangtze River Delta", ["310000", "320000", "330000", "340000"]),
    ],
)
def test_resolve(name: str, codes: list[str]) -> None:
    assert [region.code for region in gazetteer().resolve(name)] == codes


def test_unknown_names_are_reported_with_near_ones() -> None:
    with pytest.raises(UnknownNameError, match="unknown region '深州城'; did you mean"):
        gazetteer().resolve("深州城")
    with pytest.raises(UnknownNameError, match="unknown region '999999'"):
        gazetteer().region("999999")
    for hostile in ("", "  ", "\0", "\ud800", "火" * 100_000):
        with pytest.raises(UnknownNameError, match="unknown region"):
            gazetteer().resolve(hostile)


@pytest.mark.parametrize("text", LOOK_ALIKES.split())
def test_words_that_only_look_like_places(text: str) -> None:
    assert named(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("江西安全生产", ["江西省"]),
        ("湖南海关", ["湖南省"]),
        ("河南阳光采购", ["河南省"]),
        ("广西安全", ["广西壮族自治区"]),
        ("山西安装集团", ["山西省"]),
        ("陕西安康", ["陕西省", "安康市"]),
        ("上海南站", ["上海市"]),
        ("海南区域", ["海南省"]),
        ("成都市场", ["成都市"]),
        ("深圳、苏州、佛山", ["深圳市", "苏州市", "佛山市"]),
        ("湖北和武汉", ["湖北省", "武汉市"]),
        ("甘肃和平凉的做法", ["甘肃省", "平凉市"]),
        ("佛山着力培育顺德区", ["佛山市", "顺德区"]),
        ("昆山的企业", ["昆山市"]),
        ("义乌市", ["义乌市"]),
        ("河北雄安新区", ["雄安新区"]),
        ("武汉大学", ["武汉市"]),
        ("深圳路网规划", ["深圳市"]),
        ("西南地区的大学", ["西南地区"]),
        ("苏浙沪", ["江苏省、浙江省、上海市"]),
        ("京沪高铁", ["北京市、上海市"]),
        ("川渝两地", ["川渝"]),
        ("云贵川", ["云贵川"]),
        ("粤港澳", ["粤港澳"]),
        ("大湾区", ["粤港澳大湾区"]),
        ("新疆生产建设兵团", ["新疆生产建设兵团"]),
        ("24个智能建造试点城市", ["智能建造试点城市"]),
        ("魔都、鹭岛和冰城", ["上海市", "厦门市", "哈尔滨市"]),
        ("瀋陽、廣東與臺北", ["沈阳市", "广东省", "台北市"]),
        ("Shenzhen's and xi'an's practices", ["深圳市", "西安市"]),
        ("in Inner Mongolia, not Chengdunian", ["内蒙古自治区"]),
        ("Taizhou, Zhejiang", ["台州市", "浙江省"]),
    ],
)
def test_mentions(text: str, expected: list[str]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("日照", ["日照市"]),
        ("日照怎么样", []),
        ("山东日照怎么样", ["山东省", "日照市"]),
        ("青岛、日照、来宾和烟台", ["青岛市", "日照市", "来宾市", "烟台市"]),
        ("日照等地", ["日照市"]),
        ("呼和浩特市新城区", ["呼和浩特市", "新城区"]),
        ("山东。日照充足", ["山东省"]),
    ],
)
def test_common_words_count_only_with_support(text: str, expected: list[str]) -> None:
    assert names(text) == expected


def test_namesakes_are_settled_by_what_they_lie_in() -> None:
    assert named("吉林省吉林") == [("吉林省", ("220000",)), ("吉林", ("220200",))]
    assert named("青海海南") == [("青海", ("630000",)), ("海南", ("632500",))]
    assert named("北京市朝阳区")[1] == ("朝阳区", ("110105",))
    assert named("长春的几个区，例如朝阳区")[1] == ("朝阳区", ("220104",))
    open_mention = gazetteer().mentions("朝阳区怎么做")[0]
    assert open_mention.kind is MentionKind.AMBIGUOUS
    assert open_mention.name == "北京市朝阳区或长春市朝阳区"
    assert named("南山区")[0][1] == ("230404", "440305")


def test_mentions_in_the_shipped_document() -> None:
    mentions = gazetteer().mentions((DATA.parent / "data" / "mohurd-2024-131.txt").read_text(encoding="utf-8"))
    kinds = Counter(mention.kind for mention in mentions)
    assert kinds[MentionKind.AMBIGUOUS] == 0
    assert {m.name for m in mentions if m.kind is MentionKind.GROUP} == {"自治区", "直辖市", "智能建造试点城市"}
    found = Counter(code for m in mentions if m.kind is MentionKind.REGION for code in m.codes)
    assert found["440300"] == 8
    assert found["420100"] == 7
    assert found["440605"] == 1
    assert len(found) == 34


def test_the_lexicon_leaves_out_words_about_a_place() -> None:
    dictionary = [("成都", 9, "ns"), ("成都人", 900, "n"), ("都市", 90, "n"), ("海", 200, "n"), ("桌椅", 90, "n")]
    assert choose_words(dictionary, frozenset({"成都"})) == {"成都": 9, "都市": 90, "海": 200}


_PIECES = st.sampled_from(
    ["深圳", "江西安全", "日照", "朝阳区", "苏浙沪", "、", "和", "的", "\n", "Xi'an", " ", "東", "\ud800"]
)


@given(st.lists(_PIECES | st.text(max_size=3), max_size=12).map("".join))
def test_mentions_lie_in_the_text_in_order_without_overlap(text: str) -> None:
    end = 0
    for mention in gazetteer().mentions(text):
        assert end <= mention.span.start < mention.span.end <= len(text)
        assert mention.span.of(text) == mention.written
        assert mention.codes
        assert all(code in gazetteer().regions for code in mention.codes)
        end = mention.span.end
