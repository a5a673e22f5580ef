"""The server's own address: who may look, and what they get."""

import http.client
import json
import os
import re
import socket
from contextlib import contextmanager

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.edge.observe.conftest import KEY, controlled
from tests.edge.observe.small import ask, until
from wherever.edge.observe import page
from wherever.edge.observe.control import address, kept_key, new_key
from wherever.edge.observe.record import Record
from wherever.errors import InputError

KNOWN = {"Authorization": f"Bearer {KEY}"}


@contextmanager
def listening(port, query="", headers=KNOWN):
    """The events of a page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", f"/events?{query}", headers=headers)
    response = connection.getresponse()
    assert (response.status, response.getheader("content-type")) == (200, "text/event-stream")

    def events():
        while True:
            name = response.readline().decode().strip()
            data = response.readline().decode()
            assert response.readline() == b"\n"
            yield name.removeprefix("event: "), json.loads(data.removeprefix("data: "))

    try:
        yield events()
    finally:
        connection.close()


def first(events, name, condition=lambda data: True):
    return next(data for event, data in events if event == name and condition(data))


# ----- who may look


@pytest.mark.parametrize("path", ["/", "/style.css", "/page.js", "/icon.svg"])
def test_the_page_itself_is_no_secret_and_runs_nothing_of_others(site, path):
    status, headers, body = ask(site.control, path)
    assert status == 200 and body
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert KEY not in body
    assert "access-control-allow-origin" not in headers
    assert not re.search(r"""(src|href|url|import)\W{1,3}(https?:)?//""", body)


@pytest.mark.parametrize("path", ["/events", "/metrics", "/usage", "/usage?key=" + KEY])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": KEY},
        {"Authorization": "Bearer "},
        {"Cookie": f"key={KEY}"},
    ],
)
def test_nothing_is_told_without_the_key(site, path, headers):
    status, given, body = ask(site.control, path, headers=headers)
    assert (status, given["www-authenticate"]) == (401, "Bearer")
    assert body == "send the key of this server as Authorization: Bearer KEY\n"


def test_two_keys_are_none(site):
    with socket.create_connection(("127.0.0.1", site.control), timeout=10) as client:
        line = f"Authorization: Bearer {KEY}\r\n"
        client.sendall(f"GET /usage HTTP/1.1\r\nHost: localhost\r\n{line}{line}\r\n".encode())
        assert client.recv(1000).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
@pytest.mark.parametrize("path", ["/", "/usage"])
def test_a_name_that_is_not_this_machines_gets_nothing(site, host, path):
    status, _, body = ask(site.control, path, headers={**KNOWN, "Host": host})
    assert (status, body) == (421, "this address does not answer under that name\n")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:99", "[::1]:99", "127.0.0.1"])
def test_names_of_this_machine(site, host):
    assert ask(site.control, "/usage", headers={**KNOWN, "Host": host})[0] == 200


def test_more_names_may_be_given(tmp_path):
    Record(str(tmp_path / "record")).close()
    with controlled(tmp_path, names=("status.example",)) as port:
        assert ask(port, "/", headers={"Host": "status.example"})[0] == 200


@pytest.mark.parametrize("path", ["/nothing", "/..", "/assets/index.html", "//", "/%2e"])
def test_there_is_nothing_else(site, path):
    assert ask(site.control, path, headers=KNOWN)[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_is_changed_here(site, method):
    status, headers, _ = ask(site.control, "/usage", method, KNOWN)
    assert (status, headers["allow"]) == (405, "GET, HEAD")


def test_keys_are_long_and_different():
    assert len({new_key() for _ in range(100)}) == 100
    assert all(len(new_key()) == 32 for _ in range(10))
    assert address("127.0.0.1", 9000, "k") == "http://127.0.0.1:9000/#key=k"


def test_a_key_is_kept_for_its_owner_alone(tmp_path):
    path = str(tmp_path / "key")
    key = kept_key(path)
    assert (kept_key(path), len(key)) == (key, 32)
    assert os.stat(path).st_mode & 0o777 == 0o600
    os.chmod(path, 0o640)
    with pytest.raises(InputError, match=r"others can read the key in .*/key; remove it"):
        kept_key(path)


@pytest.mark.parametrize("content", [b"short", b"\xff" * 40, b"a key with spaces in its middle"])
def test_what_is_no_key_is_not_taken_for_one(tmp_path, content):
    (tmp_path / "key").write_bytes(content)
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(InputError, match=r"holds no key|it is no text"):
        kept_key(str(tmp_path / "key"))


def test_a_key_that_was_never_written_is_made(tmp_path):
    (tmp_path / "key").touch(0o600)
    key = kept_key(str(tmp_path / "key"))
    assert (kept_key(str(tmp_path / "key")), len(key)) == (key, 32)


def test_a_key_that_is_a_link_is_not_followed(tmp_path):
    (tmp_path / "target").write_text("x" * 32)
    (tmp_path / "key").symlink_to(tmp_path / "target")
    with pytest.raises(InputError, match="cannot keep the key"):
        kept_key(str(tmp_path / "key"))


# ----- what they get


def test_metrics_and_usage_of_real_requests(site):
    for path in ("/shop/a", "/shop/b", "/blog", "/none"):
        ask(site.port, path)
    status, headers, text = ask(site.control, "/metrics", headers=KNOWN)
    assert (status, headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    families = {family.name: family for family in text_string_to_metric_families(text)}
    counted = {
        (each.labels["app"], each.labels["status"]): each.value
        for each in families["http_server_requests"].samples
    }
    assert counted == {("shop", "2xx"): 2, ("blog", "5xx"): 1, ("-", "4xx"): 1}
    told = json.loads(ask(site.control, "/usage", headers=KNOWN)[2])
    assert {row["app"]: (row["requests"], row["errors"]) for row in told["apps"]} == {
        "shop": (2, 0),
        "blog": (1, 1),
        "-": (1, 0),
    }


def test_events_begin_with_what_is_and_go_on_with_what_comes(site, tmp_path):
    ask(site.port, "/shop/past")
    until(lambda: (tmp_path / "log").exists() and "past" in (tmp_path / "log").read_text())
    with listening(site.control) as events:
        server = first(events, "server")
        assert (server["name"], server["log"]) == ("test", True)
        apps = {each["name"]: each for each in first(events, "apps")["apps"]}
        assert apps.keys() == {"shop", "blog", "<b>evil</b>"}
        past = first(events, "lines")
        assert [record["target"] for record in past["lines"]] == ["/shop/past"] and past["past"]
        ask(site.port, "/blog/now")
        now = first(events, "lines")
        assert [record["target"] for record in now["lines"]] == ["/blog/now"]
        seen = first(events, "apps", lambda told: any(app["errors"] for app in told["apps"]))
        blog = next(app for app in seen["apps"] if app["name"] == "blog")
        assert (blog["requests"], blog["errors"], blog["outcomes"]) == (1, 1, {"trapped": 1})
        assert blog["p99"] > 0 and sum(blog["failed"]) == 1


def test_only_what_was_asked_for_is_sent(site):
    with listening(site.control, "status=5xx&app=blog") as events:
        assert first(events, "lines")["lines"] == []
        for path in ("/shop/1", "/blog/1", "/none", "/blog/2"):
            ask(site.port, path)
        seen = []
        while len(seen) < 2:
            seen += [record["target"] for record in first(events, "lines")["lines"]]
        assert seen == ["/blog/1", "/blog/2"]


def test_a_wrong_filter_is_said(site):
    for query, words in (
        ("status=9", "'9' is no status"),
        ("&".join("a=1" for _ in range(99)), ""),
    ):
        status, _, body = ask(site.control, f"/events?{query}", headers=KNOWN)
        assert status == 400 and words in body


def test_a_flood_is_cut_and_counted(site, monkeypatch):
    monkeypatch.setattr(page, "MOST_LINES", 10)
    with listening(site.control) as events:
        first(events, "lines")
        for number in range(500):
            site.meter.note(f"note {number}")
        sent = skipped = 0
        while sent + skipped < 500:
            told = first(events, "lines")
            sent += len(told["lines"])
            skipped += told["skipped"]
        assert sent + skipped == 500 and sent <= 50


def test_viewers_are_few(site, monkeypatch):
    monkeypatch.setattr(page, "MOST_VIEWERS", 1)
    with listening(site.control) as events:
        first(events, "server")
        assert ask(site.control, "/events", headers=KNOWN)[0] == 503
    until(lambda: _is_free(site.control))


def _is_free(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/events", headers=KNOWN)
        return connection.getresponse().status == 200
    finally:
        connection.close()


def test_a_server_without_a_log(tmp_path):
    record = Record(str(tmp_path / "record"))
    with controlled(tmp_path, log=False) as port, listening(port) as events:
        assert first(events, "server")["log"] is False
        assert first(events, "lines")["lines"] == []
        first(events, "apps", lambda told: told["workers"] == 1)
    record.close()


def test_a_head_is_answered_without_a_body(site):
    for path in ("/", "/usage", "/events"):
        status, _, body = ask(site.control, path, "HEAD", KNOWN)
        assert (status, body) == (200, "")


def test_no_descriptor_is_left(tmp_path, descriptors):
    Record(str(tmp_path / "record")).close()
    before = descriptors()
    with controlled(tmp_path) as port, listening(port) as events:
        first(events, "apps")
    assert descriptors() == before, os.listdir("/proc/self/fd")
