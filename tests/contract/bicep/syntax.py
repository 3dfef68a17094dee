"""Bicep files as trees, for the checks of infra/bicep: tree-sitter parses them, no compiler is needed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

_NEEDS = "Bicep cannot be parsed here: pip install tree-sitter-bicep[core]"
_tree_sitter = pytest.importorskip("tree_sitter", reason=_NEEDS)
_grammar = pytest.importorskip("tree_sitter_bicep", reason=_NEEDS)
_PARSER = _tree_sitter.Parser(_tree_sitter.Language(_grammar.language()))

ROOT = Path(__file__).parents[3]
BICEP = ROOT / "infra" / "bicep"
FILES = sorted(BICEP.rglob("*.bicep"))

type Node = Any


@dataclass(frozen=True)
class Unknown:
    """An expression that only a deployment can work out, as its text."""

    text: str


@dataclass
class Declaration:
    """One statement. value: its last expression (None where it has none), loops and conditions included."""

    name: str
    node: Node
    value: Node | None
    decorators: dict[str, Node] = field(default_factory=dict)

    @property
    def type_text(self) -> str:
        """Of a parameter or an output: the type, as written."""
        return next((text(child) for child in self.node.named_children if child.type == "type"), "")

    @property
    def target(self) -> str:
        """Of a resource: type@version. Of a module or an import: the path."""
        return next(str(value_of(child)) for child in self.node.named_children if child.type == "string")

    @property
    def existing(self) -> bool:
        return any(child.type == "existing" for child in self.node.children)

    @property
    def body(self) -> Node:
        """The object of a resource or a module, inside whatever loop or condition."""
        node = self.value
        while node is not None and node.type != "object":
            node = node.named_children[-1]
        return node


class BicepFile:
    """One file, its declarations by kind and name."""

    def __init__(self, source: bytes, path: Path) -> None:
        self.path, self.root = path, _PARSER.parse(source).root_node
        self.parameters = self._declared("parameter_declaration")
        self.variables = self._declared("variable_declaration")
        self.resources = self._declared("resource_declaration")
        self.modules = self._declared("module_declaration")
        self.outputs = self._declared("output_declaration")
        self.types = self._declared("type_declaration")
        self.functions = self._declared("user_defined_function")

    @property
    def name(self) -> str:
        return self.path.relative_to(BICEP).as_posix() if self.path.is_relative_to(BICEP) else self.path.name

    @property
    def imports(self) -> dict[str, Path]:
        """Imported name -> file it comes from."""
        statements = [node for node in self.root.named_children if node.type == "import_functionality"]
        return {
            text(child): (self.path.parent / str(value_of(node.named_children[-1]))).resolve()
            for node in statements
            for child in node.named_children
            if child.type == "identifier"
        }

    def module_path(self, module: str) -> Path:
        return (self.path.parent / self.modules[module].target).resolve()

    def errors(self) -> list[str]:
        """Where the parser could not follow."""
        wrong = [node for node in walk(self.root) if node.type == "ERROR" or node.is_missing]
        return [f"{self.name}:{node.start_point[0] + 1}: {text(node)[:40]!r}" for node in wrong]

    def _declared(self, kind: str) -> dict[str, Declaration]:
        found: dict[str, Declaration] = {}
        decorators: dict[str, Node] = {}
        for node in self.root.named_children:
            if node.type == "decorators":
                decorators = {text(call.named_children[0]): call for call in _calls(node)}
            elif node.type != "comment":
                if node.type == kind:
                    name = text(node.named_children[0])
                    found[name] = Declaration(name, node, _value(node), decorators)
                decorators = {}
        return found


@cache
def read(path: Path) -> BicepFile:
    return BicepFile(path.read_bytes(), path)


def read_parameters(path: Path) -> BicepFile:
    """A .bicepparam file; the grammar has no such thing, so `param` becomes `var` and `using` a comment."""
    lines = path.read_text().splitlines()
    known = [
        "var" + line[5:] if line.startswith("param ") else "//" + line if line.startswith("using ") else line
        for line in lines
    ]
    return BicepFile("\n".join([*known, ""]).encode(), path)


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def text(node: Node) -> str:
    return str(node.text.decode())


def members(node: Node) -> dict[str, Node]:
    """Keys of an object and the expressions they have."""
    return {
        str(value_of(each.named_children[0])): each.named_children[-1]
        for each in node.named_children
        if each.type == "object_property"
    }


def value_of(node: Node) -> Any:
    """The Python value of a literal; Unknown for anything else. Interpolations stay as they are written."""
    match node.type:
        case "string":
            return "".join(_piece(child) for child in node.named_children)
        case "number":
            return int(text(node))
        case "boolean":
            return text(node) == "true"
        case "array":
            return [value_of(child) for child in node.named_children if child.type != "comment"]
        case "object":
            return {key: value_of(child) for key, child in members(node).items()}
        case "identifier" | "property_identifier":
            return text(node)
        case _:
            return Unknown(text(node))


def _piece(node: Node) -> str:
    return text(node).removeprefix("\\") if node.type == "escape_sequence" else text(node)


def _calls(node: Node) -> Iterator[Node]:
    for decorator in node.named_children:
        yield from (child for child in decorator.named_children if child.type == "call_expression")


def _value(node: Node) -> Node | None:
    """What follows the name, the type and the target of a declaration."""
    rest = [child for child in node.named_children[1:] if child.type not in ("type", "comment", "parameters")]
    if node.type in ("resource_declaration", "module_declaration"):
        rest = rest[1:]
    return rest[-1] if rest else None
