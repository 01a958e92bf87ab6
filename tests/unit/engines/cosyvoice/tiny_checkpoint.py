"""A folder laid out as CosyVoice is published, with small random networks in it."""

import json
from pathlib import Path

import torch
from tokenizers.pre_tokenizers import ByteLevel

from myna.engines.cosyvoice.version import Version
from tests.unit.engines.cosyvoice import tiny_language_model as language
from tests.unit.engines.cosyvoice.acoustic.tiny_networks import (
    HEAD_WIDTH,
    flow_state,
    vocoder_state,
)
from tests.unit.engines.cosyvoice.onnx_files import write_speaker_network, write_speech_tokenizer

MERGES = ("h e", "l l", "he ll", "hell o", "Ġ t", "Ġt he")
N_TEXT = 600  # rows of the text embedding, more than there are tokens

_CONFIGURATION = """\
__set_seed1: !apply:random.seed [1986]
sample_rate: 24000
token_frame_rate: 25
qwen_pretrain_path: ''
llm: !new:cosyvoice.llm.llm.Qwen2LM
    llm_input_size: 896
    speech_token_size: 6561
    mix_ratio: [5, 15]
    llm: !new:cosyvoice.llm.llm.Qwen2Encoder
        pretrain_path: !ref <qwen_pretrain_path>
    sampling: !name:cosyvoice.utils.common.ras_sampling
        top_p: 0.8
        top_k: 25
        win_size: 10
        tau_r: 0.1
flow: !new:cosyvoice.flow.flow.CausalMaskedDiffWithXvec
    decoder: !new:cosyvoice.flow.flow_matching.CausalConditionalCFM
        cfm_params: !new:omegaconf.DictConfig
            content:
                inference_cfg_rate: 0.7
        estimator: !new:cosyvoice.flow.decoder.CausalConditionalDecoder
            attention_head_dim: {head_width}
feat_extractor: !name:matcha.utils.audio.mel_spectrogram
    n_fft: 1920
    num_mels: 80
    sampling_rate: !ref <sample_rate>
    hop_size: 480
    fmax: {highest}
data_pipeline: [
    !ref <feat_extractor>,
]
"""


def write_checkpoint(folder: Path, version: Version = Version.COSYVOICE2) -> Path:
    """Write everything an engine needs, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    generation = 2 if version is Version.COSYVOICE2 else 3
    highest = "8000" if generation == 2 else "null"
    text = _CONFIGURATION.format(highest=highest, head_width=HEAD_WIDTH)
    (folder / f"cosyvoice{generation}.yaml").write_text(text, "utf-8")
    write_speech_tokenizer(folder / f"speech_tokenizer_v{generation}.onnx")
    write_speaker_network(folder / "campplus.onnx")
    write_text_folder(folder / "CosyVoice-BlankEN")
    state = language.state(version, end=6.0)
    rows = torch.randn(N_TEXT, language.CHANNELS, generator=torch.Generator().manual_seed(8))
    state["llm.model.model.embed_tokens.weight"] = rows
    torch.save(state, folder / "llm.pt")
    torch.save(flow_state(version), folder / "flow.pt")
    vocoder = vocoder_state(version)
    vocoder["generator.conv_post.bias"][:9] += 2.0  # louder
    torch.save(vocoder, folder / "hift.pt")
    return folder


def write_text_folder(folder: Path) -> None:
    """Write a tokenizer of single bytes and a few longer tokens, and the backbone's sizes."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens = [*sorted(ByteLevel.alphabet()), *(merge.replace(" ", "") for merge in MERGES)]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(MERGES) + "\n", "utf-8")
    config = {
        "model_type": "qwen2",
        "num_attention_heads": language.N_HEADS,
        "rope_theta": 1e6,
        "rms_norm_eps": 1e-6,
    }
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
