"""Where we answer otherwise than upstream on purpose: the one table of rules.

The runner judges by it and `docs/reference/gpt-sovits-compatibility.md` is written from it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from myna.http.dialects.gpt_sovits_routes import NOTHING_TO_SAY
from myna.http.dialects.gpt_sovits_speech import OUTSIDE
from myna.http.dialects.gpt_sovits_v2 import BAD_SEED
from tests.dialects.records import Record
from tests.dialects.replay import Answer, Comparison

ADMINISTERED = ("/set_gpt_weights", "/set_sovits_weights", "/set_model", "/control")
ONLY_V1 = ("/", "/change_refer", "/set_model", "/control")
ONLY_V2 = ("/tts", "/set_refer_audio", "/set_gpt_weights", "/set_sovits_weights")
FAULTS = ("[[FAIL", "故障注入")
UNUSED = (
    *("top_k", "top_p", "temperature", "repetition_penalty", "sample_steps", "super_sampling"),
    *("overlap_length", "min_chunk_length", "batch_threshold", "split_bucket", "parallel_infer"),
    *("if_sr", "inp_refs", "aux_ref_audio_paths", "speed_factor", "speed", "fragment_interval"),
)
KEPT_TEXTS = (BAD_SEED, OUTSIDE, NOTHING_TO_SAY)


@dataclass(frozen=True)
class Rule:
    """A deviation: what we do instead, and why."""

    id: str
    reason: str
    applies: Callable[[Comparison], bool]


def _internal_error(comparison: Comparison) -> bool:
    return comparison.record.status == 500 and comparison.answer.refuses


def _silence(comparison: Comparison) -> bool:
    record = comparison.record
    return record.fails_in_speech and record.is_complete and comparison.answer.refuses


def _cut(comparison: Comparison) -> bool:
    record = comparison.record
    return record.status == 200 and not record.is_complete and comparison.answer.refuses


def _nothing_to_say(comparison: Comparison) -> bool:
    text = comparison.record.values.get("text")
    is_wordless = isinstance(text, str) and not any(map(str.isalnum, text))
    return comparison.record.status == 200 and is_wordless and comparison.answer.refuses


def _endless(comparison: Comparison) -> bool:
    told = comparison.answer.json
    return comparison.answer.refuses and "batch_size" in str(told)


def _fault(comparison: Comparison) -> bool:
    text = str(comparison.record.values.get("text", ""))
    return any(fault in text for fault in FAULTS) and comparison.answer.speaks


def _unused(comparison: Comparison) -> bool:
    record = comparison.record
    refuses_aux = record.status == 400 and bool(record.values.get("aux_ref_audio_paths"))
    return (
        (record.fails_in_speech or refuses_aux)
        and any(name in record.values for name in UNUSED)
        and comparison.answer.speaks
    )


def _read_kindly(comparison: Comparison) -> bool:
    record = comparison.record
    is_json = record.is_v1 and record.method == "POST"
    return is_json and record.fails_in_speech and comparison.answer.speaks


def _own_text(comparison: Comparison) -> bool:
    recorded, ours = comparison.record, comparison.answer
    is_kept = recorded.exception in KEPT_TEXTS or str(recorded.exception).endswith(" not exists")
    return _same_failure(recorded, ours) and not is_kept and bool(ours.json.get("Exception"))


def _other_locale(comparison: Comparison) -> bool:
    is_other = comparison.record.state == "zhlocale"
    return is_other and _same_failure(comparison.record, comparison.answer)


def _same_failure(record: Record, answer: Answer) -> bool:
    return (
        record.status == answer.status == 400
        and record.exception is not None
        and record.message == answer.message
    )


def _administered(comparison: Comparison) -> bool:
    is_refused = comparison.answer.status in (401, 403)
    told = comparison.answer.message
    return comparison.record.path in ADMINISTERED and is_refused and "http.admin_operations" in told


def _other_model(comparison: Comparison) -> bool:
    record, answer = comparison.record, comparison.answer
    names_another = "in version v" in record.message and not record.message.endswith("version v2")
    wants_prompt = "prompt_text cannot be empty" in str(record.exception)
    ours = answer.speaks or (answer.refuses and answer.message.endswith("version v2"))
    return record.state == "versions" and (names_another or wants_prompt) and ours


def _one_ogg_file(comparison: Comparison) -> bool:
    return _only(comparison, "ogg streams")


def _allow(comparison: Comparison) -> bool:
    return _only(comparison, "allow")


def _only(comparison: Comparison, what: str) -> bool:
    return {difference.what for difference in comparison.differences} == {what}


def _origin(comparison: Comparison) -> bool:
    is_refused = comparison.answer.status == 403 and b"cors_origins" in comparison.answer.content
    return bool(comparison.record.header("origin")) and is_refused


def _unknown_path(comparison: Comparison) -> bool:
    is_unknown = comparison.record.status == comparison.answer.status == 404
    return is_unknown and b"not_found" in comparison.answer.content


def _one_port(comparison: Comparison) -> bool:
    record, status = comparison.record, comparison.answer.status
    is_absent = record.status in (404, 405) and status not in (404, 405) and status < 500
    lacking = ONLY_V2 if record.is_v1 else ONLY_V1
    return is_absent and (record.path in lacking or record.path == "/speakers")


def _control(comparison: Comparison) -> bool:
    is_v1 = comparison.record.is_v1 and comparison.record.path == "/control"
    return is_v1 and comparison.answer.message == "command is required"


def _probe(comparison: Comparison) -> bool:
    record = comparison.record
    is_bare = (record.method, record.path, record.pairs) == ("GET", "/", [])
    return is_bare and comparison.answer.status == 200


def _openapi(comparison: Comparison) -> bool:
    return comparison.record.path == "/openapi.json" and comparison.answer.status == 200


def _arguments(comparison: Comparison) -> bool:
    record, answer = comparison.record, comparison.answer
    has_arguments = any(f"-{name} " in f"{record.state} " for name in ("mt", "sm", "st"))
    return record.is_v1 and has_arguments and (answer.speaks or answer.refuses)


def _bounded(comparison: Comparison) -> bool:
    return comparison.record.status == 200 and comparison.answer.status in (413, 414)


def _outside(comparison: Comparison) -> bool:
    paths = comparison.record.reference_paths
    leaves = any(path.startswith("/") or ".." in path or ":" in path for path in paths)
    return comparison.record.status == 200 and leaves and comparison.answer.refuses


def _useless(comparison: Comparison) -> bool:
    told = str(comparison.answer.json)
    return (
        comparison.record.status == 200
        and comparison.answer.refuses
        and any(f"The recording {what}" in told for what in ("is ", "has only"))
    )


def _windows_path(comparison: Comparison) -> bool:
    paths = comparison.record.reference_paths
    return any("\\" in path for path in paths) and comparison.answer.speaks


def _case(comparison: Comparison) -> bool:
    record, answer = comparison.record, comparison.answer
    is_missing = str(record.exception).endswith(" not exists")
    is_other_case = any(path != path.lower() for path in record.reference_paths)
    return is_missing and is_other_case and answer.speaks


RULES = (
    Rule(
        "nothing-to-say",
        "A text without a letter or digit gets silence, an empty body or a file without samples "
        "from upstream, with status 200. We answer 400.",
        _nothing_to_say,
    ),
    Rule(
        "endless-loop",
        "`batch_size` below 1 hangs upstream's whole server. We answer 400.",
        _endless,
    ),
    Rule(
        "internal-error",
        "What is missing, is no JSON object or has the wrong type makes upstream answer 500 "
        "without a reason. We answer 400 and name it.",
        _internal_error,
    ),
    Rule(
        "silence-on-failure",
        "Upstream answers a request it cannot serve with 200 and a second of silence, at 16 kHz. "
        "We answer 400 with the reason.",
        _silence,
    ),
    Rule(
        "cut-stream",
        "Upstream finds bad input only after it has sent 200, and cuts the connection. We look "
        "first and answer 400 with the reason.",
        _cut,
    ),
    Rule(
        "injected-fault",
        "The text carries a marker at which the recorded server's stand-in network failed. Here it "
        "is text like any other.",
        _fault,
    ),
    Rule(
        "values-read-kindly",
        "api.py hands nulls and numbers sent as text to its network, which fails. We read null as "
        "the default and numbers from text.",
        _read_kindly,
    ),
    Rule(
        "unused-value",
        "The value steers upstream's network and made it fail. We ignore it, or bring it into our "
        "range.",
        _unused,
    ),
    Rule(
        "other-locale",
        "Upstream words errors in the language of its machine. Ours are always in English.",
        _other_locale,
    ),
    Rule(
        "own-reason",
        "`Exception` is empty or words of Python, librosa or the operating system there. Ours says "
        "what is wrong; status and `message` are the same.",
        _own_text,
    ),
    Rule(
        "administered",
        "Changing networks and stopping the server need the setting `http.admin_operations` and a "
        "key with the scope `admin`. Otherwise: 403 and how to allow it.",
        _administered,
    ),
    Rule(
        "other-model",
        "The recorded server ran networks of another version then. We take the languages of v2, "
        "and speak without a prompt text.",
        _other_model,
    ),
    Rule(
        "one-ogg-file",
        "Upstream sends every piece of a stream as an Ogg file of its own, of which many players "
        "play only the first. We send one.",
        _one_ogg_file,
    ),
    Rule("allow", "`Allow` lists every method there is; upstream's lists one.", _allow),
    Rule(
        "foreign-origin",
        "Pages of other sites may not call unless `http.cors_origins` names them; upstream obeys "
        "any page.",
        _origin,
    ),
    Rule(
        "unknown-path",
        "404 for paths that no interface has comes in Myna's own envelope.",
        _unknown_path,
    ),
    Rule(
        "one-port",
        "api.py, api_v2.py and what SillyTavern expects share one port here, so that paths and "
        "methods one of them lacks are there.",
        _one_port,
    ),
    Rule(
        "one-control",
        "`GET /control` without a command is api_v2.py's 400, since both share it.",
        _control,
    ),
    Rule(
        "probe",
        "`GET /` without parameters answers 200: VoiceStudio asks it whether the server is there.",
        _probe,
    ),
    Rule("own-description", "`/openapi.json` describes Myna.", _openapi),
    Rule(
        "server-arguments",
        "api.py was started with another media type or streaming. Here `/` always answers with one "
        "16-bit WAV file; `/tts` has them all.",
        _arguments,
    ),
    Rule(
        "bounded",
        "Texts, bodies and recordings have bounds (`limits`, `http.body_bytes`): 413.",
        _bounded,
    ),
    Rule(
        "outside-directory",
        "Recordings are read only inside `http.reference_directory`.",
        _outside,
    ),
    Rule(
        "useless-recording",
        "Upstream speaks with any recording. We refuse one that is silent or beyond use, and say "
        "so.",
        _useless,
    ),
    Rule("windows-path", "Backslashes separate folders here too.", _windows_path),
    Rule("any-case", "Paths are found in any case: AstrBot sends them in lower case.", _case),
)


def rule_for(comparison: Comparison) -> Rule | None:
    """Return the rule that explains all that differs, if one does."""
    if any(difference.what.startswith("input ") for difference in comparison.differences):
        return None  # what is to be spoken must be what upstream would speak
    return next((rule for rule in RULES if rule.applies(comparison)), None)
