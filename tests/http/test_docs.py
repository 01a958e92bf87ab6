import re
from collections.abc import Callable

from tests.http.conftest import Running
from tests.unit.engines.doubles import ToneEngine

Serve = Callable[..., Running]


def test_every_route_is_described_to_people(serve: Serve):
    server = serve(ToneEngine())
    page = server.client.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for path, methods in server.client.get("/openapi.json").json()["paths"].items():
        for method in methods:
            assert f"<b>{method.upper()}</b> <code>{path}</code>" in page.text
    assert "<code>sentence_pause</code></td><td>number</td><td>default: 0.25</td>" in page.text
    assert "<td>file</td>" in page.text


def test_the_description_takes_nothing_from_elsewhere(serve: Serve):
    client = serve(ToneEngine()).client
    page = client.get("/docs")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    links = re.findall(r'(?:href|src)="([^"]+)"', page.text)
    assert {client.get(f"/{link}").status_code for link in links} == {200}
    assert client.head("/docs").status_code == 200
    assert client.get("/redoc").status_code == 404
