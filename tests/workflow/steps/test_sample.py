"""The step `sample` on S3: what it writes, what it refuses, what it says it cost."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from workflow.errors import UsageError
from workflow.manifest import Image
from workflow.sample_index import SampleIndex
from workflow.sampling import MANIFESTS, TIERS
from workflow.source import open_source
from workflow.steps.sample import SampleOptions, SampleResult, run

STRANGE = ("with space.png", 'comma, and "quote".png', "ünïcode/画像.png", "new\nline.png", "a+b&c=%20?#.png")


def dataset(count: int = 40) -> tuple[dict[str, bytes], list[tuple[str, str, str]]]:
    keys = [f"{number:04}.png" for number in range(count)] + list(STRANGE)
    images = {key: f"bytes of {key}".encode() for key in keys}
    return images, [(key, "cat" if at % 2 else "dog", "") for at, key in enumerate(keys)]


@pytest.fixture
def landed(world: Any) -> Any:
    world.land(*dataset())
    return world


def rows(world: Any, result: SampleResult, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in world.read(result.manifests[name].uri).split(b"\n") if line]


def test_manifests_hold_every_image_whatever_its_name(landed: Any) -> None:
    result = run(landed.context, SampleOptions())
    keys = [row["key"] for name in ("prod", "evaluation", "abtest") for row in rows(landed, result, name)]
    assert sorted(keys) == sorted(f"landing/{key}" for key in dataset()[0])
    assert all(landed.read(f"s3://mlteam-dev-prod/{key}") for key in keys)


def test_a_manifest_is_named_by_its_digest_in_the_bucket_of_its_tier(landed: Any) -> None:
    result = run(landed.context, SampleOptions())
    for name in MANIFESTS:
        manifest = result.manifests[name]
        bucket = f"mlteam-dev-{name if name in TIERS else 'prod'}"
        assert manifest.uri == f"s3://{bucket}/manifests/{name}/{manifest.digest}.jsonl"
        assert hashlib.sha256(landed.read(manifest.uri)).hexdigest() == manifest.digest
        assert manifest.count == len(rows(landed, result, name)) == sum(manifest.labels.values())


def test_a_second_run_writes_nothing_and_says_so(landed: Any) -> None:
    first = run(landed.context, SampleOptions())
    second = run(landed.context, SampleOptions())
    assert second.manifests == first.manifests
    assert first.spent.requests["PutObject"] == len(MANIFESTS)
    assert "PutObject" not in second.spent.requests


def test_the_record_gets_the_manifests(landed: Any) -> None:
    result = run(landed.context, SampleOptions())
    section = landed.record()["sample"]
    assert section["manifests"]["dev"]["digest"] == result.manifests["dev"].digest
    assert section["mode"] == "manifest"


def test_a_dry_run_bills_and_leaves_no_trace(landed: Any) -> None:
    result = run(landed.context, SampleOptions(dry_run=True))
    assert result.planned.usd > 0
    assert not landed.context.record_path.exists()
    assert "Contents" not in landed.client.list_objects_v2(Bucket="mlteam-dev-dev")
    assert "PutObject" not in result.spent.requests


def test_the_bill_before_is_never_below_the_bill_after(landed: Any) -> None:
    for mode in ("manifest", "copy", "pack"):
        result = run(landed.context, SampleOptions(mode=mode))
        assert result.spent.usd <= result.planned.usd, mode
        assert result.spent.stored_gib <= result.planned.stored_gib, mode
        assert f"USD {result.planned.usd:.6f}" in landed.said.getvalue()


def test_copies_are_made_by_s3_once_and_named_by_the_manifest(landed: Any) -> None:
    result = run(landed.context, SampleOptions(mode="copy", stratified=True))
    count = result.manifests["dev"].count + result.manifests["staging"].count
    assert result.spent.requests["CopyObject"] == count > 0
    for row in rows(landed, result, "staging"):
        assert row["bucket"] == "mlteam-dev-staging"
        name = row["key"].removeprefix("images/")
        assert landed.read(f"s3://{row['bucket']}/{row['key']}") == f"bytes of {name}".encode()
    again = run(landed.context, SampleOptions(mode="copy", stratified=True))
    assert "CopyObject" not in again.spent.requests


def test_packs_hold_each_image_of_every_tier_and_reserved_half(landed: Any) -> None:
    result = run(landed.context, SampleOptions(mode="pack"))
    for name in MANIFESTS:
        with open_source(landed.client, result.manifests[name].pack_uri) as source:
            for row in rows(landed, result, name):
                assert source(Image(**row)) == f"bytes of {row['key'].removeprefix('landing/')}".encode()
    again = run(landed.context, SampleOptions(mode="pack")).spent.requests
    assert again["GetObject"] == 1, "only the label file is read again"


def test_an_image_of_three_tiers_is_fetched_once_to_be_packed(landed: Any) -> None:
    result = run(landed.context, SampleOptions(mode="pack", stratified=True))
    assert result.manifests["staging"].count > 0
    assert result.spent.requests["GetObject"] == 1 + len(dataset()[0]), "the label file, and each image"


def test_an_empty_landing_prefix_names_the_upload_command(world: Any) -> None:
    with pytest.raises(UsageError, match="aws s3 cp --recursive FOLDER s3://mlteam-dev-prod/landing/"):
        run(world.context, SampleOptions())


def test_folder_markers_are_no_images(world: Any) -> None:
    world.land({"": b"", "sub/": b""}, [])
    with pytest.raises(UsageError, match="holds no images"):
        run(world.context, SampleOptions())


def test_a_missing_label_file_says_what_to_write(world: Any) -> None:
    world.land({"a.png": b"x"})
    with pytest.raises(UsageError, match="key,label,group"):
        run(world.context, SampleOptions())


def test_zero_bytes_are_left_out_and_named(landed: Any) -> None:
    _, labels = dataset()
    landed.land({"hollow.png": b""}, [*labels, ("hollow.png", "cat", "")])
    result = run(landed.context, SampleOptions())
    assert result.left_out == {"empty": 1}
    assert "'hollow.png'" in landed.said.getvalue()


def test_too_many_images_without_label_are_refused_and_a_few_are_named(landed: Any) -> None:
    _, labels = dataset()
    landed.land({}, labels[10:])
    with pytest.raises(UsageError, match=r"10 of 45 objects without a line.*'0000.png'"):
        run(landed.context, SampleOptions())
    result = run(landed.context, SampleOptions(max_unmatched_fraction=0.3))
    assert result.left_out == {"unlabeled": 10}


def test_too_many_labels_without_image_are_refused(landed: Any) -> None:
    _, labels = dataset()
    landed.land({}, [*labels, *((f"gone-{at}.png", "cat", "") for at in range(9))])
    with pytest.raises(UsageError, match=r"9 of 54 lines of labels.csv without an object.*'gone-0.png'"):
        run(landed.context, SampleOptions())


def test_a_key_that_is_labeled_twice_differently_is_refused_by_line(landed: Any) -> None:
    _, labels = dataset()
    landed.land({}, [*labels, ("0000.png", "bird", "")])
    with pytest.raises(UsageError, match=r"'0000\.png' is there before"):
        run(landed.context, SampleOptions())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("key,label\na,b\n", "header 'key,label'"),
        ("key,label,group\na,b,c,d\n", "line 2: 4 fields"),
        ("key,label,group\na,,c\n", "line 2: key 'a', label ''"),
        ('key,label,group\n"a,b,c\n', "line"),
        ("key,label,group\n\udcff,b,c\n", "not UTF-8"),
    ],
)
def test_a_label_file_that_cannot_be_read_is_refused_by_line(world: Any, text: str, message: str) -> None:
    world.land({"a": b"x"})
    body = text.encode("utf-8", "surrogateescape")
    world.client.put_object(Bucket="mlteam-dev-prod", Key="landing/labels.csv", Body=body)
    with pytest.raises(UsageError, match=message):
        run(world.context, SampleOptions())


def test_a_tier_that_is_too_small_to_learn_from_is_said_with_its_counts(landed: Any) -> None:
    run(landed.context, SampleOptions(stratified=True))
    assert "warning: tier dev is small: 'cat': 0" in landed.said.getvalue()
    assert "-P augment=" in landed.said.getvalue()


def test_memory_stays_flat_because_the_index_is_a_file(landed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []

    def open_index(path: Path) -> Any:
        opened.append(path)
        return SampleIndex(path)

    monkeypatch.setattr("workflow.steps.sample.SampleIndex", open_index)
    run(landed.context, SampleOptions())
    assert [path.name for path in opened] == ["index.sqlite"]
    assert not opened[0].exists(), "the scratch folder must go with the step"


@pytest.mark.parametrize("fraction", [float("nan"), float("inf"), -0.01, 1.01])
def test_a_fraction_that_would_check_nothing_is_refused(landed: Any, fraction: float) -> None:
    with pytest.raises(
        UsageError, match=f"--max-unmatched-fraction {fraction}; allowed: 0 to 1\n  cure: mlteam sample --max"
    ):
        run(landed.context, SampleOptions(max_unmatched_fraction=fraction))
