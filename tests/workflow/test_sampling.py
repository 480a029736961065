"""The sampler's promises, over whatever images, labels and groups there may be."""

import hashlib
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.variants import Tier
from workflow.errors import UsageError
from workflow.sample_index import SampleIndex
from workflow.sampling import ABTEST, EVALUATION, MANIFESTS, Bands, home_of, position_of

BANDS = Bands(dev_fraction=0.1, staging_fraction=0.4, reserved_fraction=0.2)
Labeled = tuple[str, str, str]  # key, label, group

few = settings(max_examples=40)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
rows = st.lists(
    st.tuples(texts, st.sampled_from(["cat", "dog"]), st.sampled_from(["", *map(str, range(40))])),
    unique_by=lambda row: row[0],
    min_size=1,
    max_size=60,
)


def sampled(rows: Iterable[Labeled], *, stratified: bool = False, bands: Bands = BANDS) -> dict[str, list[Labeled]]:
    index = SampleIndex(":memory:")
    for key, label, group in rows:
        index.add_label(key, label, group)
        index.add_objects([(key, len(key.encode()), hashlib.md5(key.encode()).hexdigest())])
    index.settle(bands, stratified=stratified)
    return {str(name): [(row.key, row.label, row.group) for row in index.rows(name)] for name in MANIFESTS}


@few
@given(rows, st.booleans())
def test_dev_is_in_staging_and_staging_in_prod(rows: Sequence[Labeled], stratified: bool) -> None:
    sets = {name: set(found) for name, found in sampled(rows, stratified=stratified).items()}
    assert sets[Tier.DEV] <= sets[Tier.STAGING] <= sets[Tier.PROD]


@few
@given(rows, st.booleans())
def test_every_image_is_either_trained_on_or_reserved(rows: Sequence[Labeled], stratified: bool) -> None:
    found = sampled(rows, stratified=stratified)
    keys = [key for name in (Tier.PROD, EVALUATION, ABTEST) for key, _, _ in found[name]]
    assert sorted(keys) == sorted(key for key, _, _ in rows)


@few
@given(rows, st.booleans())
def test_a_group_is_never_torn_apart(rows: Sequence[Labeled], stratified: bool) -> None:
    for name, images in sampled(rows, stratified=stratified).items():
        inside = {group for _, _, group in images}
        keys = {key for key, _, _ in images}
        assert {key for key, _, group in rows if (group or key) in inside} == keys, name


@few
@given(rows, st.booleans(), st.randoms())
def test_the_order_of_the_listing_does_not_matter(rows: list[Labeled], stratified: bool, random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert sampled(rows, stratified=stratified) == sampled(shuffled, stratified=stratified)


@few
@given(rows)
def test_what_else_is_there_moves_nobody(rows: list[Labeled]) -> None:
    alone, together = sampled(rows[:1]), sampled(rows)
    first = (rows[0][0], rows[0][1], rows[0][2] or rows[0][0])
    for name in MANIFESTS:
        assert (first in alone[name]) == (first in together[name])


@few
@given(rows)
def test_stratified_shares_are_exact_per_label_where_groups_are_single_images(rows: Sequence[Labeled]) -> None:
    found = sampled([(key, label, "") for key, label, _ in rows], stratified=True)
    for label in ("cat", "dog"):
        counts = {name: sum(each == label for _, each, _ in found[name]) for name in MANIFESTS}
        assert counts[Tier.DEV] == int(0.1 * counts[Tier.PROD] + 1e-9)
        assert counts[Tier.STAGING] == int(0.4 * counts[Tier.PROD] + 1e-9)


def test_the_positions_of_ten_thousand_groups_fill_the_bands_as_asked() -> None:
    homes = [home_of(position_of("salt", f"group {number}"), BANDS) for number in range(10_000)]
    shares = {name: homes.count(name) / len(homes) for name in set(homes)}
    for name, share in {Tier.DEV: 0.08, Tier.STAGING: 0.24, Tier.PROD: 0.48, EVALUATION: 0.1, ABTEST: 0.1}.items():
        assert shares[name] == pytest.approx(share, abs=0.015), name


def test_positions_are_the_same_on_every_machine() -> None:
    assert position_of("mlteam", "original-0001") == pytest.approx(0.8039431215530525)
    assert position_of("other", "original-0001") != position_of("mlteam", "original-0001")


@pytest.mark.parametrize(
    ("dev", "staging", "reserved"), [(0.5, 0.4, 0.2), (0, 0.1, 0.2), (0.1, 1.1, 0.2), (0.1, 0.2, 1)]
)
def test_bands_that_cannot_be_are_refused(dev: float, staging: float, reserved: float) -> None:
    with pytest.raises(UsageError, match=r"allowed.*\n  cure: "):
        Bands(dev_fraction=dev, staging_fraction=staging, reserved_fraction=reserved)


def test_the_same_bytes_under_two_names_are_one_image() -> None:
    index = SampleIndex(":memory:")
    for key in ("a", "b", "c"):
        index.add_label(key, "cat", "")
        index.add_objects([(key, 7, "same" if key != "c" else "other")])
    trouble = index.settle(BANDS, stratified=False)
    assert trouble["duplicate"].keys == ("b",)
    assert index.count("images") == 2


def test_the_same_bytes_with_two_labels_are_left_out_altogether() -> None:
    index = SampleIndex(":memory:")
    for key, label in (("a", "cat"), ("b", "dog")):
        index.add_label(key, label, "")
        index.add_objects([(key, 7, "same")])
    assert index.settle(BANDS, stratified=False)["ambiguous"].keys == ("a", "b")
    assert index.count("images") == 0


def test_a_key_with_two_labels_is_noticed() -> None:
    index = SampleIndex(":memory:")
    assert index.add_label("a", "cat", "")
    assert index.add_label("a", "cat", "")
    assert not index.add_label("a", "dog", "")


@few
@given(rows)
def test_a_manifests_rows_are_ordered_by_the_bytes_of_their_keys(rows: Sequence[Labeled]) -> None:
    for name, found in sampled(rows).items():
        keys = [key.encode() for key, _, _ in found]
        assert keys == sorted(keys), name
