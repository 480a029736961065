"""Protocols of SNS: what an endpoint looks like in each, and which of them must be confirmed by their owner.

Source: Subscribe, SNS API reference (read 2026-11).
"""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

CONFIRMED_BY_OWNER: Final = ("http", "https", "email", "email-json")
PROTOCOLS: Final = (*CONFIRMED_BY_OWNER, "sms", "sqs", "application", "lambda", "firehose")

_MAIL: Final = ("an e-mail address", re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"))
_FORMS: Final = {
    "http": ("a URL like http://host/path", re.compile(r"http://\S+")),
    "https": ("a URL like https://host/path", re.compile(r"https://\S+")),
    "email": _MAIL,
    "email-json": _MAIL,
    "sms": ("a phone number like +15550100", re.compile(r"\+[1-9]\d{6,14}")),
}
_AN_ARN: Final = ("an ARN", re.compile(r"arn:aws[a-z-]*:\S+"))


def fault(protocol: str, endpoint: str) -> str:
    """What is wrong with the endpoint; empty if it fits its protocol."""
    words, form = _FORMS.get(protocol, _AN_ARN)
    return "" if form.fullmatch(endpoint) else f"is {endpoint!r}: must be {words} for protocol {protocol}"


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine, whatever a name server says."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
