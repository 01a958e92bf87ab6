"""Silences that CosyVoice3 sometimes draws out: cut short before they are heard."""

from collections.abc import Iterable, Iterator

from myna.engines.cosyvoice.version import Version

LONGEST = 5  # tokens of silence in a row, a fifth of a second
_SILENT = frozenset({1, 2, 28, 29, 55, 248, 494, 2241, 2242, 2322, 2323})  # in its codebook


class Silences:
    """Follows the speech tokens of one call."""

    def __init__(self, version: Version) -> None:
        self._silent = _SILENT if version is Version.COSYVOICE3 else frozenset()
        self._run = 0

    def passes(self, token: int) -> bool:
        """Whether the next token is to be heard."""
        self._run = self._run + 1 if token in self._silent else 0
        return self._run <= LONGEST

    def shortened(self, tokens: Iterable[int]) -> Iterator[int]:
        """Yield what is to be heard of tokens."""
        return (token for token in tokens if self.passes(token))
