"""Logs: one line an event, structlog for ours and the libraries' alike, no field values."""

import logging.config
import re
from collections.abc import MutableMapping
from typing import Any

import structlog
from django.conf import settings

# Addresses that are keys: the links of letters, and what somebody typed and was kept.
LINK = re.compile(r"(/account/(?:password/reset/key|kept)/|account%2Fkept%2F|/portal/(?:join|news)/)[^/\s%]+")


def hide_links(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Takes the secret out of such links, wherever in an event they stand."""
    for name, value in event.items():
        if isinstance(value, str) and ("account" in value or "/portal/" in value):
            event[name] = LINK.sub(r"\1…", value)
    return event


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    hide_links,
]


def configure(_: dict[str, object]) -> None:
    """Django's LOGGING_CONFIG hook; the engine and Celery call it through `django.setup()`."""
    structlog.configure(
        # What is not written need not be put together.
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": SHARED,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "logger", "event"]),
        ],
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": settings.LOG_LEVEL},
            "loggers": {"django.db.backends": {"level": "WARNING"}},
        }
    )
