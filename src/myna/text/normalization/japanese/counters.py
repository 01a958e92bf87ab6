"""Japanese counters: how each is read, and what it does to the numeral before it."""

from dataclasses import dataclass, field

from myna.text.normalization.japanese.numbers import cardinal, decimal, shortened

_SHORTENING = {
    "": "",
    "k": "いち ろく はち じゅう ひゃく",
    "s": "いち はち じゅう",
    "t": "いち はち じゅう",
    "h": "いち ろく はち じゅう ひゃく",
    "x": "じゅう",  # loanwords, where only ten is shortened by everybody
}
"""Which numerals are shortened before a counter that begins so: いっこ, じゅっさつ."""

_P_FORMS = dict(zip("はひふへほ", "ぱぴぷぺぽ", strict=True))


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter and its numerals."""

    reading: str
    kind: str = ""
    """A key of the shortenings: the sound the counter begins with, where that matters."""
    third: str = ""
    """How it is read after さん, せん and まん, where that differs: さんぼん."""
    fourth: str = ""
    """How it is read after よん, where that differs: よんぷん."""
    numerals: dict[int, str] = field(default_factory=dict)
    """The last digit's numeral, where it is not the usual one: よ for 四時."""
    whole: dict[int, str] = field(default_factory=dict)
    """Numbers that are said in one with the counter: ひとり."""

    def say(self, written: str) -> str:
        """Say a number of these, given in digits."""
        if not written.isdigit():
            return decimal(written) + self.reading
        number = int(written)
        if number in self.whole:
            return self.whole[number]
        numeral = self._numeral(written)
        short = shortened(numeral, _SHORTENING[self.kind])
        if short != numeral:
            first = self.reading[0]
            first = _P_FORMS.get(first, first) if self.kind == "h" else first
            return short + first + self.reading[1:]
        if self.third and numeral.endswith(("さん", "せん", "ぜん", "まん")):
            return numeral + self.third
        if self.fourth and numeral.endswith("よん"):
            return numeral + self.fourth
        return numeral + self.reading

    def _numeral(self, written: str) -> str:
        numeral = cardinal(written)
        last = int(written[-1])
        usual = cardinal(str(last))
        if last in self.numerals and (last or numeral == usual):
            return numeral.removesuffix(usual) + self.numerals[last]
        return numeral


_YO = {4: "よ"}
_CLOCK = {4: "よ", 7: "しち", 9: "く"}
_NIGHTS = {
    2: "ふつか", 3: "みっか", 4: "よっか", 5: "いつか", 6: "むいか", 7: "なのか", 8: "ようか",
    9: "ここのか", 10: "とおか", 14: "じゅうよっか", 20: "はつか", 24: "にじゅうよっか",
}  # fmt: skip
_PEOPLE = {1: "ひとり", 2: "ふたり"}

DAY_OF_MONTH = Counter("にち", numerals={7: "しち", 9: "く"}, whole={1: "ついたち"} | _NIGHTS)
MONTH = Counter("がつ", numerals={4: "し", 7: "しち", 9: "く"})
YEAR = Counter("ねん", numerals=_YO)
HOUR = Counter("じ", numerals=_CLOCK, whole={0: "れいじ"})
MINUTE = Counter("ふん", "h", third="ぷん", fourth="ぷん")
SECOND = Counter("びょう")

_TABLE = """
 : 枚 まい|名 めい|名様 めいさま|台 だい|倍 ばい|度 ど|番 ばん|番目 ばんめ|番線 ばんせん|号 ごう
 : 号室 ごうしつ|号車 ごうしゃ|位 い|次 じ|代 だい|割 わり|羽 わ|面 めん|語 ご|段 だん|両 りょう
 : 列 れつ|話 わ|部 ぶ|秒 びょう|秒間 びょうかん|問 もん|坪 つぼ|試合 しあい|畳 じょう
 : 次元 じげん|万円札 まんえんさつ|年度 ねんど|連覇 れんぱ|連勝 れんしょう|バイト バイト
k: 個 こ|回 かい|回目 かいめ|件 けん|曲 きょく|巻 かん|局 きょく|級 きゅう|期 き|画 かく|校 こう
k: か月 かげつ|ヶ月 かげつ|カ月 かげつ|ヵ月 かげつ|ケ月 かげつ|箇月 かげつ|か国 かこく|カ国 かこく
k: ヶ国 かこく|か所 かしょ|カ所 かしょ|ヶ所 かしょ|箇所 かしょ|か国語 かこくご|カ国語 かこくご
k: 戸 こ|機 き|基 き|科目 かもく|角 かく|句 く|缶 かん
s: 冊 さつ|週間 しゅうかん|週 しゅう|周年 しゅうねん|周 しゅう|章 しょう|世紀 せいき|席 せき|隻 せき
s: 種類 しゅるい|勝 しょう|社 しゃ|室 しつ|節 せつ|選 せん|作 さく|作品 さくひん|秋 しゅう|色 しょく
t: 頭 とう|点 てん|通 つう|丁目 ちょうめ|丁 ちょう|着 ちゃく|等 とう|体 たい|店 てん|店舗 てんぽ
t: 隊 たい|本立て ほんだて
"""
"""Counters of which only the kind of the first sound matters."""

COUNTERS: dict[str, Counter] = {
    written: Counter(reading, row[0].strip())
    for row in _TABLE.strip("\n").splitlines()
    for written, reading in (pair.split() for pair in row[2:].split("|"))
} | {
    "円": Counter("えん", numerals=_YO),
    "人": Counter("にん", numerals=_YO, whole=_PEOPLE),
    "人目": Counter("にんめ", numerals=_YO, whole={1: "ひとりめ", 2: "ふたりめ"}),
    "人組": Counter("にんぐみ", numerals=_YO, whole={1: "ひとりぐみ", 2: "ふたりぐみ"}),
    "人前": Counter("にんまえ", numerals=_YO),
    "人分": Counter("にんぶん", numerals=_YO, whole={1: "ひとりぶん", 2: "ふたりぶん"}),
    "日": Counter("にち", numerals={7: "しち", 9: "く"}, whole={1: "いちにち"} | _NIGHTS),
    "日間": Counter(
        "にちかん",
        numerals={7: "しち", 9: "く"},
        whole={1: "いちにちかん"} | {day: f"{said}かん" for day, said in _NIGHTS.items()},
    ),
    "日目": Counter(
        "にちめ",
        numerals={7: "しち", 9: "く"},
        whole={1: "いちにちめ"} | {day: f"{said}め" for day, said in _NIGHTS.items()},
    ),
    "月": MONTH,
    "月号": Counter("がつごう", numerals=MONTH.numerals),
    "年": YEAR,
    "年間": Counter("ねんかん", numerals=_YO),
    "年生": Counter("ねんせい", numerals=_YO),
    "年代": Counter("ねんだい", numerals=_YO),
    "年目": Counter("ねんめ", numerals=_YO),
    "年前": Counter("ねんまえ", numerals=_YO),
    "年後": Counter("ねんご", numerals=_YO),
    "時": HOUR,
    "時間": Counter("じかん", numerals={4: "よ", 9: "く"}),
    "時間目": Counter("じかんめ", numerals={4: "よ", 9: "く"}),
    "時間半": Counter("じかんはん", numerals={4: "よ", 9: "く"}),
    "時半": Counter("じはん", numerals=_CLOCK),
    "分": MINUTE,
    "分間": Counter("ふんかん", "h", third="ぷんかん", fourth="ぷんかん"),
    "分後": Counter("ふんご", "h", third="ぷんご", fourth="ぷんご"),
    "分前": Counter("ふんまえ", "h", third="ぷんまえ", fourth="ぷんまえ"),
    "分半": Counter("ふんはん", "h", third="ぷんはん", fourth="ぷんはん"),
    "本": Counter("ほん", "h", third="ぼん"),
    "本目": Counter("ほんめ", "h", third="ぼんめ"),
    "匹": Counter("ひき", "h", third="びき"),
    "杯": Counter("はい", "h", third="ばい"),
    "杯目": Counter("はいめ", "h", third="ばいめ"),
    "泊": Counter("はく", "h", third="ぱく", fourth="ぱく"),
    "歩": Counter("ほ", "h", third="ぽ", fourth="ぽ"),
    "発": Counter("はつ", "h", third="ぱつ", fourth="ぱつ"),
    "票": Counter("ひょう", "h", third="びょう"),
    "品": Counter("ひん", "h", third="ぴん", fourth="ぴん"),
    "階": Counter("かい", "k", third="がい"),
    "軒": Counter("けん", "k", third="げん"),
    "足": Counter("そく", "s", third="ぞく"),
    "歳": Counter("さい", "s", whole={20: "はたち"}),
    "才": Counter("さい", "s", whole={20: "はたち"}),
    "組": Counter("くみ", whole={1: "ひとくみ", 2: "ふたくみ"}),
    "箱": Counter("はこ", "h", third="ぱこ", whole={1: "ひとはこ", 2: "ふたはこ"}),
    "皿": Counter("さら", whole={1: "ひとさら", 2: "ふたさら"}),
    "袋": Counter("ふくろ", whole={1: "ひとふくろ", 2: "ふたふくろ"}),
    "口": Counter("くち", whole={1: "ひとくち", 2: "ふたくち"}),
    "晩": Counter("ばん", whole={1: "ひとばん", 2: "ふたばん"}),
    "部屋": Counter("へや", whole={1: "ひとへや", 2: "ふたへや"}),
    "通り": Counter("とおり", whole={1: "ひととおり", 2: "ふたとおり"}),
    "言": Counter("こと", whole={1: "ひとこと", 2: "ふたこと"}),
    "つ": Counter(
        "つ",
        whole=dict(
            enumerate(
                ["ひとつ", "ふたつ", "みっつ", "よっつ", "いつつ", "むっつ", "ななつ", "やっつ",
                 "ここのつ"], 1
            )
        ),
    ),
}  # fmt: skip
"""Written counter -> how it is said."""


def loanword(reading: str) -> Counter:
    """Return a unit or a counter written in katakana."""
    return Counter(reading, "x" if reading[0] in "カキクケコサシスセソタチツテトパピプペポ" else "")
