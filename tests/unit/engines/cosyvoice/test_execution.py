from pathlib import Path

import numpy as np
import pytest
import torch

from myna.core.audio import Audio
from myna.core.errors import SettingsError
from myna.core.speech import Options, Utterance
from myna.core.voice import Voice
from myna.engines.cosyvoice.acoustic.recorded_step import Recording
from myna.engines.cosyvoice.engine import CosyVoiceEngine
from myna.engines.cosyvoice.execution import Execution
from myna.engines.cosyvoice.files import find_files
from myna.engines.cosyvoice.version import Version
from myna.settings import Settings
from myna.settings.engines import CosyVoiceSettings
from myna.studio.engine_builders import BUILDERS
from tests.unit.engines.cosyvoice.tiny_checkpoint import write_checkpoint


def _spoken(engine: CosyVoiceEngine) -> list[bytes]:
    noise = np.random.default_rng(0).standard_normal(48000).astype(np.float32) / 9
    voice = Voice(Audio(noise, 16000), "Noise.", "en")
    utterance = Utterance("Tea is ready.", "en", Options(seed=3))
    return [chunk.audio.samples.tobytes() for chunk in engine.speak(utterance, voice)]


def test_the_language_model_runs_in_eight_bits_where_that_is_asked_for(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="the fast runtime needs onnxruntime")
    files = find_files(write_checkpoint(tmp_path / "model", Version.COSYVOICE2))
    exact = CosyVoiceEngine(files, Execution(runtime="exact", steps=1, threads=1))
    fast = Execution(steps=1, threads=1, runtime="fast", graphs=tmp_path / "graphs")
    engines = [CosyVoiceEngine(files, fast) for _ in range(2)]
    assert len(list((tmp_path / "graphs").iterdir())) == 1
    assert engines[0].fingerprint == engines[1].fingerprint != exact.fingerprint
    assert _spoken(engines[0]) == _spoken(engines[1]) != []
    assert _spoken(exact) != []


def test_every_setting_reaches_the_engine(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "model")
    own = CosyVoiceSettings(
        folder=folder,
        preset="realtime",
        runtime="exact",
        steps=3,
        guidance=0.5,
        history_seconds=2.0,
        prompt_megabytes=7,
        threads=1,
        chunks=4,
        compatible=True,
    )
    engine = BUILDERS["cosyvoice"](Settings(home=tmp_path, cosyvoice=own))
    assert isinstance(engine, CosyVoiceEngine)
    assert engine.execution == Execution(
        "realtime", "exact", tmp_path / "graphs", 3, 0.5, 2.0, 7_000_000, 1, 4, True
    )


def test_a_preset_or_runtime_nobody_knows_is_refused() -> None:
    with pytest.raises(SettingsError, match="hasty"):
        Execution("hasty")
    with pytest.raises(SettingsError, match="rough"):
        Execution(runtime="rough")


def test_on_a_gpu_steps_are_recorded_for_as_many_calls_as_may_share_one() -> None:
    gpu = torch.device("cuda")
    assert Execution(chunks=6, device=gpu, guidance=0.5).recording(0.7) == Recording(
        0.5, (1, 2, 4, 6)
    )
    assert Execution(device=gpu).recording(0.7) == Recording(0.7, (1,))
    assert Execution(chunks=6).recording(0.7) is None
