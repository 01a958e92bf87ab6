"""English figures, signs and short forms are read as an American reads them aloud."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.text.normalization.english.numbers import cardinal, ordinal
from myna.text.reading import normalized


def said(text: str) -> str:
    return " ".join(token.spoken for token in normalized(text, "en"))


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        # whole numbers
        ("0 items", "zero items"),
        ("13 cats", "thirteen cats"),
        ("42", "forty two"),
        ("105", "one hundred five"),
        ("1,234,567", "one million two hundred thirty four thousand five hundred sixty seven"),
        ("-5", "minus five"),
        ("007", "zero zero seven"),
        ("5-year-old", "five year old"),
        # decimals and versions
        ("3.14", "three point one four"),
        ("0.5", "zero point five"),
        (".5", "point five"),
        ("3.05", "three point zero five"),
        ("v2.0", "version two point zero"),
        ("1.2.3", "one point two point three"),
        ("10.0.0.1", "ten dot zero dot zero dot one"),
        # ordinals and fractions
        ("1st 2nd 3rd 4th", "first second third fourth"),
        ("the 21st century", "the twenty first century"),
        ("the 12th and 20th", "the twelfth and twentieth"),
        ("1/2", "one half"),
        ("3/4", "three quarters"),
        ("2/3 cup", "two thirds cup"),
        ("1 1/2 cups", "one and a half cups"),
        ("2½", "two and a half"),
        ("24/7", "twenty four seven"),
        # years and decades
        ("in 1999", "in nineteen ninety nine"),
        ("in 2026", "in twenty twenty six"),
        ("since 1905", "since nineteen oh five"),
        ("in 2004", "in two thousand four"),
        ("in 1800", "in eighteen hundred"),
        ("1990-1995", "nineteen ninety to nineteen ninety five"),
        ("the 1990s", "the nineteen nineties"),
        ("the '80s", "the eighties"),
        ("2000 people", "two thousand people"),
        ("1999 dollars", "one thousand nine hundred ninety nine dollars"),
        # dates
        ("2026-11-21", "November twenty first twenty twenty six"),
        ("11/21/2026", "November twenty first twenty twenty six"),
        ("21/11/2026", "November twenty first twenty twenty six"),
        ("Nov. 21, 2026", "November twenty first twenty twenty six"),
        ("November 3rd", "November third"),
        ("4 July 1776", "fourth July seventeen seventy six"),
        ("May 2020", "May twenty twenty"),
        ("you may 5 times", "you may five times"),
        # times of day
        ("3:30 PM", "three thirty P M"),
        ("9:05 a.m.", "nine oh five eigh M"),
        ("9:00", "nine o'clock"),
        ("15:30", "fifteen thirty"),
        ("5pm", "five P M"),
        ("at 12:30:45", "at twelve thirty and forty five seconds"),
        # money
        ("$3.50", "three dollars and fifty cents"),
        ("$1", "one dollar"),
        ("$0.99", "ninety nine cents"),
        ("$1.01", "one dollar and one cent"),
        ("£2.50", "two pounds and fifty pence"),
        ("€20", "twenty euros"),
        ("¥500", "five hundred yen"),
        ("₩10,000", "ten thousand won"),
        ("HK$5", "five Hong Kong dollars"),
        ("$5 million", "five million dollars"),
        ("$3.5M", "three point five million dollars"),
        ("$10-$20", "ten to twenty dollars"),
        ("-$5", "minus five dollars"),
        ("100 USD", "one hundred U S dollars"),
        # shares, ranges, ratios
        ("50%", "fifty percent"),
        ("3.5 %", "three point five percent"),
        ("5-10%", "five to ten percent"),
        ("pages 5-10", "pages five to ten"),
        ("3:1", "three to one"),
        ("16:9", "sixteen to nine"),
        # measures
        ("1 km", "one kilometer"),
        ("5kg", "five kilograms"),
        ("0.5 km", "zero point five kilometers"),
        ("60 km/h", "sixty kilometers per hour"),
        ("-5°C", "minus five degrees Celsius"),
        ("70°F", "seventy degrees Fahrenheit"),
        ("100 m²", "one hundred square meters"),
        ("5'10\"", "five foot ten"),
        ("8GB", "eight gigabytes"),
        ("10 min", "ten minutes"),
        ("10k", "ten thousand"),
        ("5 ft. tall", "five feet tall"),
        ("1 in. wide", "one inch wide"),
        ("$2,450/mo.", "two thousand four hundred fifty dollars per month"),
        ("1.5x", "one point five times"),
        ("9am-5pm", "nine eigh M to five P M"),
        ("on 11/22", "on November twenty second"),
        ("the U.S.'s share", "the U S's share"),
        ("x >= 3", "x at least three"),
        # telephones
        ("555-1234", "five five five one two three four"),
        ("(555) 123-4567", "five five five one two three four five six seven"),
        ("call 911", "call nine one one"),
        ("+1-800-555-0199", "plus one eight zero zero five five five zero one nine nine"),
        # short forms
        ("Dr. Kim vs. Mr. Lee", "Doctor Kim versus Mister Lee"),
        ("St. Paul on Main St.", "Saint Paul on Main Street"),
        ("e.g. this, i.e. that", "for example this that is that"),
        ("No. 5 on p. 12", "number five on page twelve"),
        ("Fig. 3, etc.", "figure three et cetera"),
        ("J. R. R. Tolkien", "J R R Tolkien"),
        ("the U.S. Army", "the U S Army"),
        ("Jan. 5 and Mon. 6", "January fifth and Monday six"),
        ("R&D", "R and D"),
        ("w/o", "without"),
        # Roman numerals
        ("World War II", "World War two"),
        ("Chapter IV", "Chapter four"),
        ("Henry VIII", "Henry the eighth"),
        ("I am", "I am"),
        # codes, addresses, signs
        ("GPT-4", "GPT four"),
        ("MP3", "MP three"),
        ("A4", "eigh four"),
        ("COVID-19", "COVID nineteen"),
        ("kim@example.com", "kim at example dot com"),
        ("https://example.com/a-b", "example dot com slash a dash b"),
        ("2+2=4", "two plus two equals four"),
        ("~50", "about fifty"),
        ("#5", "number five"),
        ("well-known", "well known"),
        ("don’t", "don't"),
        ("naïve café", "naïve café"),
        ("Привет", "Privet"),
        ("α", "alpha"),
    ],
)
def test_figures_signs_and_short_forms_are_said_in_words(written: str, spoken: str) -> None:
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("digits", "words"),
    [
        ("1000000", "one million"),
        ("1000001", "one million one"),
        ("999999", "nine hundred ninety nine thousand nine hundred ninety nine"),
        ("1" + "0" * 33, "one decillion"),
        ("20", "twenty"),
        ("110", "one hundred ten"),
    ],
)
def test_whole_numbers_have_their_names(digits: str, words: str) -> None:
    assert cardinal(digits) == words


def test_a_number_too_long_for_a_name_is_said_digit_by_digit() -> None:
    assert cardinal("1" * 40) == " ".join(["one"] * 40)


@given(st.integers(0, 10**12))
def test_ordinals_differ_from_cardinals_in_their_last_word_only(number: int) -> None:
    cardinals, ordinals = cardinal(str(number)).split(), ordinal(str(number)).split()
    assert cardinals[:-1] == ordinals[:-1]
    assert ordinals[-1].endswith(("th", "first", "second", "third"))
