"""The files of deploy/, checked without a Docker daemon."""

import configparser
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from myna.cli.app import app
from myna.settings import Settings
from tests.deploy.__main__ import free_port, prefix, serving, spoken_bytes
from tests.deploy.dockerfile import last_stage, read
from tests.deploy.image import Image, Machine

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILES = sorted(DEPLOY.glob("Dockerfile*"))
PINNED = re.compile(r"[\w./-]+:(?!latest)[\w.-]*\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?")
VARIABLE = re.compile(r"\$\{(\w+)(:-(?P<default>[^}]*(\])?)|:\?)?\}")

dockerfiles = pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)


@pytest.fixture
def compose() -> dict:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


def example() -> dict[str, str]:
    lines = (DEPLOY / ".env.example").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_there_is_an_image_for_processors_and_one_for_gpus():
    assert [path.name for path in DOCKERFILES] == ["Dockerfile", "Dockerfile.cuda"]


@dockerfiles
def test_every_base_image_has_an_exact_version(path: Path):
    stages = [i.value for i in read(path) if i.name == "FROM"]
    assert stages
    for stage in stages:
        assert PINNED.fullmatch(stage.split(" AS ")[0]), stage


@dockerfiles
def test_the_image_runs_as_nobody_special(path: Path):
    (user,) = (i.value for i in last_stage(read(path)) if i.name == "USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)


@dockerfiles
def test_the_image_tells_whether_it_is_well(path: Path):
    (check,) = (i.value for i in last_stage(read(path)) if i.name == "HEALTHCHECK")
    command = json.loads(check.split("CMD ", 1)[1])
    assert "/healthz" in command[-1]
    compile(command[-1], path.name, "exec")
    (port,) = (i.value for i in last_stage(read(path)) if i.name == "EXPOSE")
    assert f":{port}/" in command[-1]


@dockerfiles
def test_the_image_keeps_no_build_tools_secrets_or_caches(path: Path):
    instructions = read(path)
    assert not [i for i in instructions if i.name == "ADD"]
    for run in (i.value for i in instructions if i.name == "RUN"):
        assert "sudo" not in run
        assert run.count("pip install") == run.count("--no-cache-dir")
        assert not re.search(r"(curl|wget) .*\|", run)
    for environment in (i.value for i in instructions if i.name in ("ENV", "ARG")):
        assert not re.search(r"(PASSWORD|SECRET|TOKEN|_KEY)\b", environment)
    assert not [i for i in last_stage(instructions) if i.name == "RUN" and "pip" in i.value]


@dockerfiles
def test_everything_copied_is_there_and_not_ignored(path: Path):
    allowed = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    for copied in (i.value for i in read(path) if i.name == "COPY" and "--from" not in i.value):
        for source in copied.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert f"!{source}" in allowed, source


@dockerfiles
def test_the_extras_are_ours(path: Path):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (extras,) = (i.value for i in read(path) if i.name == "ARG" and i.value.startswith("EXTRAS="))
    assert set(extras.split("=")[1].split(",")) <= set(project["optional-dependencies"])


@dockerfiles
def test_the_command_is_one_of_myna(path: Path):
    stage = last_stage(read(path))
    (entry,) = (json.loads(i.value) for i in stage if i.name == "ENTRYPOINT")
    (command,) = (json.loads(i.value) for i in stage if i.name == "CMD")
    assert entry == ["myna"]
    assert command[0] in {registered.name for registered in app.registered_commands}


def test_both_images_run_the_same_but_for_a_compiler_for_triton():
    one, other = (
        [i for i in last_stage(read(path)) if i.name not in ("ENV", "HEALTHCHECK")]
        for path in DOCKERFILES
    )
    assert one == [i for i in other if "install --yes --no-install-recommends gcc" not in i.value]
    assert len(other) == len(one) + 1


def test_what_the_image_starts_becomes_well_and_speaks():
    """The last stage is carried out with the packages of this environment. See `tests.deploy`."""
    with prefix() as root:
        (root / "opt").mkdir()
        (root / "opt" / "myna").symlink_to(sys.prefix)
        port = free_port()
        variables = {"PYTHONPATH": str(ROOT / "src"), "MYNA_HTTP__PORT": str(port)}
        image = Image(Machine(root, ROOT, port, variables, keeps_user=True))
        image.carry_out(last_stage(read(DEPLOY / "Dockerfile")))
        with image.start("keys", "add", "laptop", "--scope", "speak") as making:
            key, told = making.communicate()
        assert making.returncode == 0, told
        with serving(image):
            assert image.is_well(60)
            assert spoken_bytes(port, key.strip()) > 10_000
        assert (root / "data" / "myna.db").is_file()


def test_the_packages_in_the_images_have_exact_versions():
    lines = (DEPLOY / "constraints.txt").read_text("utf-8").splitlines()[1:]
    names = [re.fullmatch(r"([\w.-]+)==[\w.]+", line)[1] for line in lines]
    assert len(names) == len(set(names))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    needed = [*project["dependencies"], *extras["server"], *extras["postgres"], *extras["s3"]]
    pinned = {name.lower().replace("_", "-") for name in names}
    assert {re.match(r"[\w-]+", line)[0].lower() for line in needed} <= pinned


def test_services_have_exact_versions_and_tell_whether_they_are_well(compose: dict):
    for name, service in compose["services"].items():
        assert PINNED.fullmatch(service["image"]), name
        assert "healthcheck" in service or name == "myna", name  # the image has one
        assert "privileged" not in service and service.get("network_mode") != "host", name
        assert "no-new-privileges:true" in service["security_opt"], name


def test_the_server_may_write_nowhere_but_in_its_volume(compose: dict):
    myna = compose["services"]["myna"]
    assert myna["read_only"] is True
    assert myna["cap_drop"] == ["ALL"]
    assert myna["volumes"] == ["cache:/data"]
    (user,) = (i.value for i in last_stage(read(DEPLOY / "Dockerfile")) if i.name == "USER")
    assert myna["user"] == user
    (environment,) = (i.value for i in last_stage(read(DEPLOY / "Dockerfile")) if i.name == "ENV")
    assert dict(pair.split("=", 1) for pair in shlex.split(environment))["MYNA_HOME"] == "/data"


def test_only_the_server_is_reached_from_outside_and_only_from_this_machine(compose: dict):
    published = {name: s["ports"] for name, s in compose["services"].items() if "ports" in s}
    assert list(published) == ["myna"]
    assert example()["MYNA_LISTEN"].startswith("127.0.0.1:")


def test_volumes_and_services_that_are_named_are_there(compose: dict):
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in compose["volumes"]
        assert set(service.get("depends_on", {})) <= set(compose["services"])
    context = compose["services"]["myna"]["build"]
    assert (DEPLOY / context["context"] / context["dockerfile"]).is_file()


def test_every_variable_is_in_the_example_and_no_secret_is(compose: dict):
    used = {match[1] for match in VARIABLE.finditer((DEPLOY / "compose.yaml").read_text("utf-8"))}
    assert used == set(example())
    for name, value in example().items():
        assert not value or not re.search(r"PASSWORD|SECRET|KEY", name)


def test_the_servers_environment_is_understood(compose: dict, monkeypatch: pytest.MonkeyPatch):
    filled = {name: value or "secret" for name, value in example().items()}
    for name, value in compose["services"]["myna"]["environment"].items():
        given = VARIABLE.sub(lambda match: filled[match[1]], value)
        monkeypatch.setenv(name, given)
    settings = Settings.load()  # a warning, for an unknown variable, is an error here
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://myna:secret@postgres/myna"
    assert settings.s3.endpoint == "http://store:7070"
    assert settings.engines == ("embedded",)


def test_compose_itself_understands_the_file(tmp_path: Path):
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "compose", "version"], capture_output=True).returncode:
        pytest.skip("there is no docker compose here")
    filled = tmp_path / "env"
    filled.write_text("".join(f"{name}={value or 'secret'}\n" for name, value in example().items()))
    file = str(DEPLOY / "compose.yaml")
    command = [docker, "compose", "--env-file", str(filled), "--file", file, "config", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_unit_runs_myna_as_somebody_with_little_to_lose():
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment]  # keys have capitals
    unit.read_string((DEPLOY / "myna.service").read_text("utf-8"))
    service = unit["Service"]
    assert service["User"] not in ("root", "0")
    assert service["ExecStart"].split()[1] in {command.name for command in app.registered_commands}
    assert Path(service["ExecStart"].split()[0]).is_absolute()
    assert {service[key] for key in ("NoNewPrivileges", "PrivateTmp", "ProtectHome")} == {"yes"}
    assert service["ProtectSystem"] == "strict"
    assert f"MYNA_HOME=/var/lib/{service['StateDirectory']}" in service["Environment"]
