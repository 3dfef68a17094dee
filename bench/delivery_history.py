"""Years of delivery, made by DuckDB itself: Parquet with typed columns, and the same as events in the warehouse.

Every service deploys in turn; each deployment carries one merged change with its commits. One in a hundred is a
rollback, some fail, incidents begin within hours of some deployments, most of them are resolved.
"""

from pathlib import Path
from typing import NamedTuple

import duckdb

SERVICES = 401
COMMITS = 3
FIRST = "TIMESTAMP '2023-11-01'"
SPAN_S = 2 * 365 * 86_400


class Size(NamedTuple):
    """How many of each. commits: deployments times COMMITS."""

    deployments: int
    incidents: int


FULL = Size(1_000_000, 50_000)


def write_parquet(folder: Path, size: Size) -> None:
    """changes, commits, deployments and incidents, as typed columns."""
    every_s = SPAN_S / size.deployments
    database = duckdb.connect()
    database.execute(f"""CREATE TABLE numbers AS SELECT range AS n, {FIRST} +
        to_microseconds(CAST(range * {every_s} * 1e6 AS BIGINT)) AS moment FROM range({size.deployments})""")
    database.execute(f"""CREATE TABLE changes AS SELECT 'azure_devops:repo:' || n AS change_id,
        'service-' || n % {SERVICES} AS service, sha1('c' || n) AS commit, moment - INTERVAL 2 HOUR AS merged_at
        FROM numbers""")
    database.execute(f"""CREATE TABLE commits AS SELECT 'service-' || n % {SERVICES} AS service,
        sha1('c' || n) AS change_commit, CASE WHEN k = 0 THEN sha1('c' || n) ELSE sha1('c' || n || '-' || k) END AS sha,
        moment - INTERVAL 3 HOUR - to_seconds(CAST(hash(n * 10 + k) % 400000 AS BIGINT)) AS committed_at
        FROM numbers, range({COMMITS}) AS of_change(k)""")
    database.execute(f"""CREATE TABLE deployments AS SELECT 'azure_devops:' || n || ':production' AS deployment_id,
        'service-' || n % {SERVICES} AS service, 'production' AS environment, '1.0.' || n AS version,
        CASE WHEN n % 100 = 99 THEN NULL ELSE sha1('c' || n) END AS commit,
        moment - INTERVAL 5 MINUTE AS started_at, moment AS finished_at,
        CASE WHEN n % 37 = 5 THEN 'failed' ELSE 'succeeded' END AS result,
        CASE WHEN n % 100 = 99 THEN 'rollback' ELSE 'pipeline' END AS how FROM numbers""")
    apart = size.deployments // size.incidents
    database.execute(f"""CREATE TABLE incidents AS SELECT 'INC' || n // {apart} AS incident,
        'incident-' || n // {apart} AS operation_id, 'service-' || (n % {SERVICES}) AS service,
        date_trunc('second', moment + to_minutes(CAST(hash(n) % 600 AS BIGINT))) AS started_at,
        CASE WHEN n // {apart} % 9 = 0 THEN NULL
        ELSE date_trunc('second', moment + to_minutes(CAST(600 + hash(n + 1) % 900 AS BIGINT))) END AS mitigated_at
        FROM numbers WHERE n % {apart} = 0""")
    for name in ("changes", "commits", "deployments", "incidents"):
        database.execute(f"COPY {name} TO '{folder / name}.parquet' (FORMAT parquet)")
    database.close()


def write_events(folder: Path, database_file: Path) -> int:
    """The same as rows of RAW.EVENTS in the warehouse's database file, which nobody else has open. How many."""
    database = duckdb.connect(str(database_file), config={"lambda_syntax": "ENABLE_SINGLE_ARROW"})
    database.execute("SET TimeZone = 'UTC'")
    for name, rows in _EVENTS.items():
        database.execute(f"""INSERT INTO RAW.EVENTS (EVENT, FILE_NAME, FILE_ROW, LOADED_AT)
            SELECT to_json(event), '{name}.jsonl', row_number() OVER (), TIMESTAMPTZ '2025-12-01'
            FROM ({rows.replace("{folder}", str(folder))})""")
    (count,) = database.execute("SELECT count(*) FROM RAW.EVENTS").fetchone() or (0,)
    database.close()
    return int(count)


def event_lines(folder: Path, most: int) -> list[bytes]:
    """The first events of deployments as lines of JSON."""
    query = _DEPLOYMENTS.replace("{folder}", str(folder))
    found = duckdb.execute(f"SELECT to_json(event)::VARCHAR FROM ({query}) LIMIT {most}").fetchall()
    return [line.encode() for (line,) in found]


_ISO = "strftime({}, '%Y-%m-%dT%H:%M:%S.%fZ')"


def _iso(column: str) -> str:
    return _ISO.format(column)


def _event(type_: str, id_: str, subject: str, at: str, data: str) -> str:
    return (
        f"{{'specversion': '1.0', 'id': {id_}, 'source': '/bench', 'type': '{type_}', 'subject': {subject}, "
        f"'time': {_iso(at)}, 'datacontenttype': 'application/json', 'data': {{{data}}}}} AS event"
    )


_CHANGES = f"""SELECT {
    _event(
        "change.merged",
        "md5(change_id)",
        "change_id",
        "merged_at",
        f"'change_id': change_id, 'service': changes.service, 'repository': changes.service, 'pull_request': '7', "
        f"'commit': commit, 'commits': list({{'sha': sha, 'committed_at': {_iso('committed_at')}}}), "
        f"'more_commits': 0, 'merged_at': {_iso('merged_at')}, 'title': 'Change ' || change_id, 'reverts': NULL, "
        "'work_items': ['42'], 'planned': NULL, 'source': 'azure_devops'",
    )
} FROM '{{folder}}/changes.parquet' AS changes JOIN '{{folder}}/commits.parquet' ON change_commit = commit
GROUP BY change_id, changes.service, commit, merged_at"""
_DEPLOYMENTS = f"""SELECT {
    _event(
        "deployment.finished",
        "md5(deployment_id)",
        "deployment_id",
        "finished_at",
        f"'deployment_id': deployment_id, 'service': service, 'environment': environment, 'version': version, "
        f"'commit': commit, 'commits': [], 'started_at': {_iso('started_at')}, 'finished_at': {_iso('finished_at')}, "
        "'result': result, 'how': how, 'rolls_back': NULL, 'run_id': '4711', 'pipeline_id': '7', "
        "'operation_id': NULL, 'change_number': NULL, 'who': 'someone', 'url': 'https://dev.azure.com/x/_build/1', "
        "'source': 'azure_devops'",
    )
} FROM '{{folder}}/deployments.parquet'"""
_ABOUT = (
    "'operation_id': operation_id, 'incident_number': incident, 'incident_sys_id': md5(incident), 'problem_id': "
    "'P-' || incident, 'service': service, 'environment': 'production', 'fingerprint': md5(service), "
    "'started_ms': epoch_ms(started_at), "
)
_OPENED = f"""SELECT {
    _event(
        "incident.opened",
        "md5('o' || incident)",
        "operation_id",
        "started_at + INTERVAL 2 MINUTE",
        _ABOUT
        + f"'title': 'Failures', 'severity': 'ERROR', 'opened_at': {_iso('started_at + INTERVAL 2 MINUTE')}",
    )
} FROM '{{folder}}/incidents.parquet'"""
_CLOSED = f"""SELECT {
    _event(
        "incident.closed",
        "md5('c' || incident)",
        "operation_id",
        "mitigated_at",
        _ABOUT + f"'outcome': 'resolved', 'action': 'restart', 'mitigated_at': {_iso('mitigated_at')}, "
        f"'closed_at': {_iso('mitigated_at + INTERVAL 5 MINUTE')}",
    )
} FROM '{{folder}}/incidents.parquet' WHERE mitigated_at IS NOT NULL"""
_EVENTS = {"changes": _CHANGES, "deployments": _DEPLOYMENTS, "opened": _OPENED, "closed": _CLOSED}
