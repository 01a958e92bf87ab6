"""The tensors of GPT-SoVITS's files: real names, shapes of any size."""

from collections.abc import Iterator
from dataclasses import dataclass

Shapes = dict[str, list[int]]


@dataclass(frozen=True)
class Dimensions:
    """How wide everything is."""

    hidden: int  # of encoders, latents and flow
    filter: int  # of the encoders' feed-forward layers
    joined: int  # where semantic tokens meet text
    reference: int  # of the reference encoder
    voice: int
    features: int  # of HuBERT
    vocoder: int  # channels before the first upsampling
    speaker: int  # of the speaker vector
    encoder_layers: tuple[int, int, int]  # semantic, text, joined
    kernels: tuple[int, ...] = (16, 16, 8, 2, 2)
    bins: int = 704
    symbols: int = 732


FULL_V2 = Dimensions(192, 768, 512, 128, 512, 768, 512, 20480, (3, 6, 3))
FULL_V2_PRO_PLUS = Dimensions(
    192, 768, 512, 128, 1024, 768, 768, 20480, (3, 6, 3), kernels=(20, 16, 8, 2, 2)
)
TINY = Dimensions(16, 32, 32, 16, 32, 24, 32, 2560, (1, 1, 1))


def sovits(size: Dimensions, *, pro: bool = False) -> Shapes:
    """Return a v1, v2 or Pro checkpoint's shapes, without the encoder only training needs."""
    return {
        **phonetic_encoder(size),
        **hifigan("dec.", size.vocoder, size.hidden, size.kernels, size.voice),
        **_flow(size),
        **reference_encoder(size),
        **quantizer(size),
        **(_speaker(size) if pro else {}),
    }


def _conv(name: str, outputs: int, inputs: int, kernel: int = 1) -> Shapes:
    return {f"{name}.weight": [outputs, inputs, kernel], f"{name}.bias": [outputs]}


def _normed(
    name: str, outputs: int, inputs: int, kernel: int, *, transposed: bool = False
) -> Shapes:
    first, second = (inputs, outputs) if transposed else (outputs, inputs)
    return {
        f"{name}.bias": [outputs],
        f"{name}.weight_g": [first, 1, 1],
        f"{name}.weight_v": [first, second, kernel],
    }


def _linear(name: str, outputs: int, inputs: int) -> Shapes:
    return {f"{name}.weight": [outputs, inputs], f"{name}.bias": [outputs]}


def _norm(name: str, channels: int, leaves: tuple[str, str] = ("weight", "bias")) -> Shapes:
    return {f"{name}.{leaf}": [channels] for leaf in leaves}


def phonetic_encoder(size: Dimensions) -> Shapes:
    """Everything under enc_p."""
    found = _conv("enc_p.ssl_proj", size.hidden, size.features)
    for name, count in zip(
        ("encoder_ssl", "encoder_text", "encoder2"), size.encoder_layers, strict=True
    ):
        for layer in range(count):
            found |= _encoder_layer(f"enc_p.{name}", layer, size)
    found["enc_p.text_embedding.weight"] = [size.symbols, size.hidden]
    for letter in "qkvo":
        found |= _conv(f"enc_p.mrte.cross_attention.conv_{letter}", size.joined, size.joined)
    found |= _conv("enc_p.mrte.c_pre", size.joined, size.hidden)
    found |= _conv("enc_p.mrte.text_pre", size.joined, size.hidden)
    found |= _conv("enc_p.mrte.c_post", size.hidden, size.joined)
    return found | _conv("enc_p.proj", 2 * size.hidden, size.hidden)


def _encoder_layer(name: str, layer: int, size: Dimensions) -> Shapes:
    attention = f"{name}.attn_layers.{layer}"
    near = [1, 9, size.hidden // 2]
    found: Shapes = {f"{attention}.emb_rel_k": near, f"{attention}.emb_rel_v": near}
    for letter in "qkvo":
        found |= _conv(f"{attention}.conv_{letter}", size.hidden, size.hidden)
    for number in (1, 2):
        found |= _norm(f"{name}.norm_layers_{number}.{layer}", size.hidden, ("gamma", "beta"))
    found |= _conv(f"{name}.ffn_layers.{layer}.conv_1", size.filter, size.hidden, 3)
    return found | _conv(f"{name}.ffn_layers.{layer}.conv_2", size.hidden, size.filter, 3)


def hifigan(
    prefix: str, width: int, inputs: int, kernels: tuple[int, ...], voice: int | None
) -> Shapes:
    """A HiFi-GAN: weight-normalised and conditioned in SoVITS, plain as v4's vocoder."""
    found = _conv(f"{prefix}conv_pre", width, inputs, 7)
    for stage, kernel in enumerate(kernels):
        wide, narrow = width >> stage, width >> (stage + 1)
        name = f"{prefix}ups.{stage}"
        if voice is None:
            found |= {f"{name}.weight": [wide, narrow, kernel], f"{name}.bias": [narrow]}
        else:
            found |= _normed(name, narrow, wide, kernel, transposed=True)
        for block, size in enumerate((3, 7, 11)):
            for number in range(6):
                convolution = f"convs{1 + number // 3}.{number % 3}"
                full = f"{prefix}resblocks.{3 * stage + block}.{convolution}"
                make = _conv if voice is None else _normed
                found |= make(full, narrow, narrow, size)
    last = width >> len(kernels)
    found[f"{prefix}conv_post.weight"] = [1, last, 7]
    if voice is None:
        return found | {f"{prefix}conv_post.bias": [1]}
    return found | _conv(f"{prefix}cond", width, voice)


def gated(name: str, channels: int, layers: int, voice: int) -> Shapes:
    """A stack of gated convolutions."""
    found: Shapes = {}
    for layer in range(layers):
        out = channels if layer == layers - 1 else 2 * channels
        found |= _normed(f"{name}.in_layers.{layer}", 2 * channels, channels, 5)
        found |= _normed(f"{name}.res_skip_layers.{layer}", out, channels, 1)
    return found | _normed(f"{name}.cond_layer", 2 * channels * layers, voice, 1)


def _flow(size: Dimensions) -> Shapes:
    found: Shapes = {}
    for coupling in (0, 2, 4, 6):
        name = f"flow.flows.{coupling}"
        found |= _conv(f"{name}.pre", size.hidden, size.hidden // 2)
        found |= gated(f"{name}.enc", size.hidden, 4, size.voice)
        found |= _conv(f"{name}.post", size.hidden // 2, size.hidden)
    return found


def reference_encoder(size: Dimensions) -> Shapes:
    """Everything under ref_enc."""
    width = size.reference
    found = _linear("ref_enc.spectral.0.fc", width, size.bins)
    found |= _linear("ref_enc.spectral.3.fc", width, width)
    for index in (0, 1):
        found |= _conv(f"ref_enc.temporal.{index}.conv1.conv", 2 * width, width, 5)
    for name in ("w_qs", "w_ks", "w_vs", "fc"):
        found |= _linear(f"ref_enc.slf_attn.{name}", width, width)
    return found | _linear("ref_enc.fc.fc", size.voice, width)


def quantizer(size: Dimensions) -> Shapes:
    """The codebook and the projection before it."""
    book = "quantizer.vq.layers.0._codebook"
    return _conv("ssl_proj", size.features, size.features, 2) | {
        f"{book}.inited": [1],
        f"{book}.cluster_size": [1024],
        f"{book}.embed": [1024, size.features],
        f"{book}.embed_avg": [1024, size.features],
    }


def _speaker(size: Dimensions) -> Shapes:
    return {
        **_linear("sv_emb", size.voice, size.speaker),
        **_linear("ge_to512", size.joined, size.voice),
        "prelu.weight": [size.voice],
    }


def gpt(channels: int, layers: int, symbols: int, context: int) -> Shapes:
    """The decoder of semantic tokens."""
    found = {
        **_linear("model.bert_proj", channels, context),
        "model.ar_text_embedding.word_embeddings.weight": [symbols, channels],
        "model.ar_text_position.alpha": [1],
        "model.ar_audio_embedding.word_embeddings.weight": [1025, channels],
        "model.ar_audio_position.alpha": [1],
        "model.ar_predict_layer.weight": [1025, channels],
    }
    for layer in range(layers):
        name = f"model.h.layers.{layer}"
        found |= {
            f"{name}.self_attn.in_proj_weight": [3 * channels, channels],
            f"{name}.self_attn.in_proj_bias": [3 * channels],
            **_linear(f"{name}.self_attn.out_proj", channels, channels),
            **_linear(f"{name}.linear1", 4 * channels, channels),
            **_linear(f"{name}.linear2", channels, 4 * channels),
            **_norm(f"{name}.norm1", channels),
            **_norm(f"{name}.norm2", channels),
        }
    return found


FULL_BLOCKS = (3, 4, 6, 3)


def speaker_network(width: int = 64, blocks: tuple[int, ...] = FULL_BLOCKS) -> Shapes:
    """ERes2NetV2: `width` channels at first, in four stages of so many blocks."""
    found = _conv2d("conv1", width, 1, 3) | _batch_norm("bn1", width)
    inputs = width
    for stage, count in enumerate(blocks):
        planes = width << stage
        for block in range(count):
            name = f"layer{stage + 1}.{block}"
            found |= dict(_res2_block(name, inputs, planes, fused=stage >= 2))
            inputs = 4 * planes
    third, last = 16 * width, 32 * width
    found |= _conv2d("layer3_ds", last, third, 3)
    found |= _fusion("fuse34", last)
    return found | _linear("seg_1", 192, 2 * last * 10)


def _res2_block(
    name: str, inputs: int, planes: int, *, fused: bool
) -> Iterator[tuple[str, list[int]]]:
    group, outputs = planes * 24 // 64, 4 * planes
    found = _conv2d(f"{name}.conv1", 4 * group, inputs, 1) | _batch_norm(f"{name}.bn1", 4 * group)
    for index in range(4):
        found |= _conv2d(f"{name}.convs.{index}", group, group, 3)
        found |= _batch_norm(f"{name}.bns.{index}", group)
    for index in range(3 if fused else 0):
        found |= _fusion(f"{name}.fuse_models.{index}", group)
    found |= _conv2d(f"{name}.conv3", outputs, 4 * group, 1) | _batch_norm(f"{name}.bn3", outputs)
    if inputs != outputs:
        found |= _conv2d(f"{name}.shortcut.0", outputs, inputs, 1)
        found |= _batch_norm(f"{name}.shortcut.1", outputs)
    yield from found.items()


def _fusion(name: str, channels: int) -> Shapes:
    inner = channels // 4
    return {
        **_conv2d(f"{name}.local_att.0", inner, 2 * channels, 1),
        f"{name}.local_att.0.bias": [inner],
        **_batch_norm(f"{name}.local_att.1", inner),
        **_conv2d(f"{name}.local_att.3", channels, inner, 1),
        f"{name}.local_att.3.bias": [channels],
        **_batch_norm(f"{name}.local_att.4", channels),
    }


def _conv2d(name: str, outputs: int, inputs: int, kernel: int) -> Shapes:
    return {f"{name}.weight": [outputs, inputs, kernel, kernel]}


def _batch_norm(name: str, channels: int) -> Shapes:
    found: Shapes = {
        f"{name}.{leaf}": [channels] for leaf in ("weight", "bias", "running_mean", "running_var")
    }
    return found | {f"{name}.num_batches_tracked": []}


@dataclass(frozen=True)
class MatchingDimensions:
    """How wide the diffusion transformer is."""

    channels: int
    depth: int
    text: int
    text_layers: int
    n_mels: int = 100


FULL_MATCHING = MatchingDimensions(1024, 22, 512, 4)
TINY_MATCHING = MatchingDimensions(64, 2, TINY.joined, 1)


def mel_features(size: Dimensions) -> Shapes:
    """A v3 or v4 checkpoint's shapes but for flow matching."""
    return {
        **phonetic_encoder(size),
        **reference_encoder(size),
        **quantizer(size),
        **_conv("bridge.0", size.joined, size.hidden),
        **_conv("wns1.pre", size.joined, size.joined),
        **gated("wns1.enc", size.joined, 8, size.voice),
        **_conv("wns1.proj", size.joined, size.joined),
        **_conv("linear_mel", 100, size.joined),
    }


def flow_matching(size: MatchingDimensions) -> Shapes:
    """Everything under cfm."""
    wide, root = size.channels, "cfm.estimator"
    found: Shapes = {f"{root}.rotary_embed.inv_freq": [32]}
    for name in ("time_embed", "d_embed"):
        found |= _linear(f"{root}.{name}.time_mlp.0", wide, 256)
        found |= _linear(f"{root}.{name}.time_mlp.2", wide, wide)
    for layer in range(size.text_layers):
        found |= _text_block(f"{root}.text_embed.text_blocks.{layer}", size.text)
    found |= _linear(f"{root}.input_embed.proj", wide, 2 * size.n_mels + size.text)
    for index in (0, 2):
        found |= _conv(f"{root}.input_embed.conv_pos_embed.conv1d.{index}", wide, wide // 16, 31)
    for layer in range(size.depth):
        name = f"{root}.transformer_blocks.{layer}"
        found |= _linear(f"{name}.attn_norm.linear", 6 * wide, wide)
        for projection in ("to_q", "to_k", "to_v", "to_out.0"):
            found |= _linear(f"{name}.attn.{projection}", wide, wide)
        found |= _linear(f"{name}.ff.ff.0.0", 2 * wide, wide)
        found |= _linear(f"{name}.ff.ff.2", wide, 2 * wide)
    found |= _linear(f"{root}.norm_out.linear", 2 * wide, wide)
    return found | _linear(f"{root}.proj_out", size.n_mels, wide)


def _text_block(name: str, channels: int) -> Shapes:
    return {
        **_conv(f"{name}.dwconv", channels, 1, 7),
        **_norm(f"{name}.norm", channels),
        **_linear(f"{name}.pwconv1", 2 * channels, channels),
        f"{name}.grn.gamma": [1, 1, 2 * channels],
        f"{name}.grn.beta": [1, 1, 2 * channels],
        **_linear(f"{name}.pwconv2", channels, 2 * channels),
    }


def bigvgan(width: int, kernels: tuple[int, ...]) -> Shapes:
    """v3's vocoder."""
    found = _normed("conv_pre", width, 100, 7)
    for stage, kernel in enumerate(kernels):
        wide, narrow = width >> stage, width >> (stage + 1)
        found |= _normed(f"ups.{stage}.0", narrow, wide, kernel, transposed=True)
        for block, size in enumerate((3, 7, 11)):
            name = f"resblocks.{3 * stage + block}"
            for number in range(6):
                convolution = f"{name}.convs{1 + number // 3}.{number % 3}"
                found |= _normed(convolution, narrow, narrow, size)
                found |= _snake(f"{name}.activations.{number}", narrow)
    last = width >> len(kernels)
    found |= _snake("activation_post", last)
    return found | {"conv_post.weight_g": [1, 1, 1], "conv_post.weight_v": [1, last, 7]}


def _snake(name: str, channels: int) -> Shapes:
    return {
        **_norm(f"{name}.act", channels, ("alpha", "beta")),
        f"{name}.upsample.filter": [1, 1, 12],
        f"{name}.downsample.lowpass.filter": [1, 1, 12],
    }


def lora(size: MatchingDimensions, rank: int) -> Shapes:
    """The factors a LoRA file holds."""
    found: Shapes = {}
    for layer in range(size.depth):
        for projection in ("to_q", "to_k", "to_v", "to_out.0"):
            name = f"cfm.base_model.model.estimator.transformer_blocks.{layer}.attn.{projection}"
            found[f"{name}.lora_A.default.weight"] = [rank, size.channels]
            found[f"{name}.lora_B.default.weight"] = [size.channels, rank]
    return found
