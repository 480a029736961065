"""The trail: whole lines, in order, in a bounded space."""

from pathlib import Path

from emulator.access import trail
from emulator.access.trail import Trail


def test_a_line_can_be_read_while_more_are_written(tmp_path: Path) -> None:
    written = Trail(tmp_path)
    for number in range(3):
        written.append({"number": number, "key": 'a\n"ä'})
        assert list(trail.read(tmp_path))[-1] == {"number": number, "key": 'a\n"ä'}


def test_a_line_that_is_not_whole_yet_is_not_read(tmp_path: Path) -> None:
    Trail(tmp_path).append({"number": 0})
    (file,) = tmp_path.iterdir()
    with file.open("a") as beside:
        beside.write('{"number": 1, "ke')
    assert list(trail.read(tmp_path)) == [{"number": 0}]


def test_a_full_file_is_set_aside_and_the_oldest_goes(tmp_path: Path) -> None:
    written = Trail(tmp_path, max_bytes=100)
    for number in range(200):
        written.append({"number": number})
    numbers = [line["number"] for line in trail.read(tmp_path)]
    assert numbers == list(range(numbers[0], 200))
    assert len(numbers) > 5
    files = list(tmp_path.iterdir())
    assert len(files) == trail.KEPT + 1
    assert sum(file.stat().st_size for file in files) <= 100 * (trail.KEPT + 1)


def test_a_new_trail_begins_empty(tmp_path: Path) -> None:
    Trail(tmp_path).append({"of": "a former emulator"})
    Trail(tmp_path)
    assert list(trail.read(tmp_path)) == []
