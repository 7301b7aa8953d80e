"""What Prometheus scrapes. Names follow OpenTelemetry's, in Prometheus' spelling."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from service import __version__

MEDIA_TYPE = prometheus_client.CONTENT_TYPE_PLAIN_0_0_4

PoolStates = Callable[[], Mapping[Any, Mapping[str, int]]]

# Seconds. .05 and .3 are the objectives of look-ups and searches.
_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1, 3, 10)
# What is answered. The rest is counted together, so that a client cannot make series.
_METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS"))

# Their creation times would double the number of series, and Prometheus does not need them.
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """The metrics of one application, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "http_server_request_duration_seconds",
            "Time to answer a request.",
            ("method", "route", "status"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.active_requests = Gauge("http_server_active_requests", "Requests being answered.", registry=self.registry)
        self.statements = Histogram(
            "db_client_operation_duration_seconds",
            "Time of a database statement, waiting for a connection included.",
            ("pool", "outcome"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.graphql_operations = Counter(
            "colophon_graphql_operations", "GraphQL operations run.", ("outcome",), registry=self.registry
        )
        self.graphql_rejected = Counter(
            "colophon_graphql_rejected", "GraphQL requests refused before they ran.", ("code",), registry=self.registry
        )
        self.log_dropped = Counter(
            "colophon_log_dropped", "Log lines dropped because the reader was too slow.", registry=self.registry
        )
        build = Gauge("colophon_build_info", "1, labelled with the version.", ("version",), registry=self.registry)
        build.labels(__version__).set(1)

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """route: its template, or "unmatched"."""
        self.requests.labels(method if method in _METHODS else "_OTHER", route, str(status)).observe(seconds)

    def observe_statement(self, pool: str, seconds: float, outcome: str) -> None:
        """outcome: "ok" or the code of the error. An observer of Database."""
        self.statements.labels(pool, outcome).observe(seconds)

    def watch_pools(self, read_states: PoolStates) -> Callable[[], None]:
        """Report pools at each scrape: {pool: {"idle": n, "used": n, "max": n}}. Returns what ends it."""
        collector = _Pools(read_states)
        self.registry.register(collector)
        return lambda: self.registry.unregister(collector)

    def render(self, gauges: Iterable[tuple[str, str, float]] = ()) -> bytes:
        """The text format; `gauges` (name, help, value) are of this moment only."""
        moment = CollectorRegistry()
        for name, text, value in gauges:
            Gauge(name, text, registry=moment).set(value)
        return generate_latest(self.registry) + generate_latest(moment)


class _Pools(Collector):
    def __init__(self, read_states: PoolStates) -> None:
        self._read_states = read_states

    def collect(self) -> Iterable[GaugeMetricFamily]:
        count = GaugeMetricFamily(
            "db_client_connection_count", "Connections to the database.", labels=("pool", "state")
        )
        limit = GaugeMetricFamily("db_client_connection_max", "Connections there may be.", labels=("pool",))
        for pool, state in self._read_states().items():
            count.add_metric((str(pool), "idle"), state["idle"])
            count.add_metric((str(pool), "used"), state["used"])
            limit.add_metric((str(pool),), state["max"])
        return (count, limit)
