from pathlib import Path

import pytest

from myna.core.errors import SettingsError
from myna.settings import Settings


def test_environment_beats_file_beats_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert Settings.load().cache.max_bytes == 2_000_000_000
    Path("myna.toml").write_text("[cache]\nmax_bytes = 5\nenabled = false\n")
    assert Settings.load().cache.max_bytes == 5
    monkeypatch.setenv("MYNA_CACHE__MAX_BYTES", "7")
    assert (Settings.load().cache.max_bytes, Settings.load().cache.enabled) == (7, False)


def test_a_file_in_the_home_is_found(home: Path):
    home.mkdir()
    (home / "myna.toml").write_text("[limits]\ntext_characters = 9\n")
    assert Settings.load().limits.text_characters == 9


@pytest.mark.parametrize(
    ("toml", "named"),
    [
        ("[cache]\nmax_byte = 5\n", "cache.max_byte"),
        ("engine = 1\n", "engine"),
        ("[cache]\nmax_bytes = 'many'\n", "many"),
        ("engines = []\n", "engines"),
        ("[gpt_sovits]\ndevice = 'gpu'\n", "gpt_sovits.device"),
        ("[cosyvoice]\ndevice = 'cuda:one'\n", "cosyvoice.device"),
        ("[cache\n", "not valid TOML"),
    ],
)
def test_a_wrong_file_is_refused_by_name(toml: str, named: str):
    Path("myna.toml").write_text(toml)
    with pytest.raises(SettingsError, match=named):
        Settings.load()


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ('[s3]\nbucket = "b"\nsecret_access_key = "hush"\n', "'s3' .* give both `access_key_id`"),
        ('[s3]\nsecret_access_key = ["hush"]\n', "'s3.secret_access_key'"),
        ('[remotes.a]\nurl = "http://a"\nkey = "hush"\n', "'remotes.a.kind'"),
        ('[remotes.embedded]\nkind = "myna"\nkey = "hush"\n', "named 'embedded'"),
        ('[remotes.a]\nkind = "myna"\nurl = "ftp://me:hush@a"\n', "'remotes.a.url'"),
        ('database_url = { url = "postgresql://me:hush@a" }\n', "'database_url'"),
        ('[[cache]]\nkey = "hush"\n', "'cache'"),
        ("[http]\njwt_secret = 4711\n", "'http.jwt_secret'"),
    ],
)
def test_a_wrong_setting_is_told_without_the_secrets_beside_it(toml: str, told: str):
    Path("myna.toml").write_text(toml)
    with pytest.raises(SettingsError, match=told) as raised:
        Settings.load()
    assert "hush" not in str(raised.value)
    assert "4711" not in str(raised.value)


def test_a_misspelt_variable_is_warned_about(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MYNA_CAHCE__MAX_BYTES", "1")
    with pytest.warns(UserWarning, match="MYNA_CAHCE__MAX_BYTES"):
        Settings.load()


@pytest.mark.parametrize(
    ("variable", "value"),
    [("MYNA_ENGINES", "embedded"), ("MYNA_HTTP", "{port: 80}")],
)
def test_a_list_in_the_environment_that_is_no_json_is_told(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=r"(engines|http).*JSON.*MYNA_ENGINES="):
        Settings.load()


def test_a_file_that_is_no_text_is_told():
    Path("myna.toml").write_bytes("engines = ['내장']".encode("cp949"))
    with pytest.raises(SettingsError, match=r"myna\.toml cannot be read: .*utf-8"):
        Settings.load()


def test_a_tilde_stands_for_the_users_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MYNA_HOME", "~/kept")
    Path("myna.toml").write_text(
        '[http]\nreference_directory = "~/voices"\n[cosyvoice]\nfolder = "~/models"\n'
    )
    settings = Settings.load()
    assert settings.home == tmp_path / "kept"
    assert settings.http.reference_directory == tmp_path / "voices"
    assert settings.cosyvoice.folder == tmp_path / "models"
    assert Settings(home=Path("~/other")).home == tmp_path / "other"


def test_pages_are_named_as_browsers_name_them(monkeypatch: pytest.MonkeyPatch):
    origins = '["https://Page.example/", "capacitor://localhost", "*"]'
    monkeypatch.setenv("MYNA_HTTP__CORS_ORIGINS", origins)
    named = ("https://page.example", "capacitor://localhost", "*")
    assert Settings.load().http.cors_origins == named
    monkeypatch.setenv("MYNA_HTTP__CORS_ORIGINS", '["page.example"]')
    with pytest.raises(SettingsError, match=r"'page\.example' is no origin.*https://example\.org"):
        Settings.load()


def test_a_tilde_of_nobody_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MYNA_HOME", "~nobody-is-called-so/kept")
    with pytest.raises(SettingsError, match="home"):
        Settings.load()


def test_everything_kept_is_under_one_home(home: Path):
    assert Settings.load().home == home
