"""The device a neural engine computes on, and in which precision."""

import os
import warnings

import torch
from torch import Tensor

from myna.core.errors import SettingsError

CPU = torch.device("cpu")
_AUTO, _CUDA = "auto", "cuda"
_COMPUTES_BFLOAT16 = 8  # the first generation of GPUs that does, by its major number


def find_device(asked: str, setting: str) -> torch.device:
    """Return the device that a setting asks for: "auto", "cpu", "cuda" or "cuda:N".

    "auto" is the first GPU that torch can use by CUDA, else the CPU. Raises `SettingsError`
    naming the setting, what it says and what there is.
    """
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    there = ["cpu", *(f"{_CUDA}:{number}" for number in range(gpus))]
    if asked == _AUTO:
        return torch.device(there[min(gpus, 1)])
    wanted = f"{_CUDA}:0" if asked == _CUDA else asked
    if wanted in there:
        return torch.device(wanted)
    found = ", ".join(described(torch.device(name)) for name in there)
    lacks = ", which is built without CUDA," if torch.version.cuda is None else ""
    raise SettingsError(
        f"`{setting}` is {asked!r}, but torch {torch.__version__}{lacks} finds only: {found}. "
        f"Set it to one of these, or to {_AUTO!r}."
    )


def described(device: torch.device) -> str:
    """Name a device as people know it."""
    if device.type != _CUDA:
        return str(device)
    return f"{device} ({torch.cuda.get_device_name(device)})"


def passes_at_once(device: torch.device) -> int:
    """Return how many passes of a network a device does beside each other without a loss.

    A CPU does one for each processor, because a pass seldom keeps several busy; a GPU one.
    """
    return 1 if device.type == _CUDA else processors()


def wait_for(device: torch.device) -> None:
    """Wait until a GPU has done what it was told to; a CPU has.

    So those who come meanwhile share the next pass.
    """
    if device.type == _CUDA:
        torch.cuda.current_stream(device).synchronize()


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def half_precision(device: torch.device) -> torch.dtype:
    """Return the 16 bits a GPU multiplies fast in: bfloat16, or float16 on those before 2020."""
    if device.type != _CUDA or torch.cuda.get_device_capability(device)[0] >= _COMPUTES_BFLOAT16:
        return torch.bfloat16
    return torch.float16


def sent(numbers: Tensor, device: torch.device) -> Tensor:
    """Return numbers of the CPU on a device, without waiting for what it has to do before.

    A plain copy to a GPU waits until all that was launched on the stream is done.
    """
    if device.type == _CUDA and numbers.numel():
        numbers = numbers.pin_memory()
    return numbers.to(device, non_blocking=True)


def computes_bfloat16() -> bool:
    """Whether the processor has instructions for products in bfloat16; without, they only cost."""
    tests = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, test, bool)() for test in tests)


def settle(device: torch.device, *, exact: bool) -> None:
    """Have a GPU compute the same from the same numbers every time, in the whole process.

    exact: it multiplies 32 bits as 32 bits; else its convolutions round them to 10 (TF32), which
    saves time.
    """
    if device.type != _CUDA:
        return
    torch.backends.cudnn.deterministic = True  # some ways to convolve add up in any order
    # torch prefers this on the newest GPUs, but it is planned anew for every length of a request.
    torch.backends.cuda.enable_cudnn_sdp(False)
    if exact:
        with warnings.catch_warnings():  # newer torch has other names for it, older has not
            warnings.simplefilter("ignore")
            torch.backends.cuda.matmul.allow_tf32 = False
            torch.backends.cudnn.allow_tf32 = False
