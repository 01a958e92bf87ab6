"""When each word of a recording is said."""

from collections.abc import Iterable
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import BaseModel, Field

from myna.align.aligner import DOUBTFUL_COST, MISMATCH_COST
from myna.core.timing import Alignment, TimedText
from myna.dsp.codec import decode
from myna.http.call import Speaking
from myna.http.errors import errors_as, native_error
from myna.http.routes.answers import SPEAKING, refusals
from myna.http.routes.speech import Language, Word

router = APIRouter(tags=["Speech"], route_class=errors_as(native_error))


Fit = Literal["matching", "doubtful", "mismatch"]


class Aligned(BaseModel):
    """Words, characters and phones with their times in seconds."""

    words: list[Word]
    characters: list[Word]
    phones: list[Word]
    cost: float = Field(description="How badly sound and text fit: about 1 for a good match.")
    fit: Fit = Field(description="What the cost means: whether the recording says the text.")
    duration: float = Field(description="Seconds of the recording.")


@router.post("/v1/align", responses=refusals(*SPEAKING))
async def align(
    call: Speaking,
    audio: Annotated[UploadFile, File(description="A recording in any audio format.")],
    text: Annotated[str, Form(min_length=1, description="The words said in it.")],
    language: Annotated[Language, Form()] = "auto",
) -> Aligned:
    """Find when each word, character and phone of a recording is said."""
    content = await call.upload(audio)
    studio = call.service.studio

    def work() -> tuple[Alignment, float]:
        recording = decode(content, max_seconds=studio.limits.audio_seconds)
        return studio.align(recording, text, language), recording.duration

    alignment, duration = await call.work(work)
    return Aligned(
        words=_sent(alignment.words),
        characters=_sent(alignment.characters),
        phones=_sent(alignment.phones),
        cost=alignment.cost,
        fit=_fit(alignment.cost),
        duration=round(duration, 4),
    )


def _sent(items: Iterable[TimedText]) -> list[Word]:
    return [Word.of(item) for item in items]


def _fit(cost: float) -> Fit:
    if cost > MISMATCH_COST:
        return "mismatch"
    return "doubtful" if cost > DOUBTFUL_COST else "matching"
