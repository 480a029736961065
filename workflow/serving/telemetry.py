"""What Prometheus sees of the model server: requests, errors and latency of each arm, and whether it is current."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_LATENCY_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Seconds: a small model answers in 1 ms, a request of 6 MB may take seconds."""


class Telemetry:
    """A registry of its own, so that two servers in one process (as in tests) do not share counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "mlteam_requests", "requests answered, by arm and HTTP status", ["arm", "status"], registry=self.registry
        )
        self.errors = Counter("mlteam_errors", "requests that the model failed", ["arm"], registry=self.registry)
        self.latency = Histogram(
            "mlteam_latency_seconds", "time to answer", ["arm"], buckets=_LATENCY_BUCKETS, registry=self.registry
        )
        self.generation = Gauge("mlteam_generation", "generation of the deployment served", registry=self.registry)
        self.healthy = Gauge("mlteam_healthy", "1 when the wanted deployment is served", registry=self.registry)

    def answered(self, arm: str, status: int, seconds: float) -> None:
        self.requests.labels(arm, str(status)).inc()
        self.latency.labels(arm).observe(seconds)
        if status >= 500:
            self.errors.labels(arm).inc()

    def text(self) -> bytes:
        return generate_latest(self.registry)
