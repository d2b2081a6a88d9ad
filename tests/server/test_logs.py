"""The log: one form for all, with the request it is about, and no line that comes from outside."""

import json
import logging
from typing import Any

import pytest
from structlog.contextvars import bound_contextvars

from server.logs import json_lines, log_configuration, text_lines
from server.observation_settings import LogFormat, LogLevel

FORGED = "nobody\n2026-11-21T08:00:00Z [info     ] Signed in as admin\r\x1b[2K\u2028\u202e"


def record(message: str, *arguments: object, **details: object) -> logging.LogRecord:
    """A line as a module would write it."""
    made = logging.LogRecord("merkato.test", logging.WARNING, __file__, 1, message, arguments, None)
    made.__dict__ |= details
    return made


def failed(message: str) -> logging.LogRecord:
    """A line with the trace of an exception."""
    error = ValueError(message)
    trace = (ValueError, error, None)
    return logging.LogRecord("merkato.test", logging.ERROR, __file__, 1, "It failed.", (), trace)


def test_json_has_the_message_its_details_and_where_it_comes_from() -> None:
    with bound_contextvars(job="send_mail"):
        line = json_lines().format(record("Hello %s", FORGED, operation="ProductList", milliseconds=1.5))
    written: dict[str, Any] = json.loads(line)
    assert len(line.splitlines()) == 1
    assert written.pop("timestamp").endswith("Z")
    assert written == {
        "event": f"Hello {FORGED}",
        "operation": "ProductList",
        "milliseconds": 1.5,
        "logger": "merkato.test",
        "level": "warning",
        "job": "send_mail",
    }


def test_json_keeps_a_trace_in_one_line() -> None:
    line = json_lines().format(failed(FORGED))
    assert len(line.splitlines()) == 1
    assert FORGED in json.loads(line)["exception"]


def test_json_takes_text_that_no_encoding_can_write() -> None:
    assert json.loads(json_lines().format(record("%s", "\ud800")))["event"] == "\ud800"


def test_text_shows_what_would_begin_a_line_or_move_the_cursor() -> None:
    line = text_lines().format(record("Hello %s", FORGED, operation=FORGED))
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
    assert r"nobody\n2026" in line
    assert r"\u202e" in line


def test_lines_of_a_trace_cannot_be_taken_for_lines_of_the_log() -> None:
    first, *trace = text_lines().format(failed(FORGED)).splitlines()
    assert first.endswith("It failed. [merkato.test]")
    assert all(line.startswith("    ") for line in trace)
    assert sum("Signed in as admin" in line for line in trace) == 1


@pytest.mark.parametrize("log_format", LogFormat)
def test_servers_and_our_own_lines_share_one_handler(log_format: LogFormat) -> None:
    configured = log_configuration(LogLevel.INFO, log_format, of_uvicorn=LogLevel.WARNING)
    assert list(configured["handlers"]) == configured["root"]["handlers"] == ["stderr"]
    assert {name: one["level"] for name, one in configured["loggers"].items()} == {
        "merkato": "INFO",
        "uvicorn": "WARNING",
        "python_multipart": "ERROR",
    }
