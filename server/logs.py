"""How the log is written: everybody's lines in one form, as JSON for programs or as text for the eye.

Our modules and the libraries log through `logging`; structlog puts their records into form. No text that comes from
outside can begin a line of its own: JSON escapes what would, and so do we in text, where the lines of a trace are
indented.
"""

import logging
import logging.config
import re
import traceback
from io import StringIO
from typing import Any, TextIO

from structlog.contextvars import merge_contextvars
from structlog.dev import ConsoleRenderer
from structlog.processors import JSONRenderer, TimeStamper, format_exc_info
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

from server.observation_settings import LogFormat, LogLevel
from server.request_ids import current_request_id

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What ends a line, moves the cursor, turns the direction of writing, or cannot be written."""


def configure_logs(level: LogLevel, log_format: LogFormat) -> None:
    """Write this process's log to its standard error."""
    logging.config.dictConfig(log_configuration(level, log_format))


def log_configuration(
    level: LogLevel, log_format: LogFormat, *, of_uvicorn: LogLevel | None = None
) -> dict[str, Any]:  # what logging.config asks for
    """The same as logging.config takes it, which uvicorn hands on to the processes that it starts."""
    form = "server.logs.json_lines" if log_format is LogFormat.JSON else "server.logs.text_lines"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"ours": {"()": form}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "ours", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "merkato": {"level": level.upper()},
            "uvicorn": {"level": (of_uvicorn or level).upper()},
            "python_multipart": {"level": "ERROR"},  # it warns of each form that a client gets wrong
        },
    }


def json_lines() -> ProcessorFormatter:
    """A formatter that makes one JSON object of each record."""
    return _formatter(format_exc_info, JSONRenderer())


def text_lines() -> ProcessorFormatter:
    """A formatter that makes lines to read."""
    renderer = ConsoleRenderer(colors=False, exception_formatter=_write_indented, pad_event_to=0)
    return _formatter(_escape_controls, renderer)


def _formatter(*last: Processor) -> ProcessorFormatter:
    first: list[Processor] = [
        ExtraAdder(),
        add_logger_name,
        add_log_level,
        TimeStamper(fmt="iso", utc=True),
        merge_contextvars,
        _add_request_id,
    ]
    return ProcessorFormatter(foreign_pre_chain=first, processors=[ProcessorFormatter.remove_processors_meta, *last])


def _add_request_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    request_id = current_request_id()
    if request_id is not None:
        event.setdefault("request_id", request_id)
    event.pop("color_message", None)  # uvicorn's own, for its own formatter
    return event


def _escape_controls(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {name: _escaped(value) if isinstance(value, str) else value for name, value in event.items()}


def _escaped(text: str) -> str:
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def _write_indented(target: TextIO, trace: ExcInfo) -> None:
    """Write the trace of an exception, of which no line can be taken for the beginning of another record."""
    text = StringIO()
    traceback.print_exception(*trace, file=text)
    target.writelines(f"\n    {_escaped(line)}" for line in text.getvalue().rstrip("\n").split("\n"))
