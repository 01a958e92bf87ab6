from collections.abc import Iterator

import pytest
import torch

from myna.core.errors import SettingsError
from myna.engines.batching.device import (
    CPU,
    described,
    find_device,
    passes_at_once,
    processors,
    settle,
)

WITHOUT_GPU = pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is there")


def test_the_cpu_is_there_whatever_else_is() -> None:
    assert find_device("cpu", "gpt_sovits.device") == torch.device("cpu")
    assert described(torch.device("cpu")) == "cpu"


def test_a_cpu_does_as_many_passes_at_once_as_it_has_processors() -> None:
    assert passes_at_once(CPU) == processors()
    assert passes_at_once(torch.device("cuda")) == 1


@WITHOUT_GPU
def test_auto_is_the_cpu_without_a_gpu() -> None:
    assert find_device("auto", "cosyvoice.device") == torch.device("cpu")


@WITHOUT_GPU
def test_a_gpu_that_is_not_there_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"`gpt_sovits.device` is 'cuda', but .* only: cpu\."):
        find_device("cuda", "gpt_sovits.device")


def test_a_device_nobody_has_is_named_beside_those_there_are() -> None:
    with pytest.raises(SettingsError) as caught:
        find_device("cuda:99", "cosyvoice.device")
    told = str(caught.value)
    assert "`cosyvoice.device`" in told
    assert "'cuda:99'" in told
    assert "cpu" in told
    assert "'auto'" in told


@pytest.fixture
def _flags() -> Iterator[None]:
    """Put back what is set for the whole process."""
    deterministic, planned = (
        torch.backends.cudnn.deterministic,
        torch.backends.cuda.cudnn_sdp_enabled(),
    )
    rounded = torch._C._get_cudnn_allow_tf32(), torch._C._get_cublas_allow_tf32()
    yield
    torch.backends.cudnn.deterministic = deterministic
    torch.backends.cuda.enable_cudnn_sdp(planned)
    torch._C._set_cudnn_allow_tf32(rounded[0])
    torch._C._set_cublas_allow_tf32(rounded[1])


@pytest.mark.usefixtures("_flags")
def test_a_gpu_computes_alike_every_time_and_rounds_only_where_it_may() -> None:
    settle(CPU, exact=True)
    assert not torch.backends.cudnn.deterministic
    gpu = torch.device("cuda", 0)
    settle(gpu, exact=False)
    assert torch.backends.cudnn.deterministic
    assert not torch.backends.cuda.cudnn_sdp_enabled()
    assert torch._C._get_cudnn_allow_tf32()
    settle(gpu, exact=True)
    assert not torch._C._get_cudnn_allow_tf32()
    assert not torch._C._get_cublas_allow_tf32()
