"""What a compiler would say about names: everything used is declared, everything declared is used."""

from collections.abc import Iterator

from tests.contract.bicep.syntax import BicepFile, Declaration, Node, members, read, text, walk

NAMESPACES = {"environment", "resourceGroup", "subscription", "tenant", "deployment", "az", "sys"}
FUNCTIONS = NAMESPACES | {
    "array", "bool", "coalesce", "concat", "contains", "empty", "filter", "first", "flatten", "format", "guid",
    "int", "items", "join", "last", "length", "loadJsonContent", "loadTextContent", "map", "max", "min", "range",
    "readEnvironmentVariable", "reduce", "replace", "resourceId", "skip", "sort", "split", "startsWith", "string",
    "subscriptionResourceId", "substring", "take", "toLower", "toObject", "toUpper", "trim", "union",
    "uniqueString", "uri", "utcNow",
}  # fmt: skip
DECORATORS = {
    "allowed", "batchSize", "description", "discriminator", "export", "maxLength", "maxValue", "metadata",
    "minLength", "minValue", "sealed", "secure",
}  # fmt: skip
_NAMED = {
    "parameter_declaration", "variable_declaration", "resource_declaration", "module_declaration",
    "output_declaration", "type_declaration", "user_defined_function",
}  # fmt: skip


def undeclared(file: BicepFile) -> list[str]:
    """Names, functions, types and decorators that nothing declares."""
    faults = []
    for statement in file.root.named_children:
        known = _symbols(file) | _locals(statement)
        for node, kind in _references(statement):
            allowed = {
                "name": known,
                "function": FUNCTIONS | set(file.functions),
                "type": set(file.types) | set(file.imports),
                "decorator": DECORATORS,
            }[kind]
            if text(node) not in allowed:
                faults.append(f"{file.name}:{node.start_point[0] + 1}: no {kind} {text(node)}")
    return faults


def unused(file: BicepFile) -> list[str]:
    """Parameters, variables, functions and imports that nothing reads."""
    read_names = {text(node) for statement in file.root.named_children for node, _ in _references(statement)}
    declared = [*file.parameters, *file.variables, *file.functions, *file.imports]
    return [f"{file.name}: {name} is not used" for name in declared if name not in read_names]


def module_faults(file: BicepFile) -> list[str]:
    """Modules that are not there, are given what they do not take, or lack what they need."""
    faults = []
    for name, module in file.modules.items():
        path = file.module_path(name)
        if not path.exists():
            faults.append(f"{file.name}: module {name}: no file {module.target}")
            continue
        taken, given = read(path).parameters, set(members(members(module.body)["params"]))
        needed = {each for each, parameter in taken.items() if _required(parameter)}
        faults += [f"{file.name}: module {name} takes no {each}" for each in sorted(given - set(taken))]
        faults += [f"{file.name}: module {name} needs {each}" for each in sorted(needed - given)]
    return faults


def output_faults(file: BicepFile) -> list[str]:
    """Outputs of modules that no module has."""
    faults = []
    for node in walk(file.root):
        parts = text(node).replace("!", "").replace("?", "").split(".")
        if node.type != "member_expression" or len(parts) != 3 or parts[1] != "outputs":
            continue
        if parts[0] in file.modules and parts[2] not in read(file.module_path(parts[0])).outputs:
            faults.append(f"{file.name}: module {parts[0]} has no output {parts[2]}")
    return faults


def _required(parameter: Declaration) -> bool:
    return parameter.value is None and not parameter.type_text.endswith("?")


def _symbols(file: BicepFile) -> set[str]:
    return {*file.parameters, *file.variables, *file.resources, *file.modules, *file.imports}


def _locals(statement: Node) -> set[str]:
    """Variables of loops and lambdas, parameters of functions: all of a statement together."""
    found: set[str] = set()
    for node in walk(statement):
        if node.type in ("for_statement", "lambda_expression", "parameter"):
            found |= {text(each) for each in walk(node.named_children[0]) if not each.named_children}
    return found


def _references(node: Node, kind: str = "name") -> Iterator[tuple[Node, str]]:
    if node.type in ("import_functionality", "comment", "type_declaration"):
        return
    for position, child in enumerate(node.named_children):
        is_name = position == 0 and (node.type in _NAMED or node.type in ("object_property", "parameter"))
        if child.type == "identifier":
            if is_name:
                continue
            if node.type == "call_expression" and position == 0:
                yield child, "decorator" if kind == "decorator" else "function"
            else:
                yield child, "type" if node.type in ("type", "array_type", "nullable_type") else "name"
        elif node.type == "decorators":
            yield from _references(child, "decorator")
        else:
            yield from _references(child, kind if child.type == "call_expression" else "name")
