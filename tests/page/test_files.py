"""What is sent to a browser, and how."""

import re

import pytest

from myna.http.page.page import files
from tests.http.conftest import Running

BROWSER = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


def test_a_browser_gets_the_page_and_a_program_gets_what_it_got_before(site: Running):
    page = site.client.get("/", headers=BROWSER)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>Myna</title>" in page.text
    assert site.client.head("/", headers=BROWSER).status_code == 200
    assert site.client.get("/").json()["code"] == 0  # GPT-SoVITS's api.py


def test_nothing_may_be_loaded_from_elsewhere_nor_written_inline(site: Running):
    for path in ("/", "/page/modules/main.js", "/page/styles/views.css"):
        headers = site.client.get(path, headers=BROWSER).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
        assert f"connect-src 'self' ws://127.0.0.1:{site.port} " in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"


def test_a_file_that_did_not_change_is_not_sent_again(site: Running):
    first = site.client.get("/page/styles/views.css")
    again = site.client.get(
        "/page/styles/views.css", headers={"if-none-match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["nothing.js", "page.py", "../page.py", "modules/", "%2e%2e/app.py"]
)
def test_nothing_but_the_pages_files_is_sent(site: Running, path: str):
    assert site.client.get(f"/page/{path}").status_code == 404


def test_every_file_the_page_asks_for_is_there():
    sent = files()
    for path, file in sent.items():
        text = file.content.decode("utf-8")
        here = path.split("/")[:-1]
        for name in re.findall(r'(?:from|import) "(\.{1,2}/[^"]+)"', text):
            parts = [*here, *name.split("/")]
            while ".." in parts:
                at = parts.index("..")
                del parts[at - 1 : at + 1]
            assert "/".join(part for part in parts if part != ".") in sent, (path, name)
        for name in re.findall(r'(?:href|src)="page/([^"]+)"', text):
            assert name in sent, (path, name)


def test_no_file_is_too_long_to_read():
    assert {path: n for path, f in files().items() if (n := f.content.count(b"\n")) >= 400} == {}
