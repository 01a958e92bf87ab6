"""Cases of v3 and v4: features, flow matching, vocoders."""

import re
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from myna.engines.gpt_sovits.sound.bigvgan import BigVgan
from myna.engines.gpt_sovits.sound.flow_matching import FlowMatching, Windows
from myna.engines.gpt_sovits.sound.hifigan import HifiGan
from myna.engines.gpt_sovits.sound.mel_features import MelFeatures
from tests.parity import recipe
from tests.parity.case import Array, Case, Row
from tests.parity.gptsovits.given import Usual, given
from tests.parity.gptsovits.networks import tensors_of
from tests.parity.gptsovits.vits import Inputs, checkpoint_of, speed_of

_MEL = re.compile(r"mel(?:_(\d+)steps?)?(?:_cfg(\d)(\d*))?")
_USUAL_STEPS = 4
_HIFIGAN_DILATIONS = ((1, 3, 5),) * 3


def compare_features(case: Case) -> Iterator[Row]:
    """Features at speed 1 and at others, the voice, and the tokens of a reference."""
    inputs = Inputs(case)
    network = MelFeatures(checkpoint_of(case))
    voice = network.voice(inputs.spectrograms(1))
    yield case.compare("latent_codes", network.quantizer.tokens(inputs.features)[:, None].numpy())
    yield case.compare("ge", voice.numpy())
    for name in case.arrays:
        if found := re.fullmatch(r"fea(?:_speed(\d+))?", name):
            speed = _speed(network, inputs, found[1] or "", case.arrays[name].shape[-1])
            features = network(inputs.tokens, inputs.phonemes, voice, speed)
            yield case.compare(name, features.numpy())


def _speed(network: MelFeatures, inputs: Inputs, digits: str, frames: int) -> float:
    whole = 2 * inputs.tokens.shape[1]

    def frames_at(speed: float) -> int:
        return int((int(whole / speed) + (speed != 1)) * network.frames_per_encoded)

    return speed_of(digits, frames_at, frames)


def compare_matching(case: Case) -> Iterator[Row]:
    """One velocity, and paths of several steps, with and without guidance."""
    network = FlowMatching(tensors_of(case))
    whole = next(array for name, array in case.arrays.items() if _MEL.fullmatch(name))
    batch, n_mels, frames = whole.shape
    width = case.shapes["cfm.estimator.input_embed.proj.weight"][1] - 2 * n_mels
    features = _given(case, "mu", Usual("input.mu", (batch, frames, width), then=_halved))
    prompt = _prompt(case, n_mels)
    noise = _given(case, "x0", Usual("noise.x0#0", (batch, n_mels, frames)))
    noise = noise * case.number_after("temperature", 1)
    steps = int(case.config.get("n_timesteps", case.number_after("n_timesteps", _USUAL_STEPS)))
    known = torch.zeros(batch, frames, n_mels)
    known[:, : prompt.shape[2]] = prompt.transpose(1, 2)
    start = noise.clone()
    start[:, :, : prompt.shape[2]] = 0
    condition = network.estimator.conditioned(features, known)
    first = network.estimator.velocity(start.transpose(1, 2), condition, 0.0, 1 / steps)
    yield case.compare("v_first", first.numpy())
    for name in case.arrays:
        if found := _MEL.fullmatch(name):
            guidance = float(f"{found[2] or 0}.{found[3] or 0}")
            count = int(found[1]) if found[1] else steps
            mel = network(Windows(features, prompt, noise), count, guidance)
            yield case.compare(name, mel.numpy())


def compare_vocoder(case: Case) -> Iterator[Row]:
    """The vocoder of v4 or of v3 on a mel spectrogram."""
    rates = case.config["upsample_rates"]
    n_mels = case.shapes.get("conv_pre.weight", case.shapes.get("conv_pre.weight_v", [0, 100]))[1]
    frames = case.arrays["wav"].shape[-1] // int(np.prod(rates))
    mel = _given(case, "mel", Usual("input.mel", (1, n_mels, frames), then=_log_mel))
    if "activation_post.act.alpha" not in case.shapes:
        dilations = case.config.get("resblock_dilation_sizes", _HIFIGAN_DILATIONS)
        vocoder = HifiGan(tensors_of(case), rates, dilations)
        yield case.compare("wav", vocoder(mel).numpy())
        return
    network = BigVgan(tensors_of(case), rates, case.config["resblock_dilation_sizes"])
    yield case.compare("pre_clamp", network.unclamped(mel).numpy())
    yield case.compare("wav", network(mel).numpy())


def _given(case: Case, name: str, usual: Usual) -> Tensor:
    return torch.from_numpy(given(case, name, usual).astype(np.float32))


def _prompt(case: Case, n_mels: int) -> Tensor:
    """The mel that is continued, under one of the names it goes by."""
    names = ("promptmel", "prompt_mel", "prompt")
    name = next((name for name in names if name in case.arrays), names[-1])
    return _given(case, name, Usual("input.promptmel", (1, n_mels, 20), recipe.uniform))


def _halved(drawn: Array) -> Array:
    return drawn * np.float32(0.5)


def _log_mel(drawn: Array) -> Array:
    return drawn * np.float32(2) - np.float32(5)
