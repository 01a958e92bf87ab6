"""Mandarin words whose last syllable is neutral, by pypinyin's dictionary and a few besides."""

from functools import cache

from myna.engines.gpt_sovits.frontend.chinese import pinyin

_PEOPLE = "朋友 先生 夫人 学生 徒弟 师傅 大夫 护士 邻居 亲戚 父亲 母亲 丈夫 兄弟 姑娘"
_BODY_AND_NATURE = "眼睛 耳朵 头发 嘴巴 胳膊 屁股 骨头 太阳 月亮 葡萄 狐狸 苍蝇 粮食"
_THINGS = "东西 衣服 窗户 玻璃 钥匙 行李 点心 豆腐 馒头 地方 石头"
_MATTERS = "事情 知识 意思 时候 名字 消息 故事 关系 生意 精神 力气 脾气 毛病 好处 坏处 用处 月份"
_VERBS = "喜欢 知道 认识 告诉 休息 商量 打算 打听 打扮 照顾 答应 收拾 招呼 咳嗽 吩咐 唠叨 折磨"
_QUALITIES = "漂亮 明白 清楚 聪明 糊涂 热闹 暖和 凉快 舒服 便宜 困难 麻烦 厉害 客气 老实"
_QUESTIONS = "什么 怎么 这么 那么 多么 多少"
_COMMON = frozenset(
    " ".join((_PEOPLE, _BODY_AND_NATURE, _THINGS, _MATTERS, _VERBS, _QUALITIES, _QUESTIONS)).split()
)  # words a beginner's textbook teaches, which pypinyin lists with a tone or not at all


@cache
def ends_neutral(word: str) -> bool:
    """Tell whether a word, or the common word that is its end (小朋友), ends neutral."""
    return word[-2:] in _COMMON or _last_in_dictionary(word) == "5"


@cache
def ends_toned(word: str) -> bool:
    """Tell whether the dictionary has a word (酒吧, 目的) whose last syllable has a tone."""
    return _last_in_dictionary(word) in ("1", "2", "3", "4")


def _last_in_dictionary(word: str) -> str:
    return pinyin.tones(word)[-1] if pinyin.is_listed(word) else ""
