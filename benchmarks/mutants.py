"""How many small faults the tests find.

    python benchmarks/mutants.py --count 50 --seed 1
    python benchmarks/mutants.py --count 8 --module tasks/forecast/split --quick

A mutant is the source with one small fault: a boundary moved, `+` for `-`, `any` for `all`; each kind is as likely as
the next. Each mutant runs in a scratch copy, first against the test files that bear the name of its module or of a
package around it, then against every other one that imports the package. One that lives is a behaviour that no test
asks for, or a change without an effect: read it and say which.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SOURCE, TESTS = Path("src/seqsweep"), Path("tests")

BOUNDARIES = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
              ast.Mod: ast.Mult, ast.Pow: ast.Mult}  # fmt: skip
NAMES = {"min": "max", "max": "min", "all": "any", "any": "all"}
DEFAULTS = {"get": 1, "getattr": 2, "next": 1}  # the place of the default among the arguments


@dataclass(frozen=True, eq=False)
class Mutant:
    """One fault in one module."""

    file: Path  # below SOURCE
    tree: ast.Module
    kind: str
    before: Any  # a node of the tree
    after: ast.AST

    def __str__(self) -> str:
        return f"{self.file}:{self.before.lineno} {self.kind}: {short(self.before)}  →  {short(self.after)}"


def main() -> None:
    options = arguments()
    files = sorted(file.relative_to(ROOT / SOURCE) for file in (ROOT / SOURCE).rglob("*.py"))
    wanted = (mutant for file in files if str(file).startswith(options.module) for mutant in mutants(file))
    found = [mutant for mutant in wanted if mutant.kind in (options.kinds or mutant.kind)]
    chosen = choose(found, options.count, random.Random(options.seed))
    print(f"{len(found)} mutants of {options.module or SOURCE}, {len(chosen)} of them tried with seed {options.seed}")
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as place:
        scratch = shutil.copytree(ROOT, Path(place, "copy"), ignore=shutil.ignore_patterns(".*", "__py*", "mlruns"))
        healthy: dict[Path, bool] = {}
        for number, mutant in enumerate(chosen, 1):
            begun = time.monotonic()
            result = verdict(mutant, scratch, healthy, options)
            counts[result] += 1
            print(f"[{number}/{len(chosen)}] {result:<7} {time.monotonic() - begun:4.0f} s  {mutant}", flush=True)
    print(", ".join(f"{result}: {count}" for result, count in counts.items()))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=50, help="mutants to try")
    parser.add_argument("--seed", type=int, default=1, help="of the choice")
    parser.add_argument("--module", default="", help="how the path below src/seqsweep begins, such as evidence/")
    parser.add_argument("--kinds", nargs="*", help="leave out any other kind, such as boundary, constant, not")
    parser.add_argument("--timeout", type=float, default=300.0, help="seconds that one file of tests may take")
    parser.add_argument("--own", action="store_true", help="tests of other packages only where there are no own")
    parser.add_argument("--quick", action="store_true", help="leave out what is marked slow or keras")
    return parser.parse_args()


def choose(found: list[Mutant], count: int, generator: random.Random) -> list[Mutant]:
    """At most `count` of them, each kind as likely: a condition turned round is frequent, and easy to find."""
    kinds: dict[str, list[Mutant]] = {}
    for mutant in generator.sample(found, len(found)):
        kinds.setdefault(mutant.kind, []).append(mutant)
    return [mutant for turn in zip_longest(*kinds.values()) for mutant in turn if mutant is not None][:count]


def verdict(mutant: Mutant, scratch: Path, healthy: dict[Path, bool], options: argparse.Namespace) -> str:
    """Whether the tests tell the mutant from the source."""
    target = scratch / SOURCE / mutant.file
    source = target.read_text()
    for test in tests_of(mutant.file, scratch, options.own):
        if test not in healthy:  # a test that fails anyway kills nothing
            healthy[test] = passes(test, scratch, options) == 0
        if not healthy[test]:
            return f"{test} fails without it"
        target.write_text(ast.unparse(copy.deepcopy(mutant.tree, {id(mutant.before): mutant.after})))
        code = passes(test, scratch, options)
        target.write_text(source)
        if code != 0:
            return "timeout" if code is None else "killed"
    return "LIVED"


def passes(test: Path, scratch: Path, options: argparse.Namespace) -> int | None:
    """0: the tests pass; another number: one fails; None: they do not end."""
    marks = ["-m", "not slow and not keras"] if options.quick else []
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *marks, str(test)]
    own = {"PYTHONPATH": str(scratch / "src"), "PYTHONDONTWRITEBYTECODE": "1"}  # two mutants may be of one second
    quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    process = subprocess.Popen(command, cwd=scratch, env=os.environ | own, start_new_session=True, **quiet)
    try:
        code = process.wait(options.timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()
        return None
    return 0 if code == 5 else code  # 5: all are left out


def tests_of(file: Path, root: Path, own_alone: bool) -> list[Path]:
    """The files of tests for a module: those that bear its name or a package's around it, then what imports these."""
    parts = file.with_suffix("").parts
    tests = [test.relative_to(root) for test in (root / TESTS).rglob("test_*.py") if test.stem != "test_architecture"]
    named = {test: sum(f"_{part}_" in f"{test.stem}_" for part in parts) for test in tests}
    enough = own_alone and any(named.values())
    found = [test for test in tests if named[test] or (not enough and parts[0] in imported(root / test))]
    return sorted(found, key=lambda test: (-named[test], (root / test).stat().st_size))


def imported(test: Path) -> set[str]:
    """The packages of seqsweep that a file of tests imports."""
    nodes = [node for node in ast.walk(ast.parse(test.read_text())) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in nodes if (node.module or "").startswith("seqsweep")]
    return {f"{node.module}.{alias.name}".split(".")[1] for node in ours for alias in node.names}


def mutants(file: Path) -> list[Mutant]:
    """Every mutant of a module; annotations and decorators are left alone."""
    tree = ast.parse((ROOT / SOURCE / file).read_text())
    notes = [getattr(node, name, None) for node in ast.walk(tree) for name in ("annotation", "returns")]
    notes += [decorator for node in ast.walk(tree) for decorator in getattr(node, "decorator_list", [])]
    inside = {id(inner) for note in notes if note for inner in ast.walk(note)}
    nodes = (node for node in ast.walk(tree) if id(node) not in inside)
    return [Mutant(file, tree, kind, node, after) for node in nodes for kind, after in changed(node)]


def changed(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Each fault that a node can have, by its kind."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in BOUNDARIES:
            yield "boundary", with_(node, ops=[BOUNDARIES[type(op)]()])
        case ast.BinOp(op=op) if type(op) in ARITHMETIC:
            yield "arithmetic", with_(node, op=ARITHMETIC[type(op)]())
        case ast.Constant(value=bool(value)):
            yield "switch", with_(node, value=not value)
        case ast.Constant(value=int(value)):
            yield "constant", with_(node, value=value + 1)
        case ast.Constant(value=float(value)):
            yield "constant", with_(node, value=2 * value or 1.0)
        case ast.BoolOp(op=op):
            yield "and/or", with_(node, op=ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "not", operand
        case ast.IfExp(test=test) | ast.If(test=test) if ast.unparse(test) != "TYPE_CHECKING":
            yield "not", with_(node, test=ast.UnaryOp(ast.Not(), test))
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            yield from changed_call(node, name)


def changed_call(node: ast.Call, name: str) -> Iterator[tuple[str, ast.AST]]:
    if name in NAMES:
        yield "name", with_(node, func=with_(node.func, id=NAMES[name], attr=NAMES[name]))
    if len(node.args) > DEFAULTS.get(name, 9):
        yield "default", with_(node, args=node.args[: DEFAULTS[name]])
    kept = [keyword for keyword in node.keywords if keyword.arg != "default"]
    if len(kept) < len(node.keywords):
        yield "default", with_(node, keywords=kept)


def with_(node: ast.AST, **fields: object) -> ast.AST:
    """A copy of a node with other fields."""
    return type(node)(**{name: fields.get(name, value) for name, value in ast.iter_fields(node)})


def short(node: ast.AST) -> str:
    return textwrap.shorten(ast.unparse(node), 100, placeholder=" …")


if __name__ == "__main__":
    main()
