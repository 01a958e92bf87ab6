"""Upstream's own networks, from a checkout of it that the user names."""

import contextlib
import importlib
import io
import sys
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.gpt_sovits.weights import GPT_CONFIG

Untyped = Any  # upstream has no types
DRAWING = {"top_k": 15, "top_p": 1, "temperature": 1.0, "repetition_penalty": 1.35}


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Keep upstream's prints and progress bars from the screen."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


class Upstream:
    """Its decoder of semantic tokens and its v2ProPlus decoder, with given weights."""

    def __init__(
        self,
        checkout: Path,
        gpt: Mapping[str, Tensor],
        sovits: Mapping[str, Tensor],
        config: Untyped,
    ) -> None:
        sys.path[:0] = [str(checkout), str(checkout / "GPT_SoVITS")]
        try:
            decoders = importlib.import_module("AR.models.t2s_model")
            synthesizers = importlib.import_module("module.models")
        except ModuleNotFoundError as error:
            raise SystemExit(
                f"Upstream needs the package {error.name!r}, which is not installed. Its decoder "
                "imports torchmetrics, einops and x_transformers: install them, or leave out "
                "--upstream."
            ) from error
        self._semantic = decoders.Text2SemanticDecoder(config=GPT_CONFIG).eval()
        bare = {name.removeprefix("model."): tensor for name, tensor in gpt.items()}
        self._semantic.load_state_dict(bare)
        model = {**config["model"], "inter_channels": 192, "hidden_channels": 192}
        model |= {"filter_channels": 768, "n_layers": 6, "kernel_size": 3, "p_dropout": 0.0}
        model |= {"resblock": "1", "upsample_initial_channel": 768, "gin_channels": 1024}
        model |= {"semantic_frame_rate": "25hz", "freeze_quantizer": True}
        self._synthesizer = synthesizers.SynthesizerTrn(1025, 32, **model).eval()
        self._synthesizer.load_state_dict(dict(sovits), strict=False)

    def tokens(self, phonemes: Tensor, prompt: Tensor, count: int) -> Generator[int]:
        """Yield the tokens of one request, one by one, so many."""
        context = torch.zeros(1, 1024, len(phonemes))
        spoken = self._semantic.infer_panel_naive(
            phonemes[None],
            torch.tensor([len(phonemes)]),
            prompt[None],
            context,
            streaming_mode=True,
            chunk_length=1,
            **DRAWING,
        )
        for _ in range(count):
            with silent():
                token, _last = next(spoken)
            yield int(token[0, -1])
        spoken.close()

    def together(self, phonemes: Tensor, prompt: Tensor, rows: int, count: int) -> None:
        """Draw so many tokens for each of some equal requests at once."""
        with silent():
            self._semantic.infer_panel_batch_infer(
                [phonemes] * rows,
                torch.tensor([len(phonemes)] * rows),
                prompt[None].repeat(rows, 1),
                [torch.zeros(1024, len(phonemes))] * rows,
                early_stop_num=count,
                **DRAWING,
            )

    def decode(
        self, tokens: Tensor, phonemes: Tensor, spectrogram: Tensor, speaker: Tensor
    ) -> Tensor:
        """Turn semantic tokens (T,) into samples."""
        sound: Tensor = self._synthesizer.decode(
            tokens[None, None], phonemes[None], [spectrogram], sv_emb=[speaker]
        )
        return sound[0, 0]

    def decode_chunk(
        self, tokens: Tensor, phonemes: Tensor, spectrogram: Tensor, speaker: Tensor
    ) -> Tensor:
        """Turn the first chunk of a stream into samples, as `streaming_mode` 3 does."""
        sound, *_ = self._synthesizer.decode_streaming(
            tokens[None, None], phonemes[None], [spectrogram], sv_emb=[speaker]
        )
        first: Tensor = sound[0, 0]
        return first
