"""What may be changed in a module, one thing at a time: conditions, comparisons, operators, numbers, statements."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

SWAPPED: Mapping[type[ast.AST], Any] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}
RENAMED = {"min": "max", "max": "min", "any": "all", "all": "any"}
CONDITIONS = {(ast.If, "test"), (ast.While, "test"), (ast.IfExp, "test"), (ast.comprehension, "ifs")}
NO_BEHAVIOUR = ("decorator_list", "annotation", "returns")
SHORT = (ast.arguments, ast.expr, ast.keyword, ast.Return, ast.Assign, ast.AnnAssign, ast.AugAssign)


@dataclass(eq=False)
class Mutant:
    """One change: `other` in the place of what stands in `field` of `holder`."""

    path: Path
    tree: ast.Module
    function: str
    """The outermost function it is in; empty where a module or a class is built."""
    lines: range
    """Those of the statement, or of the head of a compound one."""
    holder: Any
    field: str
    index: int | None
    other: Any
    text: str = ""

    @property
    def here(self) -> Any:
        value = getattr(self.holder, self.field)
        return value if self.index is None else value[self.index]

    def swap(self) -> None:
        """Changes the tree, and changes it back."""
        here = self.here
        if self.index is None:
            setattr(self.holder, self.field, self.other)
        else:
            getattr(self.holder, self.field)[self.index] = self.other
        self.other = here

    def code(self) -> CodeType:
        self.swap()
        code = compile(ast.fix_missing_locations(self.tree), str(self.path), "exec")
        self.swap()
        return code

    def describe(self) -> str:
        """The change in the smallest expression that shows it."""
        in_holder = isinstance(self.here, ast.Constant) and isinstance(self.holder, SHORT)
        texts = []
        for _ in range(2):
            texts.append(re.sub(r"\s+", " ", ast.unparse(self.holder if in_holder else self.here)))
            self.swap()
        return " -> ".join(texts)

    def __str__(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}:{self.lines.start} {self.text}"


def make(path: Path) -> list[Mutant]:
    """Every mutant of a module.  Their texts name no line, so that they outlive changes elsewhere."""
    mutants = [*Maker(path).within()]
    seen: Counter[str] = Counter()
    for mutant in mutants:
        text = ".".join(filter(None, (path.stem, mutant.function))) + ": " + mutant.describe()
        seen[text] += 1
        mutant.text = text + (f" ({seen[text]})" if seen[text] > 1 else "")
    return mutants


class Maker:
    """Walks the tree of a module."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tree = ast.parse(path.read_text())

    def within(
        self, holder: ast.AST | None = None, scope: str = "", function: str = "", lines: range = range(0)
    ) -> Iterator[Mutant]:
        holder = holder or self.tree
        for field, value in ast.iter_fields(holder):
            if field in NO_BEHAVIOUR or _only_checks(holder):
                continue
            inside = function or scope if isinstance(holder, ast.FunctionDef) and field == "body" else function
            for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if not isinstance(node, ast.AST):
                    continue
                own = lines
                if isinstance(node, ast.stmt) or (isinstance(holder, ast.stmt) and hasattr(holder, "orelse")):
                    own = range(node.lineno, (node.end_lineno or node.lineno) + 1)
                for other in _instead(holder, field, node):
                    yield Mutant(self.path, self.tree, inside, own, holder, field, index, other)
                named = isinstance(node, ast.FunctionDef | ast.ClassDef)
                yield from self.within(node, f"{scope}.{node.name}".strip(".") if named else scope, inside, own)


def _instead(holder: ast.AST, field: str, node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    is_condition = (type(holder), field) in CONDITIONS
    if is_condition:
        yield from (ast.Constant(value) for value in (True, False) if ast.unparse(node) != str(value))
    match node:
        case ast.BoolOp(op, values):
            for place in range(len(values)):
                rest = values[:place] + values[place + 1 :]
                yield ast.BoolOp(op, rest) if len(rest) > 1 else rest[0]
        case ast.Compare(left, ops, right):
            for place, op in enumerate(ops):
                yield ast.Compare(left, [*ops[:place], SWAPPED[type(op)](), *ops[place + 1 :]], right)
        case ast.BinOp(left, ast.Add() | ast.Sub() as op, right):
            yield ast.BinOp(left, SWAPPED[type(op)](), right)
        case ast.AugAssign(target, ast.Add() | ast.Sub() as op, value):
            yield ast.AugAssign(target, SWAPPED[type(op)](), value)
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield operand
        case ast.Constant(bool(value)) if not is_condition:
            yield ast.Constant(not value)
        case ast.Constant(int(value)) if not isinstance(value, bool):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.Call(ast.Name(name), arguments, keywords) if name in RENAMED:
            yield ast.Call(ast.Name(RENAMED[name], ast.Load()), arguments, keywords)
        case ast.match_case(pattern, None, body):
            yield ast.match_case(pattern, ast.Constant(False), body)
    if isinstance(node, ast.stmt) and _may_go(holder, node):
        yield ast.Pass()


def _only_checks(holder: ast.AST) -> bool:
    """Whether it is an assertion, `strict=` of a zip is one too, an import for types, what a value looks like in a
    traceback, or the size of a cache: `maxsize=`, and names that begin with `_MOST`.
    """
    match holder:
        case ast.If(test):
            return ast.unparse(test) == "TYPE_CHECKING"
        case ast.Assign([ast.Name(name)]):
            return name.startswith("_MOST")
        case ast.keyword(arg):
            return arg in ("strict", "maxsize", "repr")
        case _:
            return isinstance(holder, ast.Assert)


def _may_go(holder: Any, node: ast.stmt) -> bool:
    """Whether leaving a statement out is a change of its own: one alone under an `if` goes with its condition."""
    if isinstance(holder, ast.If) and not holder.orelse and len(holder.body) == 1:
        return False
    if isinstance(node, ast.Return):
        return not isinstance(holder, ast.FunctionDef)
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)
    return isinstance(node, ast.AugAssign | ast.Continue | ast.Break | ast.Raise)
