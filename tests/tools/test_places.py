"""Where things are kept."""

from pathlib import Path

from tools.places import cache_directory, clean_environment


def test_the_cache_follows_the_xdg_variable() -> None:
    assert cache_directory({"XDG_CACHE_HOME": "/big/disk", "HOME": "/home/a"}) == Path("/big/disk/mlteam")


def test_an_empty_or_relative_xdg_variable_is_void() -> None:
    for void in ("", "relative/folder"):
        assert cache_directory({"XDG_CACHE_HOME": void, "HOME": "/home/a"}) == Path("/home/a/.cache/mlteam")


def test_tools_do_not_see_the_packages_of_another_environment() -> None:
    env = clean_environment(
        {"PYTHONPATH": "/x", "VIRTUAL_ENV": "/y", "PIP_TARGET": "/z", "PIP_USER": "1", "HOME": "/h"}
    )
    assert {"PYTHONPATH", "VIRTUAL_ENV", "PIP_TARGET"} & env.keys() == set()
    assert env["PIP_USER"] == "0"
    assert env["HOME"] == "/h"


def test_mirror_settings_of_the_user_stay() -> None:
    given = {"PIP_INDEX_URL": "https://mirror.example/simple", "GOPROXY": "https://go.example"}
    assert given.items() <= clean_environment(given).items()
