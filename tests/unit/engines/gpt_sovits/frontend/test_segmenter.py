from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.engines.gpt_sovits.frontend.segmenter import segment


def _cut(text: str, default: str = "") -> str:
    return "|".join(f"{run.language}:{run.text}" for run in segment(text, default))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好 world", "zh:你好 |en:world"),
        ("气温25°C 左右", "zh:气温25°C 左右"),
        ("我爱ありがとう，也爱사랑해요。", "zh:我爱|ja:ありがとう，|zh:也爱|ko:사랑해요。"),
        ("我爱東京タワー。", "zh:我爱|ja:東京タワー。"),
        ("ありがとう谢谢你", "ja:ありがとう|zh:谢谢你"),
        ("日本の桜が咲いた", "ja:日本の桜が咲いた"),
        ("MyGO?,你也喜欢まいご吗？", "en:MyGO?,|zh:你也喜欢|ja:まいご|zh:吗？"),
        (
            "知ってる？最近、僕は天文学を勉強してるんだ。",
            "ja:知ってる？最近、僕は天文学を勉強してるんだ。",
        ),
        ("彼女は「我爱你」と言った。", "ja:彼女は「|zh:我爱你」|ja:と言った。"),
        ("안녕하세요, 여러분!", "ko:안녕하세요, 여러분!"),
        ("今天3点", "zh:今天3点"),
        ("4月2日に会いましょう。", "ja:4月2日に会いましょう。"),
        ("私はAI部の部長です", "ja:私は|en:AI|ja:部の部長です"),
        ("ねえ、OK、最近、僕は", "ja:ねえ、|en:OK、|ja:最近、僕は"),
        ("3개 있어요", "ko:3개 있어요"),
        ("Room 5", "en:Room 5"),
        ("我用GPT4说话", "zh:我用|en:GPT4|zh:说话"),
        ("我用GPT4来写文章", "zh:我用|en:GPT|zh:4来写文章"),
        ("GPT,4你好", "en:GPT,|zh:4你好"),
        ("OK 5。你好", "en:OK 5。|zh:你好"),
        ("「你好」", "zh:「你好」"),
        ("123", "zh:123"),
        ("...", "zh:..."),
        ("Hello привет", "en:Hello привет"),
        ("don't stop", "en:don't stop"),
        ("", ""),
    ],
)
def test_text_is_cut_where_its_language_changes(text: str, expected: str) -> None:
    assert _cut(text) == expected


@pytest.mark.parametrize(
    ("text", "default", "expected"),
    [
        ("当时ThinkPad T60刚刚发布", "zh", "zh:当时|en:ThinkPad T|zh:60刚刚发布"),
        ("漢字とkana", "ja", "ja:漢字と|en:kana"),
        ("3 cats", "ko", "ko:3 |en:cats"),
        ("ジョン・ABC・XYZの", "ja", "ja:ジョン・|en:ABC|ja:・|en:XYZ|ja:の"),
        ("こんにちは你好", "zh", "zh:こんにちは你好"),
    ],
)
def test_with_a_default_only_english_stands_apart(text: str, default: str, expected: str) -> None:
    assert _cut(text, default) == expected


@given(st.text("你好かな漢字한국 abcéC12,.。！?'「_°α \n", max_size=24))
@settings(max_examples=100, deadline=None)
def test_the_runs_joined_are_the_text_and_neighbours_differ(text: str) -> None:
    runs = segment(text)
    assert "".join(run.text for run in runs) == text.strip()
    assert all(a.language != b.language for a, b in pairwise(runs))
    assert {run.language for run in runs} <= {"zh", "ja", "ko", "en"}
