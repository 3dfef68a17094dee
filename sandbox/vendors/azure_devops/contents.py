"""What is in the repositories: commits with their files, and the branches that point at them.

A commit of an earlier version of the sandbox has no files on record; whoever asks for them gets None.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.vendors.store import Collection, Document

NO_COMMIT = "0" * 40
BRANCHES = "refs/heads/"
DEFAULT_BRANCH = "refs/heads/main"

type Files = dict[str, bytes]
"""Contents by path; a path begins with "/"."""


@dataclass(frozen=True)
class Author:
    name: str
    email: str = ""


class Contents:
    """collection: of a kind."""

    def __init__(self, collection: Callable[[str], Collection]) -> None:
        self._commits, self._refs, self._files = collection("commit"), collection("ref"), collection("_files")

    def commit(self, repository_id: str, commit_id: str) -> Document | None:
        return self._commits.get(f"{repository_id}/{commit_id}")

    def files(self, repository_id: str, commit_id: str) -> Files | None:
        """All files at a commit."""
        kept = self._files.get(f"{repository_id}/{commit_id}")
        return (
            {path: base64.b64decode(content) for path, content in kept.items()} if kept is not None else None
        )

    def refs(self, repository_id: str) -> dict[str, str]:
        """Commit ids by name, such as "refs/heads/main"; in the order of the names."""
        mine = [ref for ref in self._refs.all() if ref["repository_id"] == repository_id]
        return {ref["name"]: ref["object_id"] for ref in sorted(mine, key=lambda ref: ref["name"])}

    def head(self, repository_id: str, name: str) -> str | None:
        ref = self._refs.get(f"{repository_id}/{name}")
        return ref["object_id"] if ref else None

    def point(self, repository_id: str, name: str, commit_id: str) -> None:
        """Let a ref point at a commit; at NO_COMMIT it goes."""
        key = f"{repository_id}/{name}"
        if commit_id == NO_COMMIT:
            self._refs.delete(key)
        else:
            self._refs.put(key, {"repository_id": repository_id, "name": name, "object_id": commit_id})

    def history(self, repository_id: str, commit_id: str | None) -> list[Document]:
        """The commit and those before it, newest first."""
        found: list[Document] = []
        while commit_id and (commit := self.commit(repository_id, commit_id)):
            found.append(commit)
            commit_id = next(iter(commit.get("parents", [])), None)
        return found

    def record(
        self,
        repository_id: str,
        parent: str | None,
        files: Files,
        comment: str,
        author: Author,
        at_ms: int,
        commit_id: str = "",
    ) -> Document:
        """Put a commit with all files that it holds. commit_id: made of all this where it is not given."""
        encoded = {path: base64.b64encode(content).decode() for path, content in sorted(files.items())}
        commit_id = commit_id or _digest(repository_id, parent or "", comment, author, at_ms, encoded)
        key = f"{repository_id}/{commit_id}"
        self._files.put(key, encoded)
        made = {
            "commit_id": commit_id,
            "repository_id": repository_id,
            "parents": [parent] if parent else [],
            "comment": comment,
            "author": author.name,
            "email": author.email or f"{author.name.lower().replace(' ', '.')}@sandbox.example",
            "at_ms": at_ms,
        }
        return self._commits.put(key, made)

    def forget(self, repository_id: str) -> None:
        """Drop all that is in the repository."""
        for kept in (self._commits, self._refs, self._files):
            for key in [key for key in kept.documents if key.startswith(f"{repository_id}/")]:
                kept.delete(key)


def _digest(
    repository_id: str, parent: str, comment: str, author: Author, at_ms: int, files: Mapping[str, str]
) -> str:
    """40 hexadecimal digits, as of a Git commit."""
    parts = [repository_id, parent, comment, author.name, author.email, str(at_ms), repr(files)]
    return hashlib.sha1("\0".join(parts).encode(), usedforsecurity=False).hexdigest()
