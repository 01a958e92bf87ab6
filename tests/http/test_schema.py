"""Our description of the interfaces, held against the server by schemathesis."""

from collections.abc import Callable

import hypothesis
import pytest
import schemathesis
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from myna.http.app import create_app
from myna.settings import HttpSettings, LimitSettings, Settings
from myna.studio.studio import Studio
from myna.studio.wiring import open_library
from tests.http.doubles import TimedEngine

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
OPERATIONS = 46  # all dialects included
EXAMPLES = 12  # for each operation and mode


@pytest.fixture
def described(settings: Settings) -> schemathesis.BaseSchema:
    limits = LimitSettings(text_characters=200)
    studio = Studio(TimedEngine(), open_library(settings), limits=limits)
    http = HttpSettings(allow_anonymous=True, rate="1000000/minute")
    return schemathesis.openapi.from_asgi("/openapi.json", create_app(studio, http))


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_the_server_does_what_its_description_says(
    described: schemathesis.BaseSchema, mode: GenerationMode
):
    operations = [result.ok() for result in described.get_all_operations()]
    assert len(operations) == OPERATIONS
    for operation in operations:
        try:
            check(operation, mode, lambda case: case)
        except hypothesis.errors.Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE  # it takes no input: nothing to get wrong


def test_whatever_is_asked_of_a_voice_there_is_is_answered_as_described(
    described: schemathesis.BaseSchema,
):
    def of_the_sample(case: schemathesis.Case) -> schemathesis.Case:
        if isinstance(case.body, dict) and "voice" in case.body:
            text = case.body["text"]
            case.body |= {"voice": "sample", "text": f"가{text}", "timestamps": len(text) % 2 == 0}
        if "name" in case.path_parameters:
            case.path_parameters["name"] = "sample"
        return case

    for path, method in (("/v1/speech", "POST"), ("/v1/voices/{name}/reference", "GET")):
        check(described[path][method], GenerationMode.POSITIVE, of_the_sample)


def check(
    operation: schemathesis.schemas.APIOperation,
    mode: GenerationMode,
    prepared: Callable[[schemathesis.Case], schemathesis.Case],
) -> None:
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    def holds(case: schemathesis.Case) -> None:
        prepared(case).call_and_validate(checks=CHECKS)

    holds()
