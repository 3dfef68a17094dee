"""A ServiceNow instance in memory: OAuth, tables of records, the journal behind work notes, encoded queries."""

import operator
import re
import secrets
import uuid
from collections.abc import Callable
from urllib.parse import parse_qs

import httpx

from tests.fakes.vendor import FakeVendor, answer, body_of

URL = "https://contoso.service-now.test"
CLIENT_ID, CLIENT_SECRET = "valueflow", "a-client-secret-of-the-instance"


_TABLES = {
    "incident": ("INC", {"state": "1", "close_code": "", "close_notes": ""}),
    "change_request": ("CHG", {"state": "-5", "close_code": "", "close_notes": ""}),
    "cmdb_ci_service": ("", {"correlation_id": "", "operational_status": "1", "install_status": "1"}),
}
"""Table -> prefix of its numbers, what a new record holds."""
_WAY = ("-5", "-2", "-1", "0", "3")
"""A standard change's states, New to Closed."""


_CONDITION = re.compile(r"(\w+?)(LIKE|!=|<=|>=|=)(.*)")
_SIGNS: dict[str, Callable[[str, str], bool]] = {
    "LIKE": lambda value, wanted: wanted.lower() in value.lower(),
    "!=": operator.ne,
    "<=": lambda value, wanted: bool(value) and value <= wanted,
    ">=": operator.ge,
    "=": operator.eq,
}


class FakeServiceNow(FakeVendor):
    """tables: name -> records by sys_id; journal: the rows of sys_journal_field."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, dict[str, dict[str, str]]] = {name: {} for name in _TABLES}
        self.journal: list[dict[str, str]] = []
        self.tokens: set[str] = set()
        self.lifetime_s = 1799
        self.ignores_queries = False
        self.ignores_states = False
        self.before_insert: Callable[[], object] = lambda: None

    @property
    def incidents(self) -> dict[str, dict[str, str]]:
        return self.tables["incident"]

    @property
    def changes(self) -> dict[str, dict[str, str]]:
        return self.tables["change_request"]

    @property
    def items(self) -> dict[str, dict[str, str]]:
        return self.tables["cmdb_ci_service"]

    def notes(self, sys_id: str) -> list[str]:
        return [row["value"] for row in self.journal if row["element_id"] == sys_id]

    def add(self, table: str, **fields: str) -> dict[str, str]:
        """Insert as anybody could."""
        prefix, defaults = _TABLES[table]
        number = {"number": f"{prefix}{len(self.tables[table]) + 1:07}"} if prefix else {}
        created = {"sys_id": uuid.uuid4().hex, "sys_created_on": "2026-11-21 12:00:00"}
        row = {**created, **number, **defaults, **fields}
        self._note(row)
        self.tables[table][row["sys_id"]] = row
        return row

    def add_incident(self, **fields: str) -> dict[str, str]:
        return self.add("incident", **fields)

    def respond(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/oauth_token.do":
            return self._token(request)
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            error = {"message": "User Not Authenticated", "detail": "Required to provide Auth information"}
            return answer({"error": error, "status": "failure"}, 401)
        table, _, sys_id = path.removeprefix("/api/now/table/").partition("/")
        if table == "sys_journal_field":
            return answer({"result": self._matching(self.journal, request)})
        if not sys_id:
            return self._insert(table, request) if request.method == "POST" else self._list(table, request)
        if sys_id not in self.tables[table]:
            error = {"message": "No Record found", "detail": "Record doesn't exist or ACL restricts it"}
            return answer({"error": error, "status": "failure"}, 404)
        if request.method == "DELETE":
            del self.tables[table][sys_id]
            return httpx.Response(204)
        row = self.tables[table][sys_id]
        if request.method == "PATCH":
            fields = {**body_of(request), "sys_id": sys_id}
            if self.ignores_states:
                fields.pop("state", None)
            if table == "change_request" and not _follows(row, fields):
                detail = "aborted by Business Rule 'Change Model: Check State Transition'"
                return answer({"error": {"message": "Operation Failed", "detail": detail}}, 403)
            self._note(fields)
            row.update(fields)
        return answer({"result": row})

    def _token(self, request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        wanted = {
            "grant_type": "client_credentials",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
        if form != wanted:
            error = {"error": "access_denied", "error_description": "the secret is wrong"}
            return answer(error, 401)
        token = secrets.token_urlsafe(32)
        self.tokens.add(token)
        return answer({"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime_s})

    def _insert(self, table: str, request: httpx.Request) -> httpx.Response:
        self.before_insert()
        return answer({"result": self.add(table, **body_of(request))}, 201)

    def _list(self, table: str, request: httpx.Request) -> httpx.Response:
        rows = self._matching(list(self.tables[table].values()), request)
        return answer({"result": rows[: int(request.url.params["sysparm_limit"])]})

    def _matching(self, rows: list[dict[str, str]], request: httpx.Request) -> list[dict[str, str]]:
        query = request.url.params.get("sysparm_query", "")
        if self.ignores_queries:
            return rows
        for condition in filter(None, query.split("^")):
            if condition.startswith("ORDERBY"):
                name = condition.removeprefix("ORDERBY").removeprefix("DESC")
                rows = sorted(rows, key=lambda row: row.get(name, ""), reverse="DESC" in condition)
            else:
                name, sign, value = _CONDITION.fullmatch(condition).groups()  # type: ignore[union-attr]
                rows = [row for row in rows if _SIGNS[sign](row.get(name, ""), value)]
        return rows

    def _note(self, fields: dict[str, str]) -> None:
        if note := fields.pop("work_notes", ""):
            self.journal.append({"element_id": fields["sys_id"], "element": "work_notes", "value": note})


def _follows(row: dict[str, str], fields: dict[str, str]) -> bool:
    """Whether a change may go from its state to the one asked for."""
    old, new = row["state"], fields.get("state", row["state"])
    if old == new:
        return True
    if old in ("3", "4"):
        return False
    following = _WAY[_WAY.index(old) + 1] if old in _WAY else "-2"
    closing = bool(fields.get("close_code") and fields.get("close_notes"))
    return new == "4" or (new == following and (new != "3" or closing))
