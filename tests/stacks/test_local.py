"""What can be said of the laptop's platform without starting one."""

from pathlib import Path

import pytest

from stacks.local import LocalPlatform, past_the_proxy
from workflow.errors import UsageError


def test_a_folder_with_a_space_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "a clone"
    with pytest.raises(UsageError, match="without spaces"):
        LocalPlatform(directory=folder).start()
    assert not folder.exists()


@pytest.mark.parametrize("given", [{}, {"NO_PROXY": "example.com"}, {"no_proxy": "example.com,localhost"}])
def test_a_proxy_is_never_asked_for_loopback(given: dict[str, str]) -> None:
    made = past_the_proxy(given)
    assert made["NO_PROXY"] == made["no_proxy"]
    named = made["NO_PROXY"].split(",")
    assert {"127.0.0.1", "localhost", *filter(None, "".join(given.values()).split(","))} <= set(named)
    assert len(named) == len(set(named))
