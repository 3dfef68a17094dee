"""What a pushed commit does to the files: added, edited, deleted, as the push says. Pure."""

import base64
import binascii
import posixpath
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from sandbox.vendors.azure_devops.answers import refuse, unreadable
from sandbox.vendors.azure_devops.contents import Files


def apply_changes(files: Files, changes: object) -> Files:
    """The files after the changes of one commit. Raises: Refusal, 400."""
    if not isinstance(changes, list) or not changes:
        raise unreadable("a commit needs changes")
    after = dict(files)
    for change in changes:
        if not isinstance(change, dict) or not isinstance(change.get("item"), dict):
            raise unreadable("a change needs an item with a path")
        _apply(after, change, _path(change["item"].get("path")))
    return after


def _apply(files: Files, change: Mapping[str, Any], path: str) -> None:
    kind = str(change.get("changeType", "")).lower()
    if kind == "add" and path in files:
        message = (
            f"TF401180: The path '{path}' specified in the add operation already exists. Please specify a new "
            "path."
        )
        raise refuse(HTTPStatus.BAD_REQUEST, message, "GitItemAlreadyExistsException")
    if kind in {"edit", "delete"} and path not in files:
        message = f"TF401174: The item '{path}' could not be found in the repository."
        raise refuse(HTTPStatus.BAD_REQUEST, message, "GitItemNotFoundException")
    if kind in {"add", "edit"}:
        files[path] = _content(change.get("newContent"))
    elif kind == "delete":
        del files[path]
    else:
        raise unreadable("changeType must be add, edit or delete")


def _path(path: object) -> str:
    """A path from the root that stays below it."""
    if not isinstance(path, str) or not path.strip("/") or "\0" in path:
        raise unreadable("a path is missing")
    whole = path if path.startswith("/") else f"/{path}"
    if posixpath.normpath(whole) != whole or any(part == ".git" for part in whole.lower().split("/")):
        raise unreadable(f"the path {path} is not valid")
    return whole


def _content(given: object) -> bytes:
    if not isinstance(given, dict) or not isinstance(given.get("content"), str):
        raise unreadable("newContent needs a content")
    kind = str(given.get("contentType", "")).lower()
    if kind == "rawtext":
        return str(given["content"]).encode()
    if kind != "base64encoded":
        raise unreadable("contentType must be rawtext or base64encoded")
    try:
        return base64.b64decode(given["content"], validate=True)
    except binascii.Error:
        raise unreadable("the content is not Base64") from None
