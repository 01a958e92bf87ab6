"""The speakers a model brings along: `spk2info.pt`, in each of the layouts there are."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from myna.core.errors import WeightsMissing
from myna.engines.checkpoints.unpickling import read_pickled
from myna.engines.cosyvoice.acoustic.request import FRAMES_PER_TOKEN
from myna.engines.cosyvoice.prompt import Prompt
from myna.engines.cosyvoice.spectrograms import N_MELS
from myna.engines.cosyvoice.text.spoken_text import TextTokens
from myna.engines.cosyvoice.tokens.language_model import N_SPEECH_TOKENS

VECTOR_LENGTH = 192  # of who speaks


def read_presets(path: Path, read_transcript: Callable[[str], TextTokens]) -> dict[str, Prompt]:
    """Return the speakers of a file by name; none where there is no file.

    `read_transcript` turns what a reference says into text tokens, where the file has it as text.
    Raises `WeightsMissing` for a file that is damaged or holds something else.
    """
    if not path.exists():
        return {}
    return {
        name: _prompt(entry, f"speaker {name!r} of {str(path)!r}", read_transcript)
        for name, entry in read_pickled(path).items()
    }


def write_presets(path: Path, speakers: Mapping[str, Prompt]) -> None:
    """Write speakers so that CosyVoice reads them, too: all of the file, or nothing."""
    part = path.with_name(f".{path.name}.part")
    torch.save({name: _entry(prompt) for name, prompt in speakers.items()}, part)
    part.replace(path)


def _prompt(entry: object, source: str, read_transcript: Callable[[str], TextTokens]) -> Prompt:
    if not isinstance(entry, Mapping):
        raise WeightsMissing(f"There is no dictionary for {source}: get the file again.")
    vector = _first(entry, "flow_embedding", "embedding", "llm_embedding")
    if vector is None:
        raise WeightsMissing(
            f"There is no speaker vector for {source}, only {sorted(map(str, entry))!r}: get the "
            "file again."
        )
    tokens = _first(entry, "flow_prompt_speech_token", "speech_token")
    mel = _first(entry, "prompt_speech_feat", "speech_feat")
    _check(vector, tokens, mel, source)
    if tokens is None or mel is None:
        return Prompt.of_speaker(vector.numpy())
    frames = mel.reshape(-1, mel.shape[-1])
    tokens = tokens.reshape(-1)
    count = min(len(tokens), len(frames) // FRAMES_PER_TOKEN)
    said = entry.get("prompt_text")
    return Prompt(
        vector.numpy(),
        tokens[:count].to(torch.int64).numpy(),
        frames[: FRAMES_PER_TOKEN * count].T.contiguous().numpy(),
        read_transcript(said) if isinstance(said, str) else _integers(said),
    )


def _check(vector: Tensor, tokens: Tensor | None, mel: Tensor | None, source: str) -> None:
    """Raise `WeightsMissing` for what no speech could be made of."""
    problem = ""
    if len(vector) != VECTOR_LENGTH or not vector.isfinite().all():
        problem = f"the speaker vector is not of {VECTOR_LENGTH} numbers"
    elif mel is not None and mel.shape[-1:] != (N_MELS,):
        problem = f"the mel spectrogram has the shape {tuple(mel.shape)}, not (frames, {N_MELS})"
    elif tokens is not None and not ((tokens >= 0) & (tokens < N_SPEECH_TOKENS)).all():
        problem = f"a speech token is not one of 0 to {N_SPEECH_TOKENS - 1}"
    if problem:
        raise WeightsMissing(f"Of {source} {problem}: get the file again.")


def _first(entry: Mapping[str, object], *names: str) -> Tensor | None:
    """Return the first tensor there is under these names, as numbers on the CPU."""
    for name in names:
        found = entry.get(name)
        if isinstance(found, Tensor) and found.numel():
            found = found.detach()
            return found.reshape(-1).float() if "embedding" in name else found.float()
    return None


def _integers(tensor: object) -> TextTokens:
    if not isinstance(tensor, Tensor):
        return np.zeros(0, np.int64)
    return np.asarray(tensor.reshape(-1).to(torch.int64).numpy())


def _entry(prompt: Prompt) -> dict[str, Tensor]:
    vector = torch.from_numpy(prompt.speaker_vector)[None]
    entry = {"embedding": vector, "llm_embedding": vector, "flow_embedding": vector}
    if not len(prompt.tokens):
        return entry
    tokens = torch.from_numpy(prompt.tokens).to(torch.int32)[None]
    said = torch.from_numpy(prompt.said).to(torch.int32)[None]
    mel = torch.from_numpy(prompt.mel).T.contiguous()[None]
    entry |= {"prompt_text": said, "prompt_speech_feat": mel}
    entry |= {"llm_prompt_speech_token": tokens, "flow_prompt_speech_token": tokens}
    lengths = {
        f"{name}_len": torch.tensor([entry[name].shape[1]], dtype=torch.int32)
        for name in (
            "prompt_text",
            "prompt_speech_feat",
            "llm_prompt_speech_token",
            "flow_prompt_speech_token",
        )
    }
    return entry | lengths
