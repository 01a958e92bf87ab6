"""A decoder of semantic tokens of which one head follows the text, by construction.

The position tables of phonemes and tokens are sines of the same frequencies, each lower than the
one before by the same factor. So a query made of the token's position at one frequency, and a key
made of the phoneme's at a frequency `_APART` places higher, have a product that is largest where
the phoneme's number is `PHONEMES_PER_TOKEN` times the token's. The last full stop ends the speech.
"""

from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

from myna.engines.gpt_sovits.engine import GptSovitsEngine
from myna.engines.gpt_sovits.execution import Execution
from myna.engines.gpt_sovits.files import find_files
from myna.engines.gpt_sovits.frontend.symbols import SYMBOLS_V2
from tests.unit.engines.gpt_sovits import shapes, tiny_checkpoints

CHANNELS, LAYERS, HEADS = 32, 2, 2
_APART = 2
PHONEMES_PER_TOKEN = 10000 ** (-2 * _APART / CHANNELS)  # 0.316
FOLLOWING = (0, 0)  # layer and head
_PAIRS = 7  # of sine and cosine that the head compares; one more number says what is not seen
_SHARP = 18.0
_ENDS, _UNSEEN = 28, 30  # channels in which positions are almost 0


def following_engine(
    folder: Path, runtime: str = "fast", unseen: Iterable[str] = ()
) -> GptSovitsEngine:
    """Write a v2 installation with such a decoder, and read it.

    unseen: phones that the head does not look at.
    """
    tiny_checkpoints.write_installation(folder, "v2")
    write_following_gpt(folder / tiny_checkpoints.GPT_FILES["v2"], unseen)
    return GptSovitsEngine(find_files(folder), execution=Execution(runtime, folder / "graphs"))


def write_following_gpt(path: Path, unseen: Iterable[str] = ()) -> None:
    """Write the decoder's .ckpt."""
    names = shapes.gpt(CHANNELS, LAYERS, 732, tiny_checkpoints.CONTEXT)
    filled = {name: torch.zeros(shape) for name, shape in names.items()}
    for name, tensor in filled.items():
        if name.endswith(("alpha", "norm1.weight", "norm2.weight")):
            tensor.fill_(1.0)
    _embed(filled, unseen)
    _attend(filled)
    predict = filled["model.ar_predict_layer.weight"]
    predict[:] = torch.randn(predict.shape, generator=torch.Generator().manual_seed(0)) * 0.3
    predict[:, _ENDS] = 0
    predict[1024] = 0
    predict[1024, _ENDS] = 4
    model = {"n_layer": LAYERS, "head": HEADS, "hidden_dim": CHANNELS, "vocab_size": 1025}
    config = {"model": model, "data": {"max_sec": 54}}
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"weight": filled, "config": config, "info": "GPT-e15"}, path)


def _embed(filled: dict[str, Tensor], unseen: Iterable[str]) -> None:
    phones = filled["model.ar_text_embedding.word_embeddings.weight"]
    phones[SYMBOLS_V2.numbers["."], _ENDS] = 1
    phones[[SYMBOLS_V2.numbers[phone] for phone in unseen], _UNSEEN] = -1
    filled["model.ar_audio_embedding.word_embeddings.weight"][:, _UNSEEN] = -1


def _attend(filled: dict[str, Tensor]) -> None:
    own = "model.h.layers.0.self_attn"
    query, key, value = filled[f"{own}.in_proj_weight"].chunk(3)
    for row in range(2 * _PAIRS):
        query[row, row + 2 * _APART] = _SHARP
        key[row, row] = 1
    filled[f"{own}.in_proj_bias"][2 * _PAIRS] = 100
    key[2 * _PAIRS, _UNSEEN] = 1
    value[0, _ENDS] = 1
    filled[f"{own}.out_proj.weight"][_ENDS, 0] = 40
