"""Usage: rows for bills, as a table and as JSON."""

import json
import re

from wherever.edge.observe.reader import Reader
from wherever.edge.observe.record import Record
from wherever.edge.observe.usage import Usage, as_json, cells, usage


def test_what_apps_used(tmp_path):
    path = str(tmp_path / "record")
    record = Record(path)
    for name, count in (("shop", 1500), ("blog", 2)):
        for number in range(count):
            record.slot(name).request(500 if number == 0 else 200, 100, 2048, 0.01)
            record.slot(name).guest("ok", 0.01, 0.001, 1 << 20, number == 0)
    record.slot("idle")
    record.slot("-").request(404, 0, 9, 0.001)
    reader = Reader(path)
    rows = usage(reader)
    assert rows == [
        Usage("shop", 1500, 1, 1500, 1, 1.5, 0.015729, 150_000, 3_072_000),
        Usage("blog", 2, 1, 2, 1, 0.002, 0.000021, 200, 4096),
        Usage("-", 1, 0, 0, 0, 0.0, 0.0, 0, 9),
    ]
    assert cells(rows)[:2] == [
        ("APP", "REQUESTS", "ERRORS", "COLD", "CPU", "MEMORY", "IN", "OUT"),
        ("shop", "1,500", "1", "1", "1.500 s", "0.016 GB-s", "146.5 KiB", "2.9 MiB"),
    ]
    told = json.loads(json.dumps(as_json(reader, rows)))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["since"])
    assert told["apps"][1] == {
        "app": "blog",
        "requests": 2,
        "errors": 1,
        "invocations": 2,
        "cold_starts": 1,
        "cpu_s": 0.002,
        "memory_gb_s": 0.000021,
        "bytes_in": 200,
        "bytes_out": 4096,
    }
    assert [row.app for row in usage(reader, "idle")] == ["idle"]
    reader.close()
    record.close()
