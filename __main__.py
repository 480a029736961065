"""The Pulumi program: read the stack's settings, compose the stack, say what it is and what it costs."""

from stacks.composition import compose
from stacks.load import load
from stacks.pricing import Collector

collector = Collector()
target, settings = load()
collector.start()
compose(target, settings)
collector.report(target, settings)
