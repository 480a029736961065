"""An instance gets its packages where the user of this machine does."""

from pathlib import Path

import pytest

from emulator.executors import registries
from emulator.executors.registries import uv_settings

PIP_CONFIG = """\
:env:.timeout='180'
global.index-url='https://mirror.example/simple'
user.extra-index-url='https://more.example/simple'
global.cert='/etc/ca.crt'
"""


def test_uv_is_told_of_the_mirrors_that_pip_knows() -> None:
    assert uv_settings(PIP_CONFIG, {}) == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "https://more.example/simple",
        "SSL_CERT_FILE": "/etc/ca.crt",
    }


def test_settings_for_uv_itself_stand() -> None:
    own = {"UV_DEFAULT_INDEX": "https://own.example", "SSL_CERT_FILE": "/own.crt"}
    assert uv_settings(PIP_CONFIG, own) == {"UV_INDEX": "https://more.example/simple"}
    assert uv_settings(PIP_CONFIG, {"UV_INDEX_URL": "https://own.example"}) == {}


def test_no_settings_of_pip_are_no_settings_of_uv() -> None:
    assert uv_settings("", {}) == {}


@pytest.mark.slow
def test_an_instance_installs_from_where_the_users_pip_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nindex-url = https://mirror.example/simple\ncert = /etc/ca.crt\n")
    for name in ("PIP_CERT", "PIP_INDEX_URL", "SSL_CERT_FILE", "UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    registries._pip_config.cache_clear()
    found = registries.settings(tmp_path)
    registries._pip_config.cache_clear()
    assert (found["UV_DEFAULT_INDEX"], found["SSL_CERT_FILE"]) == ("https://mirror.example/simple", "/etc/ca.crt")
    assert found["PIP_CONFIG_FILE"] == str(config)
