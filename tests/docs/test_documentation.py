"""Every Python block of the documentation runs, and so does every `sh` line that calls myna.

What it names is there: pages, settings, files.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from myna.settings import RemoteSettings, Settings

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "myna"
PAGES = [ROOT / "README.md", ROOT / "README.ko.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(?P<language>python|sh)\n(?P<code>.*?)^```", re.MULTILINE | re.DOTALL)
TOML = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
MODULE = re.compile(r"`([a-z_/]+\.py)`")
TESTED = re.compile(r"\btests/[\w/.]+\w")
PACKAGES = [path for path in SOURCE.rglob("__init__.py") if MODULE.search(path.read_text("utf-8"))]


def blocks(page: Path) -> list[tuple[str, str]]:
    return [(m["language"], m["code"]) for m in BLOCK.finditer(page.read_text("utf-8"))]


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p)], ids=lambda p: p.name)
def test_the_page_does_what_it_says(page: Path, home: Path):
    for language, code in blocks(page):
        if language == "python":
            run([sys.executable, "-W", "error", "-c", code])
            continue
        for line in code.splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] == "myna":
                run([sys.executable, "-m", "myna", *words[1:]])


def run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize(
    "page", [p for p in PAGES if "```toml" in p.read_text("utf-8")], ids=lambda p: p.name
)
def test_the_settings_shown_are_understood(page: Path):
    for block in TOML.findall(page.read_text("utf-8")):
        Path("myna.toml").write_text(block)
        Settings.load()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_leads_somewhere(page: Path):
    for target in LINK.findall(page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.parent.name)
def test_a_package_tells_of_modules_it_has(package: Path):
    for name in MODULE.findall(package.read_text("utf-8")):
        is_own = any(package.parent.rglob(name))
        assert is_own or (SOURCE / name).exists(), f"{package} tells of {name}"


@pytest.mark.parametrize("name", ["architecture.md", "neural-engines.md"])
def test_every_module_that_is_told_of_is_there(name: str):
    for module in MODULE.findall((ROOT / "docs" / name).read_text("utf-8")):
        assert any(SOURCE.rglob(module)) or (ROOT / module).exists(), f"{name} tells of {module}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_tests_and_their_data_are_where_the_page_says(page: Path):
    for place in TESTED.findall(page.read_text("utf-8")):
        assert (ROOT / place).exists(), f"{page.name} tells of {place}"


def test_every_setting_is_documented():
    text = (ROOT / "docs/reference/settings.md").read_text("utf-8")
    for name, field in Settings.model_fields.items():
        inner = getattr(field.annotation, "model_fields", None)
        for key in [f"{name}.{k}" for k in inner] if inner else [name]:
            assert f"`{key}`" in text, key
    for key in RemoteSettings.model_fields:
        assert f"`remotes.NAME.{key}`" in text, key
