"""Other words in a recording."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, UploadFile
from pydantic import BaseModel, ConfigDict, Field, Json

from myna.core.edit import Edit, EditReport
from myna.core.speech import Options
from myna.core.voice import Voice
from myna.dsp.codec import AudioFormat, decode_native, encode_native
from myna.http.call import Call, Speaking
from myna.http.errors import errors_as, native_error
from myna.http.frames import base64_text
from myna.http.refusals import NotUnderstood
from myna.http.routes.answers import SPEAKING, refusals
from myna.http.routes.speech import Language
from myna.studio.editing.edit import MOST_TAKES, EditedRecording, EditRequest
from myna.text.spans import find_span

router = APIRouter(tags=["Speech"], route_class=errors_as(native_error))

MOST_EDITS = 100


class Change(BaseModel):
    """What to say instead of what: words of the text, or a span of its characters."""

    model_config = ConfigDict(extra="forbid")

    old: str | None = Field(None, description="Words of the text; they must be there once.")
    start: int | None = Field(None, ge=0, description="Offset of the first character, instead.")
    end: int | None = Field(None, ge=0, description="Offset behind the last; unset: insert.")
    new: str = Field(description="What to say there; empty: delete.")

    def edit(self, text: str) -> Edit:
        """Return the change as a span of the text."""
        if (self.old is None) == (self.start is None):
            raise NotUnderstood("A change names either `old` words or a `start` offset.")
        if self.old is not None:
            return Edit(*find_span(text, self.old), self.new)
        start = self.start or 0
        return Edit(start, start if self.end is None else self.end, self.new)


class EditForm(BaseModel):
    """A recording, all that is said in it, and what to change."""

    audio: UploadFile | None = Field(None, description="The recording, in any audio format.")
    recording_of: str | None = Field(
        None, description="Instead: a voice of your library, whose reference is changed."
    )
    text: str | None = Field(None, description="All the words said; known of a library voice.")
    changes: Json[Annotated[list[Change], Field(min_length=1, max_length=MOST_EDITS)]] = Field(
        description='JSON, such as [{"old": "tea", "new": "coffee"}].'
    )
    language: Language = "auto"
    voice: str | None = Field(None, description="Who speaks. Unset: the recording's own voice.")
    engine: str | None = None
    sample_steps: int | None = Field(
        None, ge=1, le=128, description="Of engines that match a flow. Unset: the engine's choice."
    )
    takes: int = Field(3, ge=1, le=MOST_TAKES, description="Speak so often, keep the best.")
    choice: int = Field(
        0, ge=0, lt=MOST_TAKES, description="Keep another take: 0 the best, 1 the next best…"
    )
    seed: int | None = Field(None, ge=0, lt=2**32)
    format: Literal["wav", "flac"] = "wav"


class Replaced(BaseModel):
    """Which samples were replaced, in the input and in the output, by which words."""

    start_sample: int
    end_sample: int
    new_start_sample: int
    new_end_sample: int
    margin_samples: int
    old_text: str
    new_text: str
    take_scores: list[float] = Field(description="How well each take fitted; less is better.")


class Edited(BaseModel):
    """The recording with its words changed, and what was replaced."""

    audio: str = Field(description="The recording in the asked format, base64.")
    format: str
    text: str = Field(description="What is said in it now.")
    edits: list[Replaced]
    sample_rate: int
    engine: str = Field(description="Who spoke; empty where nothing had to be spoken.")

    @classmethod
    def of(cls, edited: EditedRecording, audio: bytes, format: AudioFormat) -> "Edited":
        """Return an edited recording as it is sent."""
        report: EditReport = edited.report
        return cls(
            audio=base64_text(audio),
            format=format.value,
            text=edited.text,
            edits=[Replaced.model_validate(span, from_attributes=True) for span in report.edits],
            sample_rate=report.sample_rate,
            engine=report.engine,
        )


@router.post("/v1/edit", responses=refusals(*SPEAKING))
async def edit(
    call: Speaking, form: Annotated[EditForm, Form(media_type="multipart/form-data")]
) -> Edited:
    """Change words of a recording; every sample outside the reported spans stays as it is."""
    content, text = await _recording(call, form)
    voice = None if form.voice is None else await call.voice(form.voice)
    format = AudioFormat.named(form.format)

    def work() -> Edited:
        edited = changed(call, content, text, form, voice)
        return Edited.of(edited, encode_native(edited.recording, format), format)

    return await call.work(work)


def changed(
    call: Call, content: bytes, text: str, form: EditForm, voice: Voice | None
) -> EditedRecording:
    """Do the work of an edit. Blocks."""
    studio = call.service.studio
    request = EditRequest(
        decode_native(content, max_seconds=studio.limits.audio_seconds),
        text,
        tuple(change.edit(text) for change in form.changes),
        form.language,
        voice,
        form.engine,
        Options(seed=form.seed, sample_steps=form.sample_steps),
        form.takes,
        choice=form.choice,
    )
    return studio.edit(request)


async def _recording(call: Call, form: EditForm) -> tuple[bytes, str]:
    if (form.audio is None) == (form.recording_of is None):
        raise NotUnderstood("Send either the file `audio` or the voice name `recording_of`.")
    if form.audio is not None:
        if not form.text:
            raise NotUnderstood("`text` is missing: all the words said in the recording.")
        return await call.upload(form.audio), form.text
    name = form.recording_of or ""
    voice = await call.voice(name)
    content, _ = await call.in_thread(lambda: call.library.given_file(name))
    return content, form.text or voice.transcript
