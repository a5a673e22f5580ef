"""Where OpenTelemetry's data goes, as its standard variables say."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from wherever.edge.observe.trace import Sampler
from wherever.errors import InputError
from wherever.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_SAMPLERS = {
    "always_on": (1.0, False),
    "always_off": (0.0, False),
    "traceidratio": (None, False),
    "parentbased_always_on": (1.0, True),
    "parentbased_always_off": (0.0, True),
    "parentbased_traceidratio": (None, True),
}
_SHORTEST_S = 0.05
_PREFIX = "OTEL_EXPORTER_OTLP_"


@dataclass(frozen=True, slots=True)
class Target:
    """Where one signal goes.

    Attributes:
        url: the whole address.
        headers: sent along; they may hold secrets.
        timeout_s: for one attempt.
        compressed: whether it is sent with gzip.
        certificate: a file of certificates to trust, or empty for those that the system trusts.
    """

    url: str
    headers: tuple[tuple[str, str], ...] = ()
    timeout_s: float = 10.0
    compressed: bool = False
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is sent, and where; a signal without a target is not sent.

    Attributes:
        resource: who sends: `service.name` and the like.
        ratio, by_parent: as `Sampler` has them.
        interval_s: between two reports of metrics.
        delay_s, queue, batch: for spans: the longest wait, how many may wait, how many go at once.
    """

    traces: Target | None
    metrics: Target | None
    resource: tuple[tuple[str, str], ...]
    ratio: float = 1.0
    by_parent: bool = True
    interval_s: float = 60.0
    delay_s: float = 5.0
    queue: int = 2048
    batch: int = 512

    def sampler(self) -> Sampler:
        """What decides which traces are sent."""
        return Sampler(self.ratio, self.by_parent)


def settings(environ: Mapping[str, str] = os.environ) -> Settings | None:
    """What the environment asks for, or None where it asks for nothing.

    Raises:
        InputError: a variable has a value that cannot be used.
    """
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    traces, metrics = _target(environ, "TRACES"), _target(environ, "METRICS")
    if traces is None and metrics is None:
        return None
    ratio, by_parent = _sampling(environ)
    return Settings(
        traces,
        metrics,
        _resource(environ),
        ratio,
        by_parent,
        max(_number(environ, "OTEL_METRIC_EXPORT_INTERVAL", 60_000) / 1000, _SHORTEST_S),
        max(_number(environ, "OTEL_BSP_SCHEDULE_DELAY", 5000) / 1000, _SHORTEST_S),
        int(_number(environ, "OTEL_BSP_MAX_QUEUE_SIZE", 2048)),
        max(1, int(_number(environ, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512))),
    )


def _target(environ: Mapping[str, str], signal: str) -> Target | None:
    def value(name: str) -> tuple[str, str]:
        """The variable of the signal, or else that of all, and its name."""
        for each in (f"{_PREFIX}{signal}_{name}", f"{_PREFIX}{name}"):
            if environ.get(each, "").strip():
                return environ[each].strip(), each
        return "", f"{_PREFIX}{name}"

    url, name = value("ENDPOINT")
    exporter = environ.get(f"OTEL_{signal}_EXPORTER", "").strip() or "otlp"
    if exporter not in ("otlp", "none"):
        raise InputError(
            f"OTEL_{signal}_EXPORTER={exporter} is not known here", "it may be otlp or none"
        )
    if not url or exporter == "none":
        return None
    if not _is_address(url):
        raise InputError(f"{name} is no address of HTTP", "write it like http://localhost:4318")
    if not name.endswith(f"{signal}_ENDPOINT"):
        url = f"{url.rstrip('/')}/v1/{signal.lower()}"
    protocol, name = value("PROTOCOL")
    if protocol not in ("", "http/json", "http/protobuf"):
        raise InputError(
            f"{name}={protocol} is not spoken here",
            "leave it out: JSON over HTTP goes to the same collectors, at their port 4318",
        )
    compression, name = value("COMPRESSION")
    if compression not in ("", "none", "gzip"):
        raise InputError(f"{name}={compression} is not known here", "it may be gzip or none")
    headers, name = value("HEADERS")
    timeout, limit = value("TIMEOUT")
    return Target(
        url,
        tuple(_pairs(headers, name, ascii_only=True)),
        _number({limit: timeout}, limit, 10_000) / 1000,
        compression == "gzip",
        value("CERTIFICATE")[0],
    )


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return good and re.fullmatch(r"[!-~]+", url) is not None


def _sampling(environ: Mapping[str, str]) -> tuple[float, bool]:
    name = environ.get("OTEL_TRACES_SAMPLER", "").strip() or "parentbased_always_on"
    if name not in _SAMPLERS:
        raise InputError(
            f"OTEL_TRACES_SAMPLER={name} is not known here", f"one of {', '.join(_SAMPLERS)}"
        )
    ratio, by_parent = _SAMPLERS[name]
    if ratio is None:
        ratio = _number(environ, "OTEL_TRACES_SAMPLER_ARG", 1.0, most=1.0)
    return ratio, by_parent


def _resource(environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    name = "OTEL_RESOURCE_ATTRIBUTES"
    found = {
        "service.name": "wherever",
        "service.version": __version__,
        **dict(_pairs(environ.get(name, ""), name)),
    }
    if environ.get("OTEL_SERVICE_NAME", "").strip():
        found["service.name"] = environ["OTEL_SERVICE_NAME"].strip()
    return tuple(found.items())


def _pairs(text: str, variable: str, ascii_only: bool = False) -> list[tuple[str, str]]:
    pairs = []
    for each in text.split(","):
        if not each.strip():
            continue
        name, equals, value = each.partition("=")
        name, value = name.strip(), unquote(value.strip())
        # The value may be a secret: it is not repeated.
        if not equals or not re.fullmatch(r"[\w.!#$%&'*+^`|~/-]+", name, re.ASCII):
            raise InputError(f"{variable} has a part that is no NAME=VALUE", "part them by commas")
        if not value.isprintable() or (ascii_only and not value.isascii()):
            raise InputError(f"{variable} has a value for {name} that is no text")
        pairs.append((name, value))
    return pairs


def _number(environ: Mapping[str, str], name: str, otherwise: float, most: float = 1e9) -> float:
    text = environ.get(name, "").strip()
    if not text:
        return otherwise
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= most:
        raise InputError(f"{name}={text} is no number from 0 to {most:g}")
    return number
