"""Delivery: e-mail and SMS go to the mailbox, http(s) really to an endpoint of this machine and to the mailbox else.

Promises that nothing leaves the machine: no other host is contacted, no redirect followed, no proxy used. A POST is
made outside of the caller's request, once (AWS retries); an answer other than 2xx is a failed delivery.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    Request,
)

from emulator.sns import endpoints, notices
from emulator.sns.mailbox import Mailbox
from emulator.sns.notices import Notice

log = logging.getLogger(__name__)

TIMEOUT_SECONDS: Final = 15
"""AWS's: SNS Developer Guide, HTTP/S message delivery."""

Outcome = Callable[[str, bool], None]
"""Told the topic's ARN and whether a notification was delivered."""


def _plain_client() -> OpenerDirector:
    """Without the handlers for proxies and redirects."""
    client = OpenerDirector()
    for handler in (HTTPHandler(), HTTPSHandler(), HTTPDefaultErrorHandler(), HTTPErrorProcessor()):
        client.add_handler(handler)
    return client


_CLIENT: Final = _plain_client()


@dataclass(frozen=True)
class _Post:
    url: str
    content: str
    notice: Notice
    raw: bool


class Delivery:
    """By mailbox or by POST; `outcome` is told of every notification, as AWS counts them."""

    def __init__(self, mailbox: Mailbox, outcome: Outcome) -> None:
        self._mailbox = mailbox
        self._outcome = outcome
        self._posts: SimpleQueue[_Post] = SimpleQueue()

    def start(self) -> None:
        Thread(target=self._post_all, name="sns", daemon=True).start()

    def send(self, protocol: str, endpoint: str, notice: Notice, *, raw: bool = False) -> None:
        content = notice.message if raw else notices.body(notice)
        if protocol in ("http", "https") and endpoints.is_loopback(endpoint):
            self._posts.put(_Post(endpoint, content, notice, raw))
            return
        texts = {"email": notices.mail(notice), "sms": notice.message}
        subject = "" if protocol == "sms" else notice.mail_subject
        self._mailbox.put(protocol, endpoint, subject, texts.get(protocol, content))
        self._told(notice, delivered=True)

    def _post_all(self) -> None:
        while True:
            post = self._posts.get()
            self._told(post.notice, delivered=_is_taken(post))

    def _told(self, notice: Notice, *, delivered: bool) -> None:
        if notice.kind == notices.NOTIFICATION and notice.topic_arn:
            self._outcome(notice.topic_arn, delivered)


def _is_taken(post: _Post) -> bool:
    headers = notices.headers(post.notice, raw=post.raw)
    request = Request(post.url, post.content.encode(), headers, method="POST")  # noqa: S310 - http(s) to loopback
    try:
        answer: Any = _CLIENT.open(request, timeout=TIMEOUT_SECONDS)
        answer.close()
    except (OSError, ValueError, HTTPException) as error:  # refused, timed out, not 2xx, no HTTP at all
        log.warning("%s of %s was not taken: %s", post.notice.kind, post.notice.topic_arn, error)
        return False
    return True
