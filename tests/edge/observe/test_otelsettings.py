"""OpenTelemetry's variables, as the specification has them."""

import pytest

from wherever.edge.observe.otelsettings import Settings, Target, settings
from wherever.errors import InputError
from wherever.version import __version__

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}
RESOURCE = (("service.name", "wherever"), ("service.version", __version__))
TRACES = Target("http://collector:4318/v1/traces")
METRICS = Target("http://collector:4318/v1/metrics")


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_SERVICE_NAME": "shop"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": " "},
        {**ENDPOINT, "OTEL_SDK_DISABLED": "True"},
        {**ENDPOINT, "OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"},
    ],
)
def test_nothing_is_sent_unless_it_was_asked_for(environ):
    assert settings(environ) is None


def test_an_endpoint_is_enough():
    assert settings(ENDPOINT) == Settings(TRACES, METRICS, RESOURCE)


@pytest.mark.parametrize(
    ("more", "changed"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/"}, {}),
        (
            {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://t:1/own"},
            {"traces": Target("https://t:1/own")},
        ),
        ({"OTEL_METRICS_EXPORTER": "none"}, {"metrics": None}),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, {}),
        (
            {
                "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20x, a=b=c,",
                "OTEL_EXPORTER_OTLP_TIMEOUT": "2500",
                "OTEL_EXPORTER_OTLP_METRICS_COMPRESSION": "gzip",
                "OTEL_EXPORTER_OTLP_CERTIFICATE": "/ca.pem",
            },
            {
                "traces": Target(
                    TRACES.url, (("authorization", "Bearer x"), ("a", "b=c")), 2.5, False, "/ca.pem"
                ),
                "metrics": Target(
                    METRICS.url, (("authorization", "Bearer x"), ("a", "b=c")), 2.5, True, "/ca.pem"
                ),
            },
        ),
        (
            {
                "OTEL_SERVICE_NAME": "shop",
                "OTEL_RESOURCE_ATTRIBUTES": "service.name=other,deployment=a%2Cb",
            },
            {"resource": (("service.name", "shop"), RESOURCE[1], ("deployment", "a,b"))},
        ),
        (
            {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25"},
            {"ratio": 0.25, "by_parent": False},
        ),
        ({"OTEL_TRACES_SAMPLER": "parentbased_always_off"}, {"ratio": 0.0}),
        (
            {
                "OTEL_METRIC_EXPORT_INTERVAL": "1000",
                "OTEL_BSP_SCHEDULE_DELAY": "0",
                "OTEL_BSP_MAX_QUEUE_SIZE": "7",
                "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "3",
            },
            {"interval_s": 1.0, "delay_s": 0.05, "queue": 7, "batch": 3},
        ),
    ],
)
def test_variables(more, changed):
    given = {"traces": TRACES, "metrics": METRICS, "resource": RESOURCE, **changed}
    assert settings({**ENDPOINT, **more}) == Settings(**given)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "collector:4317",
            "OTEL_EXPORTER_OTLP_ENDPOINT is no address of HTTP;"
            " write it like http://localhost:4318",
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            "grpc",
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=grpc is not spoken here;"
            " leave it out: JSON over HTTP goes to the same collectors, at their port 4318",
        ),
        (
            "OTEL_TRACES_EXPORTER",
            "zipkin",
            "OTEL_TRACES_EXPORTER=zipkin is not known here; it may be otlp or none",
        ),
        (
            "OTEL_EXPORTER_OTLP_COMPRESSION",
            "zstd",
            "OTEL_EXPORTER_OTLP_COMPRESSION=zstd is not known here; it may be gzip or none",
        ),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "secret",
            "OTEL_EXPORTER_OTLP_HEADERS has a part that is no NAME=VALUE; part them by commas",
        ),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "a=secret%0d%0ab: c",
            "OTEL_EXPORTER_OTLP_HEADERS has a value for a that is no text",
        ),
        (
            "OTEL_TRACES_SAMPLER",
            "jaeger_remote",
            "OTEL_TRACES_SAMPLER=jaeger_remote is not known here; one of always_on, always_off,"
            " traceidratio, parentbased_always_on, parentbased_always_off,"
            " parentbased_traceidratio",
        ),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "a=secret\u2603",
            "OTEL_EXPORTER_OTLP_HEADERS has a value for a that is no text",
        ),
        (
            "OTEL_BSP_SCHEDULE_DELAY",
            "soon",
            "OTEL_BSP_SCHEDULE_DELAY=soon is no number from 0 to 1e+09",
        ),
        (
            "OTEL_EXPORTER_OTLP_TIMEOUT",
            "nan",
            "OTEL_EXPORTER_OTLP_TIMEOUT=nan is no number from 0 to 1e+09",
        ),
    ],
)
def test_what_cannot_be_used_is_said_without_its_secrets(name, value, words):
    with pytest.raises(InputError) as caught:
        settings({**ENDPOINT, name: value})
    assert str(caught.value) == words
    assert "secret" not in words


@pytest.mark.parametrize(
    "url", ["ftp://a", "http://", "http://a:b", "http://[::1", "http://a b/", "http://a/\u2603"]
)
def test_addresses_that_are_none(url):
    with pytest.raises(InputError, match="OTEL_EXPORTER_OTLP_ENDPOINT is no address of HTTP"):
        settings({"OTEL_EXPORTER_OTLP_ENDPOINT": url})


def test_a_share_is_at_most_one():
    asked = {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "2"}
    with pytest.raises(InputError, match="OTEL_TRACES_SAMPLER_ARG=2 is no number from 0 to 1"):
        settings({**ENDPOINT, **asked})
