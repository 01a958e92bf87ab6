"""Text as the tokens of Qwen2, and the marks for sounds and styles that CosyVoice adds to them."""

import json
import re
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.normalizers import NFC
from tokenizers.pre_tokenizers import ByteLevel, Split
from tokenizers.pre_tokenizers import Sequence as InTurn

from myna.core.errors import WeightsMissing
from myna.engines.cosyvoice.text.sound_marks import ENGLISH_SOUNDS, MANDARIN_SOUNDS
from myna.engines.cosyvoice.version import Version

END_OF_PROMPT = "<|endofprompt|>"
END_OF_SYSTEM = "<|endofsystem|>"
SOUNDS = (
    "[breath]",
    "<strong>",
    "</strong>",
    "[noise]",
    "[laughter]",
    "[cough]",
    "[clucking]",
    "[accent]",
    "[quick_breath]",
    "<laughter>",
    "</laughter>",
    "[hissing]",
    "[sigh]",
    "[vocalized-noise]",
    "[lipsmack]",
    "[mn]",
)
"""What may stand in a text to be heard, not read; in the order of their numbers."""
_OF_QWEN = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How Qwen2 cuts a text before it looks for its tokens: part of its format."""


class TextTokenizer:
    """Reads the tokenizer of a published folder. Read-only; threads may share it."""

    def __init__(self, folder: Path, version: Version) -> None:
        """Raises `WeightsMissing` naming the file that is absent or damaged."""
        vocabulary, merges = folder / "vocab.json", folder / "merges.txt"
        for path in (vocabulary, merges):
            if not path.exists():
                raise WeightsMissing(
                    f"The text tokenizer lacks {str(path)!r}. Put the published folder there whole."
                )
        try:
            model = BPE.from_file(str(vocabulary), str(merges))
        except Exception as error:
            raise WeightsMissing(
                f"{str(vocabulary)!r} and {str(merges)!r} are damaged or do not belong together "
                f"({error}). Get both again."
            ) from error
        self._tokenizer = Tokenizer(model)
        self._tokenizer.normalizer = NFC()
        self._tokenizer.pre_tokenizer = InTurn(
            [
                Split(Regex(_WORDS), "isolated"),
                ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
        own = (END_OF_PROMPT, *SOUNDS, *_marks_new_in(version))
        self.markup = re.compile("|".join(map(re.escape, own)))
        """What of a text is a mark to the model, and to be handed on as it stands."""
        of_qwen = [mark for mark in (*_marks_of(folder), *_OF_QWEN) if mark and mark not in own]
        self.control = re.compile("|".join(map(re.escape, of_qwen)))
        """What steers Qwen2 where it writes; a text that holds it was copied from there."""
        marks = (*_marks_of(folder), *_OF_QWEN, *own)
        self._tokenizer.add_special_tokens(
            [AddedToken(mark, special=True, normalized=False) for mark in dict.fromkeys(marks)]
        )

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return int(self._tokenizer.get_vocab_size())

    def tokens(self, text: str) -> list[int]:
        """Return the tokens of a text; halves of characters (lone surrogates) are left out."""
        return list(self._tokenizer.encode(text.encode(errors="ignore").decode()).ids)


def _marks_of(folder: Path) -> list[str]:
    """Return the marks Qwen2's own settings add, in the order of their numbers."""
    try:
        settings = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
        added = settings["added_tokens_decoder"]
        return [str(added[number]["content"]) for number in sorted(added, key=int)]
    except (OSError, ValueError, LookupError, TypeError):
        return []  # the usual ones


def _marks_new_in(version: Version) -> list[str]:
    """Return the marks of CosyVoice3 that CosyVoice2 has not, in the order of their numbers."""
    if version is not Version.COSYVOICE3:
        return []
    return [END_OF_SYSTEM, *ENGLISH_SOUNDS, *MANDARIN_SOUNDS]
