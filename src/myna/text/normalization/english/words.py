"""English abbreviations, signs and letters, and the words they stand for."""

ABBREVIATIONS = {
    "Dr": "Doctor", "Mr": "Mister", "Mrs": "Missus", "Ms": "Miz", "Prof": "Professor",
    "Rev": "Reverend", "Hon": "Honorable", "Gen": "General", "Col": "Colonel", "Maj": "Major",
    "Capt": "Captain", "Lt": "Lieutenant", "Sgt": "Sergeant", "Gov": "Governor",
    "Sen": "Senator", "Rep": "Representative", "Pres": "President", "Jr": "Junior",
    "Sr": "Senior", "Mt": "Mount", "Ft": "Fort", "Ave": "Avenue", "Blvd": "Boulevard",
    "Rd": "Road", "Inc": "Incorporated", "Ltd": "Limited", "Corp": "Corporation",
    "Co": "Company", "Bros": "Brothers", "Dept": "Department", "Univ": "University",
    "Assn": "Association", "dept": "department", "approx": "approximately", "est": "estimated",
    "vs": "versus", "etc": "et cetera", "incl": "including", "excl": "excluding",
    "tel": "telephone", "Tel": "telephone", "ext": "extension", "max": "maximum",
    "min": "minimum", "apt": "apartment", "Apt": "Apartment", "bldg": "building",
    "avg": "average", "misc": "miscellaneous", "vol": "volume", "tsp": "teaspoon",
    "tbsp": "tablespoon",
}  # fmt: skip
"""Short forms that are read in full when a period follows them."""

WITHOUT_PERIOD = {"Dr", "Mr", "Mrs", "Ms", "Prof", "Jr", "Sr", "vs", "etc", "Ltd"}
"""Those that are read in full without one, too."""

DOTTED = {
    "e.g.": "for example", "i.e.": "that is", "a.k.a.": "also known as", "et al.": "and others",
    "cf.": "compare", "viz.": "namely", "Ph.D.": "P H D", "a.m.": "eigh M", "p.m.": "P M",
    "A.M.": "eigh M", "P.M.": "P M", "w/o": "without", "w/": "with", "b/c": "because",
    "c/o": "care of", "n/a": "not applicable", "N/A": "not applicable",
    "24/7": "twenty four seven", "9/11": "nine eleven",
}  # fmt: skip
"""Short forms with marks inside, as written."""

BEFORE_NUMBER = {
    "No": "number", "Nos": "numbers", "no": "number", "nos": "numbers", "Nr": "number",
    "Fig": "figure", "fig": "figure", "Figs": "figures", "figs": "figures", "Vol": "volume",
    "vol": "volume", "p": "page", "pp": "pages", "Ch": "chapter", "ch": "chapter",
    "Sec": "section", "sec": "section", "Art": "article", "Eq": "equation", "eq": "equation",
    "Op": "opus", "op": "opus",
}  # fmt: skip
"""Short forms that are read in full before a number."""

SIGNS = {
    "&": "and", "+": "plus", "=": "equals", "@": "at", "%": "percent", "×": "times",
    "÷": "divided by", "±": "plus or minus", "≈": "approximately", "≠": "is not",
    "≤": "at most", "≥": "at least", "√": "the square root of", "∞": "infinity",
    "§": "section", "°": "degrees", "½": "one half", "⅓": "one third", "⅔": "two thirds",
    "¼": "one quarter", "¾": "three quarters", "²": "squared", "³": "cubed", "№": "number",
    "¢": "cents",
}  # fmt: skip

COMPARISONS = {
    "<": "less than", ">": "greater than", "<=": "at most", ">=": "at least", "*": "times",
    "**": "to the power of", "^": "to the power of",
}  # fmt: skip
"""Signs as they are said before a number."""

PER = {
    "s": "second", "sec": "second", "min": "minute", "h": "hour", "hr": "hour", "d": "day",
    "wk": "week", "mo": "month", "yr": "year", "mi": "mile", "km": "kilometer", "kg": "kilogram",
    "lb": "pound", "gal": "gallon", "m": "meter", "l": "liter", "L": "liter",
}  # fmt: skip
"""Short forms behind a stroke: $5/mo."""

IN_ADDRESSES = {
    ".": "dot", "/": "slash", "-": "dash", "_": "underscore", "@": "at", ":": "colon",
    "?": "question mark", "=": "equals", "&": "and", "#": "hash", "+": "plus", "~": "tilde",
    "%": "percent",
}  # fmt: skip
"""Signs as they are said inside a web or mail address."""

LETTER_A = "eigh"
"""The letter A. Written as A, espeak-ng reads it as the article."""

SPELLED = {"VIP", "FAQ", "AWS", "DIY", "AKA", "LED", "IT", "OS", "IP", "AM", "AC", "EV", "ER"}
"""Acronyms that espeak-ng would say as a word, and English spells."""

GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψω",
        [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "zeta",
            "eta",
            "theta",
            "iota",
            "kappa",
            "lambda",
            "mu",
            "nu",
            "xi",
            "omicron",
            "pi",
            "rho",
            "sigma",
            "tau",
            "upsilon",
            "phi",
            "chi",
            "psi",
            "omega",
        ],
        strict=True,
    )
) | {"ς": "sigma"}

MONTHS = {
    name: month
    for month in [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ]
    for name in (month, month[:3])
} | {"Sept": "September"}

DAYS = {
    name: day
    for day in ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    for name in (day, day[:3])
} | {"Tues": "Tuesday", "Thur": "Thursday", "Thurs": "Thursday"}

NUMBERED = (
    r"Chapter|Part|Book|Volume|Act|Scene|Section|Article|Title|Phase|Stage|Type|Class|Level|Grade|"
    r"Appendix|Table|Figure|World\ War|War|Super\ Bowl|Episode|Season|Mark"
)
"""Words, as a pattern, whose Roman numeral is a number: World War II."""

RULERS = (
    "Henry|Louis|Elizabeth|George|Charles|Edward|Richard|William|James|Philip|Napoleon|Pius|Paul|"
    "Benedict|Leo|Gregory|Catherine|Frederick|Nicholas|Alexander|Peter|Ferdinand|Otto|Francis|"
    "Innocent|Clement|Victor|Ramses|Ramesses|Ptolemy|Ivan|Christian|Gustav|Margrethe|Harald"
)
"""Names, as a pattern, whose Roman numeral is an ordinal: Henry VIII."""
