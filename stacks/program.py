"""The whole program: read the selected stack's settings, compose it, say what it is and what it costs a month."""

from stacks.composition import compose
from stacks.load import load
from stacks.pricing import Collector


def declare() -> None:
    """Needs a running engine, or a recording of one."""
    target, settings = load()
    collector = Collector()
    collector.start()
    compose(target, settings)
    collector.report(target, settings)
