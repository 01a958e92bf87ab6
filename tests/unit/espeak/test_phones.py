import pytest

from myna.espeak.phones import PhoneClass, kind_of, normalized


@pytest.mark.parametrize(
    ("name", "language", "symbol"),
    [
        ("ˈiː", "en", "i"),
        ("n̩", "en", "n"),
        ("ˈaɪ", "en", "aɪ"),
        ("ɫ", "ko", "l"),
        ("s-", "ko", "s"),
        ("q", "ko", "k"),
        ("ɯᵝ", "ja", "ɯ"),
        ("ç", "ja", "ç"),
        ("ʲ", "ja", "j"),
        ("ts.h", "zh", "tʂʰ"),
        ("h", "zh", "h"),
        ("ˈoenɡ", "yue", "œŋ"),
        ("d", "yue", "t"),
        ("(en)", "zh", ""),
        ("", "yue", ""),
    ],
)
def test_names_become_plain_ipa(name: str, language: str, symbol: str) -> None:
    assert normalized(name, language) == symbol


@pytest.mark.parametrize(
    ("symbol", "kind"),
    [
        ("aɪ", PhoneClass.VOWEL),
        ("ɚ", PhoneClass.VOWEL),
        ("ŋ", PhoneClass.NASAL),
        ("ɹ", PhoneClass.APPROXIMANT),
        ("ʃ", PhoneClass.FRICATIVE),
        ("tʃ", PhoneClass.PLOSIVE),
        ("", PhoneClass.PAUSE),
    ],
)
def test_sounds_have_a_class(symbol: str, kind: PhoneClass) -> None:
    assert kind_of(symbol) is kind
