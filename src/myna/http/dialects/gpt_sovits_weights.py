"""How both GPT-SoVITS interfaces change the networks: file names of theirs to a switch of ours."""

from pathlib import Path

from myna.core.errors import MynaError, WeightsMissing
from myna.http.call import Call
from myna.http.references import find_inside
from myna.studio.weights_switch import WeightsSwitch

NO_NETWORK = (
    "This server runs no GPT-SoVITS network whose weights could be changed; see GET /v1/engines."
)

_PUBLISHED = "GPT_SoVITS/pretrained_models/"


class NotChanged(Exception):
    """The networks stay as they are; the text says why, without a path of this machine."""


async def change_weights(call: Call, gpt: str | None = None, sovits: str | None = None) -> None:
    """Speak with these weights from now on: paths inside the engine's folder.

    Raises `Forbidden` to all but administrators of a server that allows it, `NotChanged` else.
    """
    call.check_admin()
    switch = _switch(call)
    if not switch.is_possible:
        raise NotChanged(NO_NETWORK)
    folder = switch.folder

    def change() -> None:
        semantic, vits = (
            None if path is None else _weights(folder, path) for path in (gpt, sovits)
        )
        switch.change(semantic=semantic, vits=vits)

    try:
        await call.in_thread(change)
    except MynaError as error:
        raise NotChanged(str(error).replace(f"{folder.resolve()}/", "")) from None


def _switch(call: Call) -> WeightsSwitch:
    state = call.request.app.state
    if not hasattr(state, "weights_switch"):
        state.weights_switch = WeightsSwitch(call.service.studio)
    switch: WeightsSwitch = state.weights_switch
    return switch


def _weights(folder: Path, path: str) -> Path:
    """Find a file by its place in the folder, or by the one it has in GPT-SoVITS."""
    published = path.removeprefix("./").removeprefix(_PUBLISHED)
    places = (find_inside(folder, name, follows_links=True) for name in (path, published))
    found = next((place for place in places if place is not None), None)
    if found is None:
        raise WeightsMissing(
            f"No file {path!r} lies in the folder of the models. Put it there, or name another."
        )
    return found
