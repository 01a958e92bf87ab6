"""The page `/docs`: the interface as the server describes it, with nothing from elsewhere."""

import json
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from myna.http.page.page import HEADERS, POLICY

router = APIRouter(include_in_schema=False)

Described = Mapping[str, Any]  # Any: a part of an OpenAPI description

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: the interface</title>
<link rel="icon" href="page/icon.svg">
<link rel="stylesheet" href="page/styles/docs.css">
<main>
<h1>{title}</h1>
<p>What this server takes and answers. For programs: <a href="openapi.json">openapi.json</a>.</p>
{sections}
</main>
</html>
"""


@router.api_route("/docs", methods=["GET", "HEAD"])
async def docs(request: Request) -> Response:
    """Show the interface to people."""
    headers = {**HEADERS, "Content-Security-Policy": POLICY.format(sockets="")}
    page = rendered(request.app.openapi())
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


def rendered(description: Described) -> str:
    """Return an OpenAPI description as a page."""
    sections: dict[str, list[str]] = {}
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            tag = next(iter(operation.get("tags", ())), "Other")
            sections.setdefault(tag, []).append(_operation(method, path, operation, description))
    shown = (f"<h2>{escape(tag)}</h2>\n{''.join(routes)}" for tag, routes in sections.items())
    return _PAGE.format(title=escape(description["info"]["title"]), sections="\n".join(shown))


def _operation(method: str, path: str, operation: Described, whole: Described) -> str:
    parts = [f"<p>{escape(operation.get('description', ''))}</p>"]
    if parameters := operation.get("parameters"):
        rows = [(p["name"], p.get("schema", {}), p.get("required", False)) for p in parameters]
        parts.append(f"<h3>Parameters</h3>{_table(rows, whole)}")
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        schema = _resolved(content.get("schema", {}), whole)
        parts.append(f"<h3>Body: <code>{escape(kind)}</code></h3>{_body(schema, whole)}")
    parts.append(f"<h3>Answers</h3><dl>{''.join(_answers(operation.get('responses', {})))}</dl>")
    head = f"<b>{escape(method.upper())}</b> <code>{escape(path)}</code>"
    summary = f"<summary>{head} {escape(operation.get('summary', ''))}</summary>"
    return f"<details>{summary}{''.join(parts)}</details>\n"


def _body(schema: Described, whole: Described) -> str:
    required = schema.get("required", ())
    rows = [(name, field, name in required) for name, field in schema.get("properties", {}).items()]
    examples = [json.dumps(one, ensure_ascii=False) for one in schema.get("examples", ())]
    shown = "".join(f"<pre>{escape(one)}</pre>" for one in examples)
    return _table(rows, {**whole, **schema}) + shown


def _table(rows: Iterable[tuple[str, Described, bool]], whole: Described) -> str:
    lines = []
    for name, schema, is_required in rows:
        usual = "required" if is_required else _usual(schema)
        told = escape(schema.get("description", ""))
        cells = f"<code>{escape(name)}</code>", escape(_kind(schema, whole)), escape(usual), told
        lines.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    return f"<table>{''.join(lines)}</table>"


def _usual(schema: Described) -> str:
    if schema.get("default") is None:
        return ""
    return f"default: {json.dumps(schema['default'], ensure_ascii=False)}"


def _kind(schema: Described, whole: Described) -> str:
    """Say in words what a value is."""
    schema = _resolved(schema, whole)
    if "anyOf" in schema:
        kinds = [_kind(one, whole) for one in schema["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}), whole) or 'values'}"
    if schema.get("format") == "binary" or "contentMediaType" in schema:
        return "file"
    return str(schema.get("type", schema.get("const", "")))


def _resolved(schema: Described, whole: Described) -> Described:
    found = schema
    while "$ref" in found:
        at: Any = whole
        for part in found["$ref"].removeprefix("#/").split("/"):
            at = at.get(part, {})
        found = at
    return found


def _answers(responses: Described) -> Iterator[str]:
    for status, answer in responses.items():
        kinds = ", ".join(answer.get("content", {}))
        told = escape(answer.get("description", ""))
        yield f"<dt>{escape(status)}</dt><dd>{told} <code>{escape(kinds)}</code></dd>"
