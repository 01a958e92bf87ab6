import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.core.errors import WeightsMissing
from myna.engines.gpt_sovits.frontend.english.dictionary import Dictionary, homographs
from myna.engines.gpt_sovits.frontend.english.letters import (
    from_espeak,
    from_letter_model,
    letter_name,
)
from myna.engines.gpt_sovits.frontend.english.names import names
from myna.engines.gpt_sovits.frontend.english.normalization import normalize
from myna.engines.gpt_sovits.frontend.english.numbers import cardinal, ordinal, year
from myna.engines.gpt_sovits.frontend.english.reader import English, tag_by_neighbours
from myna.engines.gpt_sovits.frontend.symbols import SYMBOLS_V2

VECTORS = json.loads(
    (Path(__file__).parents[4] / "parity" / "data" / "gptsovits" / "frontend.json").read_text(
        "utf-8"
    )
)
WORDS = Dictionary(
    {
        "hello": "HH AH0 L OW1",
        "world": "W ER1 L D",
        "church": "CH ER1 CH",
        "cat": "K AE1 T",
        "dog": "D AO1 G",
        "house": "HH AW1 S",
        "boat": "B OW1 T",
        "isn't": "IH1 Z AH0 N T",
    }
)


@pytest.mark.parametrize("text", VECTORS["en_normalize"])
def test_text_is_normalised_as_gpt_sovits_does(text: str) -> None:
    assert normalize(text) == VECTORS["en_normalize"][text]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (21, "twenty-one"),
        (101, "one hundred and one"),
        (1001, "one thousand and one"),
        (1234, "one thousand, two hundred and thirty-four"),
        (1_000_001, "one million and one"),
        (2_000_100, "two million, one hundred"),
    ],
)
def test_numbers_are_written_out(number: int, words: str) -> None:
    assert cardinal(number) == words


def test_numbers_beyond_their_names_are_written_digit_by_digit() -> None:
    assert cardinal(10**36).startswith("one, zero, zero")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("one", "first"),
        ("twenty-two", "twenty-second"),
        ("twelve", "twelfth"),
        ("thirty", "thirtieth"),
        ("one hundred", "one hundredth"),
        ("one hundred and five", "one hundred and fifth"),
    ],
)
def test_ordinals_change_the_last_word(words: str, expected: str) -> None:
    assert ordinal(words) == expected


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1905, "nineteen oh five"),
        (1900, "nineteen hundred"),
        (2000, "two thousand"),
        (2007, "two thousand seven"),
        (2024, "twenty twenty-four"),
    ],
)
def test_years_are_read_by_centuries(number: int, words: str) -> None:
    assert year(number) == words


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1. First", "first, First"),
        ("12:05", "twelve five p.m."),
        ("0:30", "zero thirty a.m."),
        ("1m", "one meter"),
        ("1.5km", "one point five kilometers"),
        ("20°C", "twenty degrees celsius"),
        ("$1", "one dollar"),
        ("$0.01", "one cent"),
        ("$0", "zero dollars"),
        ("$1.2.3", "one point two.three dollars"),
        ("5£", "five pounds"),
        ("(5$", "five dollars"),
        ("3/2", "three halves"),
        ("5/1", "five"),
        ("2/21", "two twenty-firsts"),
        ("8 × 2 = 16", "eight times two Equals sixteen"),
        ("x - y", "x minus y"),
        ("10,000 people", "ten thousand people"),
        ("11th", "eleventh"),
        ("i.e. this", "that is this"),
        ("don't", "don't"),
        ("你好 hi", " hi"),
        ("Wait...!", "Wait."),
        ("so , yes", "so  yes"),
        ("好。Yes！", ". Yes!"),
        ("I’ll say it’s ‘his’", "I'll say it's his"),
        ("Ｏｋ １", "Ok one"),
        ("Straße, Łódź", "Strasse, Lodz"),
    ],
)
def test_written_forms_are_said_in_words(written: str, said: str) -> None:
    assert normalize(written) == said


@given(st.text("abcXYZ 0123456789.,:$£%/-'!?×=é。°", max_size=24))
@settings(max_examples=100, deadline=None)
def test_only_letters_and_known_marks_are_left(written: str) -> None:
    assert set(normalize(written)) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ '.,?!-"
    )


READER = English(dictionary=WORDS, guess=lambda word: ["Z", "Z", "Z"], segment=None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello world.", "HH AH0 L OW1 W ER1 L D ."),
        ("A cat, a dog", "EY1 K AE1 T , AH0 D AO1 G"),
        ("cat's dog's church's", "K AE1 T S D AO1 G Z CH ER1 CH AH0 Z"),
        ("cats' isn't", "Z Z Z - IH1 Z AH0 N T"),
        ("xyz", "EH1 K S W AY1 Z IY1"),
        ("doghouse", "D AO1 G HH AW1 S"),
        ("cat-boat", "K AE1 T B OW1 T"),
        ("unknown", ", Z Z Z"),
        ("dog.com", "D AO1 G S IY1 OW1 EH1 M"),
        ("p.m.", "P IY1 . EH1 M ."),
        ("cat.dog", "K AE1 T D AO1 G"),  # one word, as a domain is
        (" ", ","),
    ],
)
def test_words_are_read(text: str, expected: str) -> None:
    assert " ".join(READER.read(text)) == expected


def test_a_word_said_in_two_ways_depends_on_its_neighbour() -> None:
    assert READER.read("to record it")[:1] != READER.read("a record")
    assert "K AO1 R D" in " ".join(READER.read("to record"))  # the first vowel is a matter of taste
    assert "R EH1 K ER0 D" in " ".join(READER.read("the record"))
    assert "R IY1 D" in " ".join(READER.read("I read"))
    assert "R EH1 D" in " ".join(READER.read("was read"))


def test_verbs_are_told_by_the_word_before() -> None:
    assert tag_by_neighbours(["I", "use", "the", "use", "to", "use"]) == [
        "NN",
        "VBP",
        "NN",
        "NN",
        "NN",
        "VB",
    ]


def test_names_count_where_they_are_written_as_names(tmp_path: Path) -> None:
    file = tmp_path / "namedict_cache.pickle"
    file.write_bytes(pickle.dumps({"aadi": [["AA1", "D", "IY0"]], "cat": [["B", "AE1", "D"]]}))
    reader = replace(READER, names=names(file))
    assert reader.read("Aadi and cat Cat")[:3] == ("AA1", "D", "IY0")
    assert "B" not in reader.read("Cat")
    assert reader.read("aadi")[1:] == ("Z", "Z", "Z")


@pytest.mark.parametrize(
    "held", [pickle.dumps(Path("x")), pickle.dumps(["a"]), pickle.dumps({"a": []}), b"no pickle"]
)
def test_a_file_of_names_that_holds_something_else_is_refused(held: bytes, tmp_path: Path) -> None:
    (tmp_path / "namedict_cache.pickle").write_bytes(held)
    with pytest.raises(WeightsMissing, match="namedict_cache"):
        names(tmp_path / "namedict_cache.pickle")


def test_homographs_come_from_a_file_where_there_is_one(tmp_path: Path) -> None:
    file = tmp_path / "homographs.en"
    file.write_text("#comment\nBOW|B AW1|B OW1|V\n", "utf-8")
    found = homographs(file)
    assert found["bow"].said("VB") == ("B", "AW1")
    assert found["bow"].said("NN") == ("B", "OW1")
    assert set(found) == {"bow", "read", "complex"}


def test_a_dictionary_is_read_from_the_files_of_an_installation(tmp_path: Path) -> None:
    (tmp_path / "cmudict.rep").write_text("##\n" * 56 + "CAT  K AE1 T\nAI  EY1\n", "utf-8")
    (tmp_path / "cmudict-fast.rep").write_text("CAT K AA1 T\nDOG D AO1 G\n", "utf-8")
    (tmp_path / "engdict-hot.rep").write_text("DOG D AA1 G", "utf-8")
    found = Dictionary.load(
        tmp_path / "cmudict.rep", [tmp_path / "cmudict-fast.rep"], [tmp_path / "engdict-hot.rep"]
    )
    assert found.get("cat") == ["K", "AE1", "T"]
    assert found.get("dog") == ["D", "AA1", "G"]
    assert found.get("ai") is None


def test_comments_of_the_cmu_dictionary_are_no_phones(tmp_path: Path) -> None:
    (tmp_path / "cmudict.dict").write_text("d'artagnan D AH0 R # foreign french\n", "utf-8")
    assert Dictionary.load(None, [tmp_path / "cmudict.dict"]).get("d'artagnan") == [
        "D",
        "AH0",
        "R",
    ]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("hello", "HH AH0 L OW1"),
        ("world", "W ER1 L D"),
        ("butter", "B AH1 T ER0"),
        ("measure", "M EH1 ZH ER0"),
        ("judge", "JH AH1 JH"),
        ("thinking", "TH IH1 NG K IH0 NG"),
        ("button", "B AH1 T AH0 N"),
        ("little", "L IH1 T AH0 L"),
        ("fire", "F AY1 ER0"),
        ("hurry", "HH ER1 IY0"),
        ("one", "W AH1 N"),
        ("barn", "B AA1 R N"),
    ],
)
def test_words_without_a_dictionary_are_guessed_by_rule(word: str, expected: str) -> None:
    assert " ".join(from_espeak(word)) == expected


def test_guessed_phones_are_symbols() -> None:
    for word in ("kubernetes", "zeitgeist", "croissant", "nguyen", "xylophone", "æsthetic"):
        assert all(phone in SYMBOLS_V2.numbers for phone in from_espeak(word))


def test_without_a_dictionary_short_words_are_not_spelled() -> None:
    assert English(dictionary=Dictionary()).read("the old cat") == (
        *("DH", "AH0", "OW1", "L", "D"),
        *("K", "AE1", "T"),
    )


def test_letters_have_names() -> None:
    assert letter_name("w") == ["D", "AH1", "B", "AH0", "L", "Y", "UW0"]


def test_a_letter_model_writes_phones_until_it_ends(tmp_path: Path) -> None:
    width, phones = 4, 74
    weights = {
        f"{part}_{name}": np.zeros(shape, np.float32)
        for part in ("enc", "dec")
        for name, shape in {
            "w_ih": (3 * width, width),
            "w_hh": (3 * width, width),
            "b_ih": (3 * width,),
            "b_hh": (3 * width,),
        }.items()
    }
    weights["enc_emb"] = np.zeros((29, width), np.float32)
    weights["dec_emb"] = np.zeros((phones, width), np.float32)
    weights["fc_w"] = np.zeros((phones, width), np.float32)
    weights["fc_b"] = np.eye(phones, dtype=np.float32)[3]  # always the end
    np.savez(tmp_path / "model.npz", **weights)
    assert from_letter_model(tmp_path / "model.npz")("cat") == []
    weights["fc_b"] = np.eye(phones, dtype=np.float32)[4]  # always AA0
    np.savez(tmp_path / "model.npz", **weights)
    assert from_letter_model(tmp_path / "model.npz")("cat") == ["AA0"] * 20
