"""What Prometheus is told. Each app has its own registry."""

import time
from collections.abc import Callable, Generator, Iterable
from contextlib import closing

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from myna.core.speech import Chunk
from myna.http.stage import Make, Stage

_LATENCIES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)  # seconds
_FACTORS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class _Redrawn(Collector):
    """A count that engines keep, read when Prometheus asks."""

    def __init__(self, count: Callable[[], int]) -> None:
        self._count = count

    def collect(self) -> Iterable[Metric]:
        yield CounterMetricFamily(
            "myna_redrawn_sentences",
            "Sentences drawn again before they were heard, because they could not be right.",
            value=self._count(),
        )


class Metrics:
    """Counters, gauges and histograms of one server."""

    def __init__(self, stage: Stage, redrawn: Callable[[], int]) -> None:
        """`redrawn` tells how many sentences the engines have drawn again."""
        self._registry = registry = CollectorRegistry()
        self._first_chunk = Histogram(
            "myna_first_chunk_latency_seconds",
            "From the beginning of a speech, waiting included, to its first sound.",
            ["engine"],
            registry=registry,
            buckets=_LATENCIES,
        )
        self._factor = Histogram(
            "myna_real_time_factor",
            "Seconds of work for a second of speech, of speeches not replayed from the cache.",
            ["engine"],
            registry=registry,
            buckets=_FACTORS,
        )
        self._sentences = Counter(
            "myna_sentences", "Sentences begun.", ["engine"], registry=registry
        )
        self._hits = Counter(
            "myna_cache_hits", "Sentences replayed from the cache.", ["engine"], registry=registry
        )
        self._fallbacks = Counter(
            "myna_fallbacks",
            "Sentences said by another engine than the one that was to.",
            ["engine"],
            registry=registry,
        )
        self._errors = Counter(
            "myna_errors", "Requests that failed, by code.", ["code"], registry=registry
        )
        registry.register(_Redrawn(redrawn))
        active = Gauge("myna_active_streams", "Speeches in progress.", registry=registry)
        active.set_function(lambda: stage.places.active)
        waiting = Gauge("myna_waiting_streams", "Speeches in the queue.", registry=registry)
        waiting.set_function(lambda: stage.places.waiting)

    def watched(self, make: Make) -> Make:
        """Return the same speech, measured from now on."""
        asked_at = time.monotonic()
        return lambda: self._watch(make, asked_at)

    def count_error(self, code: str) -> None:
        """Count a request that failed."""
        self._errors.labels(code).inc()

    def exposed(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def _watch(self, make: Make, asked_at: float) -> Generator[Chunk]:
        sentence, fell_back, worked, heard = -1, False, 0.0, 0.0
        first: Chunk | None = None
        is_fresh = True
        with closing(make()) as chunks:
            while True:
                began = time.monotonic()
                chunk = next(chunks, None)
                worked += time.monotonic() - began
                if chunk is None:
                    break
                heard += chunk.audio.duration
                if first is None and len(chunk.audio.samples):
                    first = chunk
                    self._first_chunk.labels(chunk.engine).observe(time.monotonic() - asked_at)
                if chunk.sentence != sentence:
                    sentence, fell_back = chunk.sentence, False
                    self._count(chunk)
                if chunk.fell_back and not fell_back:  # maybe in mid-sentence
                    fell_back = True
                    self._fallbacks.labels(chunk.engine).inc()
                is_fresh = is_fresh and not chunk.cached
                yield chunk
        if first is not None and heard and is_fresh:
            self._factor.labels(first.engine).observe(worked / heard)

    def _count(self, chunk: Chunk) -> None:
        self._sentences.labels(chunk.engine).inc()
        if chunk.cached:
            self._hits.labels(chunk.engine).inc()
