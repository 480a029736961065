"""`mlteam sample`: landing/ in, one manifest per tier and two reserved ones out.

Idempotent: the same images and labels give the same digests, and what is there is not written again. Streams: LIST
pages and the label file go through a SQLite index on disk, never into memory. Bills itself before it writes and after.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import click

from components.platform import Platform
from components.storage.contract import LANDING_PREFIX, MANIFEST_PREFIX, PACK_PREFIX
from components.variants import Tier
from workflow import landing, s3
from workflow.context import Context
from workflow.errors import UsageError
from workflow.manifest import Image
from workflow.manifest_store import Draft, draft_of, store
from workflow.metering import Bill, Meter, billed
from workflow.packs import Fetch, Once, pack_images, packed_size
from workflow.placing import copied, copy_images
from workflow.record import write_section
from workflow.sample_index import SampleIndex, Trouble
from workflow.sampling import DEFAULT_RESERVED_FRACTION, DEFAULT_SALT, MANIFESTS, RESERVED, TIERS, Bands
from workflow.sections import ManifestRecord, SampleRecord

MODES: Final = ("manifest", "copy", "pack")
ENOUGH_PER_LABEL: Final = 50
"""Below it a small model learns noise; not an error, because the project may augment."""
LIST_PAGE_KEYS: Final = 1000


@dataclass(frozen=True, kw_only=True)
class SampleOptions:
    """`max_unmatched_fraction`: of objects without label, and of labels without object, how many are let pass."""

    mode: str = "manifest"
    stratified: bool = False
    reserved_fraction: float = DEFAULT_RESERVED_FRACTION
    salt: str = DEFAULT_SALT
    max_unmatched_fraction: float = 0.01
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True)
class SampleResult:
    """`left_out` counts objects by reason; `planned` and `spent` are the bills before and after."""

    manifests: Mapping[str, ManifestRecord]
    left_out: Mapping[str, int]
    planned: Bill
    spent: Bill
    dry_run: bool

    def text(self) -> str:
        lines = [f"{name:<11} {each.count:>9} images  {each.uri}" for name, each in self.manifests.items()]
        left = ", ".join(f"{count} {landing.WHY[kind]}" for kind, count in self.left_out.items())
        bill = f"would cost  {self.planned.text()}" if self.dry_run else f"cost        {self.spent.text()}"
        return "\n".join([*lines, f"left out    {left or 'nothing'}", bill])


@dataclass(frozen=True)
class _Sampler:
    """What every part of one sampling needs."""

    meter: Meter
    index: SampleIndex
    platform: Platform[str]
    options: SampleOptions
    scratch: Path
    fetch: Fetch

    def read(self) -> Mapping[str, Trouble]:
        data = self.platform.data
        bands = Bands(
            dev_fraction=data.dev_sample_fraction,
            staging_fraction=data.staging_sample_fraction,
            reserved_fraction=self.options.reserved_fraction,
            salt=self.options.salt,
        )
        place = s3.parse(data.landing_uri)
        landing.fill(self.meter.client, self.index, place, self.scratch)
        trouble = self.index.settle(bands, stratified=self.options.stratified)
        landing.check(self.index, trouble, place, self.options.max_unmatched_fraction)
        return trouble

    def drafts(self) -> dict[str, Draft]:
        return {name: self._draft(name) for name in map(str, MANIFESTS)}

    def place(self, draft: Draft) -> Draft:
        """Copy or pack if asked, then store the manifest: one that is there speaks of images that are there."""
        name = draft.name
        if self.is_copied(name):
            self.meter.keep(copy_images(self.meter.client, self._landed(name), self._bucket(name)))
        if self.is_packed:
            prefix = s3.Address(self._bucket(name), f"{PACK_PREFIX}{name}/{draft.record.digest}")
            packed = pack_images(self.meter.client, self.fetch, self._landed(name), prefix)
            draft = replace(draft, record=replace(draft.record, pack_uri=str(packed)))
        store(self.meter.client, draft)
        return draft

    def is_copied(self, name: str) -> bool:
        return self.options.mode == "copy" and name in (Tier.DEV, Tier.STAGING)  # prod is where they landed

    @property
    def is_packed(self) -> bool:
        return self.options.mode == "pack"

    def _draft(self, name: str) -> Draft:
        images = self._landed(name)
        if self.is_copied(name):
            images = (copied(image, self._bucket(name)) for image in images)
        prefix = s3.Address(self._bucket(name), f"{MANIFEST_PREFIX}{name}")
        return draft_of(self.scratch / f"{name}.jsonl", images, prefix)

    def _landed(self, name: str) -> Iterator[Image]:
        bucket = s3.parse(self.platform.data.landing_uri).bucket
        for row in self.index.rows(name):
            yield Image(LANDING_PREFIX + row.key, bucket, row.label, row.group, row.size, row.etag)

    def _bucket(self, name: str) -> str:
        """Reserved images stay with the prod tier: roles of a dev stack must never reach them."""
        tier = Tier.PROD if name in RESERVED else Tier(name)
        if tier not in self.platform.storage.tier_buckets:
            raise UsageError(
                f"stack {self.platform.stack!r} does not hold the {tier} tier",
                cure="run `mlteam sample` in the stack that owns the data (mlteam:dataHome)",
            )
        return self.platform.storage.tier_buckets[tier]


def run(context: Context, options: SampleOptions) -> SampleResult:
    """Write the manifests and the section `sample`; a dry run writes neither."""
    if not 0 <= options.max_unmatched_fraction <= 1:  # nan too: nothing would be more than it
        raise UsageError(
            f"--max-unmatched-fraction {options.max_unmatched_fraction}; allowed: 0 to 1",
            cure="mlteam sample --max-unmatched-fraction 0.01",
        )
    platform = context.platform
    with Meter(context.aws.client("s3")) as meter, tempfile.TemporaryDirectory(prefix="mlteam-sample-") as folder:
        scratch = Path(folder)
        index, fetch = SampleIndex(scratch / "index.sqlite"), Once(meter.client, scratch / "images")
        sampler = _Sampler(meter, index, platform, options, scratch, fetch)
        with context.progress.waiting(f"listing {platform.data.landing_uri}"):
            trouble = sampler.read()
            drafts = sampler.drafts()
        _warn(context, trouble, drafts)
        planned = _plan(sampler, drafts)
        context.progress.say(f"this will cost at most {planned.text()}")
        if not options.dry_run:
            with context.progress.waiting(f"writing the manifests (mode {options.mode})"):
                drafts = {name: sampler.place(draft) for name, draft in drafts.items()}
        sampler.index.close()
    manifests = {name: draft.record for name, draft in drafts.items()}
    if not options.dry_run:
        section = SampleRecord(salt=options.salt, mode=options.mode, manifests=manifests)
        write_section(context.record_path, "sample", section, stack=platform.stack)
    return SampleResult(
        manifests=manifests,
        left_out={kind: each.count for kind, each in trouble.items()},
        planned=planned,
        spent=meter.bill(),
        dry_run=options.dry_run,
    )


def _plan(sampler: _Sampler, drafts: Mapping[str, Draft]) -> Bill:
    """What was asked so far, plus what writing asks at most: nothing is known to be there yet."""
    requests = sampler.meter.requests + Counter(HeadObject=len(drafts), PutObject=len(drafts))
    stored = 0
    for name, draft in drafts.items():
        count, size, manifest = draft.record.count, draft.record.size_bytes, draft.path.stat().st_size
        stored += manifest
        if sampler.is_copied(name):
            requests += Counter(CopyObject=count, ListObjectsV2=count // LIST_PAGE_KEYS + 1)
            stored += size
        if sampler.is_packed:
            puts, packed = packed_size(count, size, names_bytes=manifest)
            requests += Counter(GetObject=count, ListObjectsV2=1, PutObject=puts)
            stored += packed
    return billed(requests, stored)


def _warn(context: Context, trouble: Mapping[str, Trouble], drafts: Mapping[str, Draft]) -> None:
    for kind, each in trouble.items():
        context.progress.warn(f"left out {each.count} {landing.WHY[kind]}, for example {each.shown()}")
    labels = drafts[Tier.PROD].record.labels
    for tier in TIERS:
        counts = {label: drafts[tier].record.labels.get(label, 0) for label in labels}
        if min(counts.values(), default=0) < ENOUGH_PER_LABEL:
            shown = ", ".join(f"{label!r}: {count}" for label, count in counts.items())
            context.progress.warn(
                f"tier {tier} is small: {shown or 'no images'} ({ENOUGH_PER_LABEL} per label wanted); raise its "
                "fraction, or let the project augment: mlteam train -P augment=20"
            )


@click.command(help=__doc__)
@click.option("--mode", type=click.Choice(MODES), default="manifest", help="Leave images, copy, or pack in tar shards.")
@click.option("--stratified", is_flag=True, help="Exact shares per label instead of in expectation.")
@click.option("--reserved", "reserved_fraction", type=float, default=DEFAULT_RESERVED_FRACTION, show_default=True)
@click.option("--salt", default=DEFAULT_SALT, show_default=True, help="Another salt draws other groups.")
@click.option("--max-unmatched-fraction", type=float, default=0.01, show_default=True)
@click.option("--dry-run", is_flag=True, help="Count and bill, write nothing.")
@click.pass_obj
def command(context: Context, /, **options: Any) -> SampleResult:
    return run(context, SampleOptions(**options))
