"""Korean is spelt as it sounds by the rules of the Standard Pronunciation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.text.korean_pronunciation import pronounce

SAMPLES = {
    "nasals": "국물 궁물 먹는 멍는 있는 인는 없는 엄는 읽는 잉는 값만 감만 앞문 암문 꽃망울 꼰망울",
    "after nasals": "심리 심니 종로 종노 독립 동닙 협력 혐녁 국립 궁닙 대통령 대통녕",
    "laterals": "신라 실라 연락 열락 칼날 칼랄 설날 설랄 뚫는 뚤른 핥는 할른",
    "linking": "옷이 오시 값이 갑씨 닭을 달글 밖에 바께 있어요 이써요 앞으로 아프로 넋이 넉씨",
    "lost h": "좋아요 조아요 많아 마나 싫어 시러 않은 아는 놓는 논는 않네 안네",
    "aspirates": "축하 추카 못하다 모타다 입학 이팍 많다 만타 좋고 조코 밝히다 발키다",
    "tense": "학교 학꾜 있다 읻따 옷감 옫깜 넓다 널따 밟는 밤는 젊다 점따 읽다 익따 밟다 밥따",
    "plain after clusters": "옮기다 옴기다 굶기다 굼기다",
    "palatals": "같이 가치 굳이 구지 붙여 부처 닫혀 다처 해돋이 해도지 핥이다 할치다",
    "finals": "꽃 꼳 부엌 부억 앞 압 값 갑 삶 삼 여덟 여덜 닭 닥 히읗 히읃",
    "vowels": "희망 히망 가져 가저 시계 시게 의사 의사 회의 회이 나의 나에 예의 예이 사회의 사회에",
    "added n": "십육 심뉵 꽃잎 꼰닙 색연필 생년필 서울역 서울력 학생용 학쌩뇽 정말요 정말료",
    "no added n": "여의도역 여이도역 필요 피료 비용 비용 일요일 이료일",
    "words": "결정 결쩡 문법 문뻡 갈등 갈뜽 인기 인끼 발전 발쩐 맛없다 마덥따 맛있다 마싣따",
    "verbs": "읽고 일꼬 닭과 닥꽈 할게요 할께요 할수록 할쑤록 없어서 업써서",
}


@pytest.mark.parametrize("rule", SAMPLES)
def test_words_sound_as_the_rule_says(rule: str) -> None:
    words = SAMPLES[rule].split()
    assert [pronounce(word) for word in words[::2]] == words[1::2]


def test_a_noun_behind_a_verb_is_tense() -> None:
    assert pronounce("할 수 있을 것 같아") == "할 쑤 이쓸 껃 가타"
    assert pronounce("물 수건") == "물 수건"


def test_what_is_not_hangul_stays() -> None:
    assert pronounce("독립, ABC 1!") == "동닙, ABC 1!"


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), max_size=12))
def test_any_syllables_can_be_pronounced(word: str) -> None:
    sound = pronounce(word)
    assert all("가" <= syllable <= "힣" for syllable in sound)
    finals = {(ord(syllable) - 0xAC00) % 28 for syllable in sound}
    only_seven_finals = {0, 1, 4, 7, 8, 16, 17, 21}
    assert finals <= only_seven_finals
