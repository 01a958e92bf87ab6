"""What is said in the measurements."""

import random

SENTENCES = {
    "en": (
        "The old farmer sold his brown horse to a stranger at the market.",
        "We waited an hour in the rain, but the last bus never came.",
        "Fresh bread and warm soup are all I want on a cold evening.",
        "She folded the yellow letter twice and put it under the lamp.",
        "Nobody knew which of the five paths would lead back to the village.",
        "A thick cloud of dust hung over the road for most of the day.",
    ),
    "ko": (
        "오늘은 날씨가 맑아서 강가를 따라 오래 걸었습니다.",
        "따뜻한 국과 갓 지은 밥이 있으면 더 바랄 것이 없어요.",
        "그 편지는 두 번 접어서 책상 아래에 넣어 두었습니다.",
    ),
    "ja": (
        "きょうはてんきがいいので、かわのそばをながくあるきました。",
        "あたたかいスープとやきたてのパンがあれば、ほかになにもいりません。",
        "そのてがみはにかいおって、つくえのしたにいれておきました。",
    ),
    "zh": (
        "今天天气很好，我们沿着河边走了很久。",
        "有热汤和刚烤好的面包，我就什么都不想要了。",
        "她把那封信折了两次，放在桌子下面。",
    ),
    "yue": (
        "今日天氣好好，我哋沿住河邊行咗好耐。",
        "有熱湯同埋新鮮麵包，我就乜都唔想要喇。",
        "佢將封信摺咗兩次，放喺張枱下面。",
    ),
}

SPEED_SENTENCE = "Fifteen words are enough to show how soon the first sound of a sentence arrives."

MATRIX = (
    ("sam", "pam", "dan", "jan", "fran", "stan", "tam", "cam"),
    ("bought", "caught", "fought", "sought", "taught", "brought", "got", "shot"),
    ("big", "pig", "wig", "dig", "fig", "rig", "jig", "twig"),
    ("red", "bed", "shed", "lead", "head", "bread", "thread", "said"),
    ("boats", "coats", "goats", "notes", "votes", "oats", "floats", "throats"),
)
"""Five places with eight words each that nearly rhyme (after the matrix tests of Hagerman, 1982,
made harder): by chance one word in eight is right."""


def matrix_sentences(count: int) -> list[tuple[str, ...]]:
    """Return sentences with one word of each place, the same for every run."""
    draw = random.Random(40)
    return [tuple(draw.choice(words) for words in MATRIX) for _ in range(count)]
