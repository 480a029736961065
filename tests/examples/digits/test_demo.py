"""What a newcomer reads while the demo is busy; the story itself is told in tests/engine."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from examples.digits import demo


def test_the_upload_says_what_it_does_while_it_takes_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a slow machine it takes half a minute."""
    busy: list[str] = []

    def do(*_: Any) -> int:
        busy.append(capsys.readouterr().err)
        return 7

    monkeypatch.setattr("examples.digits.dataset.make_dataset", do)
    monkeypatch.setattr("examples.digits.dataset.upload", do)
    monkeypatch.setattr(demo, "client", lambda *_: None)
    platform: Any = SimpleNamespace(directory=tmp_path, output=lambda _: "s3://bucket/landing/")
    assert demo.upload(demo.Demo(platform)) == 7
    assert busy == ["writing the images\n", "uploading them one by one\n"]
