"""What `make down` says where no platform runs; how it ends one is the end of the story in tests/engine."""

from pathlib import Path

import pytest

from examples.digits import down
from stacks.local import LocalPlatform


@pytest.mark.parametrize("mark", ["aws/endpoints.json", "state/dev.json", "demo/record.json"])
def test_a_second_down_says_that_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], mark: str
) -> None:
    def remove(platform: LocalPlatform, _: str) -> None:
        (platform.aws_directory / "endpoints.json").unlink(missing_ok=True)

    monkeypatch.setattr(LocalPlatform, "_emulator", remove)
    (tmp_path / mark).parent.mkdir()
    (tmp_path / mark).write_text("")
    platform = LocalPlatform(checkout=tmp_path, directory=tmp_path)
    down.run(platform)
    down.run(platform)
    assert capsys.readouterr().err.splitlines() == [
        "down: no local platform is running; removing what it left",
        "down: no local platform is running; nothing is left of one",
    ]
