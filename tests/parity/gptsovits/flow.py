"""Cases of v3 and v4: features, flow matching, vocoders."""

import re
from collections.abc import Iterator

import numpy as np
import torch

from myna.engines.gpt_sovits.sound.bigvgan import BigVgan
from myna.engines.gpt_sovits.sound.flow_matching import FlowMatching, Windows
from myna.engines.gpt_sovits.sound.hifigan import HifiGan
from myna.engines.gpt_sovits.voice.mel_features import MelFeatures
from tests.parity import recipe
from tests.parity.case import Case, Row
from tests.parity.gptsovits.networks import tensors_of
from tests.parity.gptsovits.vits import Inputs, checkpoint_of, speed_of

_MEL = re.compile(r"mel(?:_(\d+)steps?)?(?:_cfg(\d)(\d*))?")
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
    features = torch.from_numpy(
        recipe.normal("input.mu", (batch, frames, case.config["text_dim"])) * np.float32(0.5)
    )
    shape = case.shape("input.promptmel", (1, n_mels, 20))
    prompt = torch.from_numpy(recipe.uniform("input.promptmel", shape))
    noise = torch.from_numpy(recipe.normal("noise.x0#0", (batch, n_mels, frames)))
    steps = int(case.config["n_timesteps"])
    given = torch.zeros(batch, frames, n_mels)
    given[:, : shape[2]] = prompt.transpose(1, 2)
    start = noise.clone()
    start[:, :, : shape[2]] = 0
    condition = network.estimator.conditioned(features, given)
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
    shape = case.shape("input.mel", (1, n_mels, frames))
    mel = torch.from_numpy(recipe.normal("input.mel", shape)) * 2 - 5
    if "activation_post.act.alpha" not in case.shapes:
        dilations = case.config.get("resblock_dilation_sizes", _HIFIGAN_DILATIONS)
        vocoder = HifiGan(tensors_of(case), rates, dilations)
        yield case.compare("wav", vocoder(mel).numpy())
        return
    network = BigVgan(tensors_of(case), rates, case.config["resblock_dilation_sizes"])
    yield case.compare("pre_clamp", network.unclamped(mel).numpy())
    yield case.compare("wav", network(mel).numpy())
