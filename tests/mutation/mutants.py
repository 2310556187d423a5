"""Makes the mutants of a module: copies in which one thing is wrong, as somebody might mistype it."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitOr,
}  # fmt: skip
_MEMBER = re.compile(r"[A-Z][A-Z_]*")
_DEFINITIONS = (ast.FunctionDef, ast.ClassDef)
Path = tuple[tuple[str, int | None], ...]
"""The way from the module to a node: field, and place in it where that is a list."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong copy."""

    name: str
    """Where and what, the same whatever else of the file changes: ``order: mode is alarm.mode -> mode is not
    alarm.mode``."""
    line: int
    tree: ast.Module


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every mutant of *source*, in its order; names are unique."""
    module = ast.parse(source)
    members = _members(module)
    seen: Counter[str] = Counter()
    for path, node, where in _walk(module, (), ""):
        for text, wrong in _wrong(node, members):
            tree = deepcopy(module)
            _put(tree, path, wrong)
            name = f"{where}: {text}"
            seen[name] += 1
            if seen[name] > 1:
                name = f"{name} ({seen[name]})"
            yield Mutant(name, getattr(node, "lineno", 0), ast.fix_missing_locations(tree))


def _members(module: ast.Module) -> dict[str, list[str]]:
    """Return which members of each enumeration *module* speaks of, by its name."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and _MEMBER.fullmatch(node.attr):
            found.setdefault(node.value.id, set()).add(node.attr)
    return {name: sorted(members) for name, members in found.items() if len(members) > 1}


def _walk(node: ast.AST, path: Path, where: str) -> Iterator[tuple[Path, ast.AST, str]]:
    """Yield what may be mutated with the way to it and the function it is in; no annotation, docstring or import."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_params", "ctx", "op", "ops"):
            continue
        children = [(None, value)] if isinstance(value, ast.AST) else list(enumerate(value)) if isinstance(
            value, list) else []  # fmt: skip
        for place, child in children:
            if not isinstance(child, ast.AST) or _means_nothing(child):
                continue
            inside = f"{where}.{_defines(child)}".strip(".") if not where or isinstance(child, _DEFINITIONS) else where
            way = (*path, (field, place))
            yield way, child, inside
            yield from _walk(child, way, inside)


def _defines(node: ast.AST) -> str:
    """Return the name that *node* gives to something; empty for none."""
    if isinstance(node, _DEFINITIONS):
        return node.name
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    return target.id if isinstance(target, ast.Name) else ""


def _means_nothing(node: ast.AST) -> bool:
    """Return whether nothing depends on how *node* reads: docstrings, imports, what members of an enumeration hold."""
    if isinstance(node, ast.ClassDef):
        return any(isinstance(base, ast.Name) and base.id.endswith("Enum") for base in node.bases)
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return isinstance(node, ast.Import | ast.ImportFrom)


def _put(tree: ast.Module, path: Path, wrong: ast.AST) -> None:
    parent: ast.AST = tree
    *way, (field, place) = path
    for name, index in way:
        child = getattr(parent, name)
        parent = child if index is None else child[index]
    if place is None:
        setattr(parent, field, wrong)
    else:
        getattr(parent, field)[place] = wrong


def _wrong(node: ast.AST, members: dict[str, list[str]]) -> Iterator[tuple[str, ast.AST]]:
    """Yield what may stand wrongly in the place of *node*, and how it reads."""
    match node:
        case ast.Compare(ops=ops):
            for place, op in enumerate(ops):
                swapped = [*ops[:place], _COMPARED[type(op)](), *ops[place + 1 :]]
                yield _said(node, ast.Compare(node.left, swapped, node.comparators))
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield _said(node, node.operand)
        case ast.IfExp():
            yield _said(node, ast.IfExp(node.test, node.orelse, node.body))
        case ast.comprehension(ifs=[test, *more]):
            yield f"if {ast.unparse(test)} -> if True", ast.comprehension(node.target, node.iter, more, node.is_async)
        case ast.Attribute(value=ast.Name(id=name), attr=member) if name in members and member in members[name]:
            others = members[name]
            yield _said(node, ast.Attribute(node.value, others[(others.index(member) + 1) % len(others)], node.ctx))
        case ast.Constant(value=value):
            yield from _wrong_constant(node, value)
        case ast.BinOp() | ast.BoolOp():
            yield from _wrong_operator(node)
        case ast.stmt():
            yield from _wrong_statement(node)


def _wrong_operator(node: ast.BinOp | ast.BoolOp) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.BoolOp):
        yield _said(node, ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values))
    elif type(node.op) in _COUNTED:
        yield _said(node, ast.BinOp(node.left, _COUNTED[type(node.op)](), node.right))


def _wrong_constant(node: ast.Constant, value: object) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(value, bool):
        yield _said(node, ast.Constant(not value))
    elif isinstance(value, int | float):
        yield _said(node, ast.Constant(value + 1))
    elif isinstance(value, str):
        yield _said(node, ast.Constant(f"{value}XX"))


def _wrong_statement(node: ast.stmt) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.If() | ast.While():
            no = ast.UnaryOp(ast.Not(), node.test)
            kind = type(node)
            word = kind.__name__.lower()
            yield f"{word} {ast.unparse(node.test)} -> {word} {ast.unparse(no)}", kind(no, node.body, node.orelse)
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield f"{ast.unparse(node)} -> return None", ast.Return(ast.Constant(None))
        case ast.Assign() | ast.AugAssign() | ast.Expr() | ast.Raise() | ast.Continue() | ast.Break():
            yield f"{ast.unparse(node)} -> pass", ast.Pass()


def _said(node: ast.expr, wrong: ast.expr) -> tuple[str, ast.AST]:
    return f"{ast.unparse(node)} -> {ast.unparse(wrong)}", wrong
