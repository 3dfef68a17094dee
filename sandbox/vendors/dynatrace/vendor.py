"""Dynatrace put together: an environment with its API v2 and what the sandbox may do to it."""

import hmac
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import override

from aiohttp import web

from sandbox.vendors.dynatrace import answers
from sandbox.vendors.dynatrace.entities import Entities
from sandbox.vendors.dynatrace.events import Events
from sandbox.vendors.dynatrace.logs import Logs
from sandbox.vendors.dynatrace.metrics import Metrics
from sandbox.vendors.dynatrace.notifications import Notifications
from sandbox.vendors.dynatrace.problems import Problems
from sandbox.vendors.dynatrace.settings import Settings
from sandbox.vendors.dynatrace.slos import Slos
from sandbox.vendors.dynatrace.stories import Stories
from sandbox.vendors.dynatrace.story import Story
from sandbox.vendors.dynatrace.windows import Windows
from sandbox.vendors.framework import Operation, Vendor
from sandbox.vendors.store import Store

_SCHEME = "Api-Token "


class Dynatrace(Vendor):
    """One Dynatrace environment."""

    name = "dynatrace"
    keep = frozenset({"_notification_settings"})

    def __init__(self, store: Store, credentials: Mapping[str, str]) -> None:
        super().__init__(store, credentials)
        self.entities = Entities(self.collection("entity"))
        self._logs = Logs(self.collection("log"))
        self.windows = Windows(self.collection("window"), self._logs.heal)
        self.events = Events(self.collection("event"), self.entities)
        self._notifications = Notifications(
            self.collection("_notification_settings"),
            self.collection("notification"),
            self.in_background,
            lambda: self.url,
        )
        tell = self._notifications.tell
        self.problems = Problems(self.collection("problem"), self.collection("comment"), self.entities, tell)
        self.story = Story(
            self.entities,
            self.events,
            self.problems,
            self.windows,
            tell,
            self.collection("_config"),
            self.collection("_counter"),
        )
        self._stories = Stories(self.entities, self.events, self.windows, self._logs, self.story)
        self._settings = Settings(self.collection("settings_object"))
        self._slos = Slos(self.collection("slo"), self.entities, self.windows)
        self._metrics = Metrics(self.entities, self.windows, self.story.sample_seconds)

    @override
    def operations(self) -> Sequence[Operation]:
        rooms = (
            *(self.problems, self.entities, self.events),
            *(self._metrics, self._logs, self._settings, self._slos),
        )
        return [operation for room in rooms for operation in room.operations()]

    @override
    def controls(self) -> Sequence[Operation]:
        rooms = (self.story, self._stories, self._notifications, self.entities, self.windows, self._logs)
        return [control for room in rooms for control in room.controls()]

    @override
    def authenticate(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        if not given:
            raise answers.refuse(HTTPStatus.UNAUTHORIZED, "Missing authorization parameter.")
        token = given.removeprefix(_SCHEME)
        if not given.startswith(_SCHEME) or not hmac.compare_digest(
            token.encode(), self.credentials["token"].encode()
        ):
            raise answers.refuse(HTTPStatus.UNAUTHORIZED, "Token Authentication failed")

    @override
    def error(self, status: int, message: str) -> web.Response:
        return answers.error(status, message)

    @override
    def start(self) -> None:
        self._notifications.start()
