"""One line an event, without stack traces and without the texts of errors: those hold what must not be logged."""

from __future__ import annotations

import logging

from aiohttp.http_exceptions import HttpProcessingError

# What aiohttp says about requests. One that is no HTTP is quoted in the error, URL tokens and all, and anybody can send
# one: it is told by its kind, and is no alarm.
SERVER = logging.getLogger("bot.server")


def log_to_stderr(level: str) -> None:
    """For programs; a library that is used as one configures nothing."""
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True)
    logging.raiseExceptions = False  # a line that cannot be written is lost; no stack trace takes its place
    logging.getLogger("pgqueuer").setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.addFilter(shorten)


def shorten(record: logging.LogRecord) -> bool:
    """An error is told by its type alone."""
    if record.exc_info:
        kind = record.exc_info[0]
        record.msg, record.args = f"{record.getMessage()} ({kind.__name__ if kind else 'error'})", None
        record.exc_info = record.exc_text = None
        if kind is not None and issubclass(kind, HttpProcessingError):
            record.levelno, record.levelname = logging.INFO, "INFO"
    return True


SERVER.addFilter(shorten)
