import pytest

from myna.core.edit import Edit
from myna.core.errors import BadText, InvalidOption
from myna.core.timing import TimedText
from myna.studio.editing.revision import Passage, Word, carrier, located, passages, revised

TEXT = "The old dog, he sleeps."


def words(text: str = TEXT) -> tuple[Word, ...]:
    spoken = text.replace(",", " ").replace(".", " ").split()
    timed = [TimedText(word, index * 0.5, index * 0.5 + 0.4) for index, word in enumerate(spoken)]
    return located(text, timed)


def changed(text: str, *edits: Edit) -> tuple[Passage, ...]:
    return passages(text, edits, words(text))


def test_words_are_located_where_they_are_written():
    assert [TEXT[word.first : word.last] for word in words()] == [
        "The",
        "old",
        "dog",
        "he",
        "sleeps",
    ]


def test_the_same_word_twice_is_located_twice():
    found = located("no no", [TimedText("no", 0, 1), TimedText("no", 1, 2)])
    assert [(word.first, word.last) for word in found] == [(0, 2), (3, 5)]


def test_what_is_not_written_is_left_out():
    assert located("one two", [TimedText("one", 0, 1), TimedText("zwei", 1, 2)]) == (
        Word(0, 3, 0, 1),
    )


@pytest.mark.parametrize(
    ("edit", "passage"),
    [
        (Edit(4, 7, "young"), Passage(1, 2, 4, 7, "young")),
        (Edit(4, 8, "young "), Passage(1, 2, 4, 7, "young")),
        (Edit(5, 6, "i"), Passage(1, 2, 4, 7, "oid")),
        (Edit(4, 11, "cat"), Passage(1, 3, 4, 11, "cat")),
        (Edit(4, 7, ""), Passage(1, 2, 4, 7, "")),
        (Edit(4, 4, "big"), Passage(1, 1, 4, 4, "big")),
        (Edit(3, 3, "big"), Passage(1, 1, 3, 3, "big")),
        (Edit(5, 5, "x"), Passage(1, 2, 4, 7, "oxld")),
        (Edit(0, 0, "Oh,"), Passage(0, 0, 0, 0, "Oh,")),
        (Edit(23, 23, "Well."), Passage(5, 5, 23, 23, "Well.")),
        (Edit(11, 12, ", my friend,"), Passage(3, 3, 11, 12, ", my friend,")),
    ],
)
def test_an_edit_is_widened_to_words(edit: Edit, passage: Passage):
    assert changed(TEXT, edit) == (passage,)


def test_edits_of_neighbouring_words_become_one():
    assert changed(TEXT, Edit(8, 11, "cat"), Edit(4, 7, "big")) == (
        Passage(1, 3, 4, 11, "big cat"),
    )


def test_edits_with_a_word_between_stay_two():
    assert [p.new_text for p in changed(TEXT, Edit(0, 3, "An"), Edit(8, 11, "cat"))] == [
        "An",
        "cat",
    ]


@pytest.mark.parametrize(
    "edits", [(Edit(4, 7, "a"), Edit(6, 8, "b")), (Edit(4, 5, "a"), Edit(6, 7, "b"))]
)
def test_edits_that_cannot_both_be_made_are_refused(edits: tuple[Edit, ...]):
    with pytest.raises(InvalidOption):
        changed(TEXT, *edits)


@pytest.mark.parametrize(
    "edit", [Edit(11, 12, ";"), Edit(3, 4, ""), Edit(4, 4, ""), Edit(4, 7, "…")]
)
def test_an_edit_without_words_is_refused(edit: Edit):
    with pytest.raises(BadText):
        changed(TEXT, edit)


@pytest.mark.parametrize(
    ("edits", "text"),
    [
        ((Edit(4, 7, "young"),), "The young dog, he sleeps."),
        ((Edit(4, 7, ""),), "The dog, he sleeps."),
        ((Edit(0, 3, ""),), "old dog, he sleeps."),
        ((Edit(4, 4, "big"),), "The big old dog, he sleeps."),
        ((Edit(3, 3, "big"),), "The big old dog, he sleeps."),
        ((Edit(0, 3, "An"), Edit(16, 22, "runs")), "An old dog, he runs."),
    ],
)
def test_the_text_is_revised(edits: tuple[Edit, ...], text: str):
    assert revised(TEXT, changed(TEXT, *edits)) == text


def test_chinese_is_revised_without_blanks():
    text = "今天天气很好。"
    timed = located(text, [TimedText(character, i, i + 1) for i, character in enumerate(text[:-1])])
    found = passages(text, [Edit(2, 4, "心情")], timed)
    assert revised(text, found) == "今天心情很好。"
    assert carrier(text, timed, found[0], (0, len(timed)), 2).text == "今天心情很好。"


@pytest.mark.parametrize(
    ("edit", "width", "kept", "text"),
    [
        (Edit(8, 11, "cat"), 1, (0, 5), "old cat, he"),
        (Edit(8, 11, "cat"), 9, (0, 5), "The old cat, he sleeps."),
        (Edit(8, 11, "cat"), 9, (2, 4), "cat, he"),
        (Edit(8, 8, "tiny"), 1, (0, 5), "old tiny dog,"),
        (Edit(0, 0, "Oh"), 1, (0, 5), "Oh The"),
        (Edit(23, 23, "Well."), 1, (0, 5), "sleeps. Well."),
        (Edit(16, 22, "runs"), 1, (0, 5), "he runs."),
    ],
)
def test_new_words_are_carried_by_their_neighbours(edit: Edit, width: int, kept, text: str):
    made = carrier(TEXT, words(), changed(TEXT, edit)[0], kept, width)
    assert made.text == text
    assert made.text[len(made.before) :].startswith(made.new_text)
