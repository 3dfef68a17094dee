"""Statements of Snowflake that fakesnow lacks or gets wrong, mended. engine.py and server.py stand on this.

`install` corrects fakesnow's COPY INTO and parameter binding in place; `rewrite` handles REMOVE, which has no
DuckDB counterpart. Whatever is not named here and not known to fakesnow is refused, never quietly accepted.
"""

import decimal
import importlib
import os
import re
import tempfile
from pathlib import Path
from typing import Any

from fakesnow.transforms import stage
from snowflake.connector.errors import ProgrammingError
from sqlglot import exp

from sandbox.warehouse.loading import TEMPORARY

# `from fakesnow import server` would find the function of that name.
server: Any
copy_into: Any
server, copy_into = (importlib.import_module(f"fakesnow.{name}") for name in ("server", "copy_into"))

ACCEPTED_WITHOUT_EFFECT = [
    r"\s*(grant|revoke)\b",
    r"\s*use\s+(role|warehouse|secondary\s+roles)\b",
    r"\s*(create|alter|drop)\s+(or\s+replace\s+)?(role|warehouse)\b",
    r"\s*alter\s+session\s+(?!.*autocommit)",
]
"""There is one user and one machine here: roles, warehouses and session parameters mean nothing."""

_REMOVE = re.compile(
    r"\s*(?:remove|rm)\s+@(?P<stage>[^\s/;]+)(?:/(?P<path>[^\s;]*))?"
    r"(?:\s+pattern\s*=\s*'(?P<pattern>[^']*)')?\s*;?\s*$",
    re.IGNORECASE,
)
_plain_binding, _plain_params, _plain_source = server.from_binding, copy_into._params, copy_into._from_source
_plain_urls, _plain_inserts = copy_into._source_urls, copy_into._inserts


def install() -> None:
    """Put the corrections in place; once per process, before the first statement."""
    server.from_binding = _from_binding
    copy_into._params = _params
    copy_into._from_source = _from_source
    copy_into._source_urls = _source_urls
    copy_into._inserts = _inserts
    server._write_bucket_file = _write_staged_file


def rewrite(command: str, database: str | None, schema: str | None) -> str | None:
    """Carry out REMOVE @stage/path and return the SELECT that tells what was removed; None for all else."""
    if not (match := _REMOVE.match(command)):
        return None
    name = ".".join(stage.parts_from_var(match["stage"], database, schema))
    folder = Path(stage.internal_dir(name))
    prefix = str(folder / (match["path"] or ""))
    pattern = re.compile(match["pattern"] or ".*", re.DOTALL)
    doomed = [
        file
        for file in folder.rglob("*")
        if file.is_file() and str(file).startswith(prefix) and pattern.fullmatch(str(file))
    ]
    for file in doomed:
        file.unlink(missing_ok=True)
    names = [stage.internal_file_name(str(file)).replace("'", "''") for file in doomed]
    if not names:
        return """SELECT '' AS "name", 'removed' AS "result" WHERE FALSE"""
    return " UNION ALL ".join(f"""SELECT '{each}' AS "name", 'removed' AS "result" """ for each in names)


def _write_staged_file(path: str, body: bytes) -> str | None:
    """fakesnow empties a staged file before it writes: a COPY at that moment would load no row of it."""
    target = Path(os.path.normpath(Path(stage.LOCAL_BUCKET_PATH, path)))
    if not target.is_relative_to(stage.LOCAL_BUCKET_PATH):
        return None
    target.parent.mkdir(parents=True, exist_ok=True)
    # Beside the stages, where no COPY or LIST looks.
    beside = Path(stage.LOCAL_BUCKET_PATH).parent / TEMPORARY
    with tempfile.NamedTemporaryFile(dir=beside, delete=False) as part:
        part.write(body)
    Path(part.name).replace(target)
    return str(target)


def _from_binding(binding: dict[str, Any]) -> Any:
    """fakesnow reads every FIXED as int, leaves REAL a string, and knows no NULL."""
    value = binding.get("value")
    if value is None:
        return None
    if binding["type"] == "FIXED" and not value.lstrip("-").isdigit():
        return decimal.Decimal(value)
    if binding["type"] == "REAL":
        return float(value)
    return _plain_binding(binding)


def _params(expr: exp.Copy, *args: Any, **kwargs: Any) -> Any:
    """fakesnow takes PURGE = FALSE and FORCE = FALSE for TRUE: drop what says FALSE."""

    def says_false(param: exp.Expression) -> bool:
        value = param.args.get("expression")
        return param.this.name.upper() in {"PURGE", "FORCE"} and value is not None and value.sql() == "FALSE"

    expr.set("params", [param for param in expr.args.get("params") or [] if not says_false(param)])
    return _plain_params(expr, *args, **kwargs)


def _from_source(expr: exp.Copy) -> str:
    """fakesnow refuses a stage that a transformation names in quotes: FROM (SELECT ... FROM '@stage')."""
    source = expr.args["files"][0].this
    if isinstance(source, exp.Select):
        named = source.args["from_"].this.this
        if isinstance(named, exp.Literal | exp.Identifier) and named.name.startswith("@"):
            return str(named.name).replace('"', "")
    return str(_plain_source(expr))


def _source_urls(source: str, files: list[str]) -> list[str]:
    """fakesnow knows FILES = (...) for external locations only."""
    if not stage.is_internal(source):
        return list(_plain_urls(source, files))
    paths = [f"{source.rstrip('/')}/{file}" for file in files]
    for path in paths:
        if not Path(path).is_file():
            raise ProgrammingError(
                msg=f"Remote file '{Path(path).name}' was not found.", errno=91016, sqlstate="22000"
            )
    return paths


def _inserts(expr: exp.Copy, params: Any, urls: list[str], parquet_info: Any = None) -> list[exp.Expression]:
    """fakesnow knows no METADATA$ columns, and no `$1` that stands for the whole JSON value."""
    inserts = []
    for url in urls:
        copy = expr.copy()
        if isinstance(copy.args["files"][0], exp.Subquery):
            is_json = isinstance(params.file_format, copy_into.ReadJSON)
            copy.args["files"][0].this.transform(_file_facts, url, is_json, copy=False)
        inserts += _plain_inserts(copy, params, [url], parquet_info)
    return inserts


def _file_facts(node: exp.Expression, url: str, is_json: bool) -> exp.Expression:
    if isinstance(node, exp.Column) and node.name.upper() == "METADATA$FILENAME":
        _, _, _, *path = Path(url).relative_to(stage.LOCAL_BUCKET_PATH).parts
        return exp.Literal.string("/".join(path))
    if isinstance(node, exp.Column) and node.name.upper() == "METADATA$FILE_ROW_NUMBER":
        return exp.Window(this=exp.RowNumber())
    if (
        is_json
        and isinstance(node, exp.Parameter)
        and node.name == "1"
        and isinstance(node.parent, exp.Select)
    ):
        return exp.column("json")
    return node
