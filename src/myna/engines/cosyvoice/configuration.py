"""What `cosyvoice2.yaml` says that the shapes of the tensors do not.

The file names Python classes to be made. Here it is data: tags are ignored, nothing is made.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from myna.core.errors import WeightsMissing
from myna.engines.cosyvoice.spectrograms import HOP_LENGTH, MEL_RATE, N_MELS
from myna.engines.cosyvoice.tokens.token_sampling import SamplingOptions

_FIXED = (
    ("sample_rate", MEL_RATE),
    ("feat_extractor.num_mels", N_MELS),
    ("feat_extractor.hop_size", HOP_LENGTH),
    ("llm.speech_token_size", 6561),
    ("llm.mix_ratio", [5, 15]),
)
"""What every published model has, and this engine relies on."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The options of a model."""

    sampling: SamplingOptions
    highest_mel: float | None
    """Hz, of the uppermost band of a prompt's mel spectrogram; None: half the rate."""
    guidance: float
    """How far flow matching goes beyond what it was told (classifier-free guidance)."""
    head_width: int
    """Channels of an attention head of the flow, in version 2."""


def read_configuration(path: Path) -> Configuration:
    """Read the file. Raises `WeightsMissing` where it is absent, damaged, or of another model."""
    tree = _tree(path)
    for place, wanted in _FIXED:
        found = _at(tree, place)
        if found not in (None, wanted):
            raise WeightsMissing(
                f"{str(path)!r} says {found!r} for {place!r}; this engine speaks with models that "
                f"have {wanted!r} there. Point `cosyvoice.folder` at a published model."
            )
    default = SamplingOptions()

    def number(place: str, usual: float) -> float:
        return _number(tree, place, usual, path)

    highest = number("feat_extractor.fmax", 0.0)
    return Configuration(
        SamplingOptions(
            top_p=number("llm.sampling.top_p", default.top_p),
            top_k=round(number("llm.sampling.top_k", default.top_k)),
            window=round(number("llm.sampling.win_size", default.window)),
            most_repeated=number("llm.sampling.tau_r", default.most_repeated),
        ),
        highest or None,
        number("flow.decoder.cfm_params.content.inference_cfg_rate", 0.7),
        round(number("flow.decoder.estimator.attention_head_dim", 64)),
    )


class _DataLoader(yaml.SafeLoader):  # type: ignore[misc]  # yaml brings no types
    """Takes a tagged value for what it would be without its tag."""


def _untagged(loader: _DataLoader, _: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


_DataLoader.add_multi_constructor("!", _untagged)


def _tree(path: Path) -> Mapping[str, object]:
    try:
        # A SafeLoader: it makes plain values only.
        tree = yaml.load(path.read_text("utf-8"), _DataLoader)
    except OSError as error:
        raise WeightsMissing(
            f"{str(path)!r} cannot be read ({error.strerror}). Put the published folder there "
            "whole."
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise WeightsMissing(f"{str(path)!r} is not YAML ({reason}): get it again.") from error
    if not isinstance(tree, Mapping):
        raise WeightsMissing(f"{str(path)!r} holds no settings: get it again.")
    return tree


def _at(tree: object, place: str, asked: frozenset[str] = frozenset()) -> object:
    """Return the value at a dotted place, a reference to a value at the top followed.

    None where references lead in a circle; `asked` are the places that led here.
    """
    value: object = tree
    for name in place.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, str) and value.startswith("<") and value.endswith(">"):
        return None if place in asked else _at(tree, value[1:-1], asked | {place})
    return value


def _number(tree: object, place: str, default: float, path: Path) -> float:
    value = _at(tree, place)
    if not isinstance(value, (int, float)):
        return default
    if not 0 <= value < math.inf:
        raise WeightsMissing(f"{str(path)!r} says {value!r} for {place!r}: get it again.")
    return float(value)
