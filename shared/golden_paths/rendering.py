"""The files of a service, from its path's layers and skeleton. No code of a template's author runs, nothing is read
but the path's own folders, and no rendered path leaves the repository.

Caller: the activity that pushes the first commit, and the dry run. Jinja2, sandboxed; golden_paths/README.md is
the author's page.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from shared.domain.service.reserved_words import WINDOWS_DEVICES
from shared.errors import RenderFailed
from shared.golden_paths import filters
from shared.golden_paths.catalogue import GoldenPath
from shared.golden_paths.validation import complete
from shared.golden_paths.values import template_values

MAX_FILES = 500
MAX_FILE_BYTES = 1_000_000
MAX_BYTES = 5_000_000
MAX_PATH_LENGTH = 200
_TEMPLATE = ".j2"
_NEVER = frozenset({"__pycache__"})
_FORBIDDEN = frozenset('\\:*?"<>|')
"""Characters Windows refuses in a file's name. Source: name_rules.WINDOWS_PAGE."""

Content = Callable[[Mapping[str, Any]], bytes]


def render(path: GoldenPath, parameters: Mapping[str, Any]) -> dict[str, bytes]:
    """Every file of the repository by its path ("docs/index.md"), sorted.

    parameters: without faults (validation.faults); defaults need not be filled in.
    Raises: RenderFailed, naming the path, the file and the reason.
    """
    values = template_values(path, complete(path, parameters))
    files: dict[str, bytes] = {}
    for folder, sources in _sources(path):
        files |= _rendered(path, folder, sources, values)
    _check_set(path, files)
    return dict(sorted(files.items()))


def _rendered(
    path: GoldenPath, folder: str, sources: Mapping[str, tuple[Content, Content]], values: Mapping[str, Any]
) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for source, (name_of, content_of) in sources.items():
        try:
            name, content = name_of(values).decode(), content_of(values)
            _check_name(name)
            if name in files:
                raise ValueError(f"two files of one folder become {name}")
            if len(content) > MAX_FILE_BYTES:
                raise ValueError(f"is larger than {MAX_FILE_BYTES} bytes")
        except Exception as error:  # templates raise what Python raises
            raise RenderFailed(path.name, f"{folder}/{source}", _reason(error)) from error
        files[name] = content
    return files


def _check_name(name: str) -> None:
    """Raises: ValueError unless the name stays inside the repository and every system can check it out."""
    segments = name.split("/")
    if len(name) > MAX_PATH_LENGTH:
        raise ValueError(f"its path is longer than {MAX_PATH_LENGTH} characters")
    if any(not each.isprintable() or each in _FORBIDDEN for each in name):
        raise ValueError("its path holds a character that not every system can store")
    for segment in segments:
        if segment in ("", ".", "..") or segment.endswith((".", " ")) or segment.startswith(" "):
            raise ValueError("its path leaves the repository or is not a plain path")
        if segment.lower() == ".git" or segment.partition(".")[0].rstrip().lower() in WINDOWS_DEVICES:
            raise ValueError("its path is reserved")


def _check_set(path: GoldenPath, files: Mapping[str, bytes]) -> None:
    folded: dict[str, str] = {}
    for name in files:
        twin = folded.setdefault(name.casefold(), name)
        if twin != name:
            raise RenderFailed(path.name, name, f"differs from {twin} only by case")
    for name in files:
        if any(str(parent) in files for parent in Path(name).parents):
            raise RenderFailed(path.name, name, "a file of the name of its folder exists")
    if len(files) > MAX_FILES or sum(map(len, files.values())) > MAX_BYTES:
        raise RenderFailed(path.name, "", f"has more than {MAX_FILES} files or {MAX_BYTES} bytes")


@lru_cache(maxsize=32)
def _sources(path: GoldenPath) -> tuple[tuple[str, dict[str, tuple[Content, Content]]], ...]:
    """The path's folders in the order they are laid, each with its files' names and contents to render."""
    environment = _environment()
    return tuple((folder.name, _read(path, folder, environment)) for folder in path.folders)


def _read(path: GoldenPath, folder: Path, environment: Any) -> dict[str, tuple[Content, Content]]:
    sources: dict[str, tuple[Content, Content]] = {}
    for file in _walk(folder):
        name = file.relative_to(folder).as_posix()
        try:
            name_of = _template(environment, name.removesuffix(_TEMPLATE))
            body = file.read_bytes()
            content = _template(environment, body.decode()) if name.endswith(_TEMPLATE) else _copied(body)
        except Exception as error:  # a template that does not compile, a file that cannot be read
            raise RenderFailed(path.name, f"{folder.name}/{name}", _reason(error)) from error
        sources[name] = (name_of, content)
    return sources


def _walk(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink() and not _NEVER.intersection(file.parts):
            yield file


def _template(environment: Any, text: str) -> Content:
    if "{" not in text:
        return _copied(text.encode())
    template = environment.from_string(text)
    return lambda values: str(template.render(values)).encode()


def _copied(body: bytes) -> Content:
    return lambda _values: body


def _environment() -> Any:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        finalize=filters.finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        loader=None,
    )
    environment.filters.update(filters.FILTERS)
    environment.globals.clear()
    return environment


def _reason(error: Exception) -> str:
    """Where and why, without the values that were rendered."""
    line = getattr(error, "lineno", None)
    said = str(error) if not isinstance(error, UnicodeError) else "is not UTF-8 text"
    return f"{f'line {line}: ' if line else ''}{type(error).__name__}: {said}"[:300]
