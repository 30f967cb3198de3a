"""The house's rules about who may import whom, each with its reason (see docs/design.md)."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "sorapipe"
# The standard library as far as it neither touches the world nor asks it anything.
PURE = {"__future__", "collections", "dataclasses", "decimal", "difflib", "enum", "fnmatch"}
PURE |= {"functools", "hashlib", "itertools", "json", "math", "re", "typing", "unicodedata"}


@dataclass(frozen=True)
class Rule:
    """`who` may import of ours only what `only` names, or nothing that `never` names."""

    who: str
    reason: str
    only: tuple[str, ...] | None = None
    never: tuple[str, ...] = ()


RULES = [
    Rule(
        "core",
        "pure rules can be tested without a world, and every way of spending passes them",
        only=("core",),
    ),
    Rule(
        "videos",
        "the client is usable alone and knows nothing of storyboards",
        only=("videos", "errors", "clock"),
    ),
    Rule(
        "studio",
        "a server that shared code with its client would share its mistakes",
        only=("studio", "errors", "clock"),
    ),
    Rule(
        "media",
        "an MP4 is an MP4, whoever asked for it",
        only=("media", "videos", "errors", "files"),
    ),
    Rule("errors", "everybody raises them", only=()),
    Rule("clock", "time comes in from outside", only=("errors",)),
    Rule(
        "ledger",
        "it keeps events and judges none",
        never=("core", "run", "report", "cli", "videos", "studio", "media"),
    ),
    Rule(
        "store",
        "it keeps bytes, whatever they are",
        never=("core", "run", "report", "cli", "videos", "studio", "media"),
    ),
    Rule(
        "reader",
        "a document is read before anybody knows what it means",
        never=("run", "report", "cli", "videos", "studio", "media"),
    ),
    Rule(
        "schema",
        "what is valid does not depend on who would render it",
        never=("run", "report", "cli", "videos", "studio", "media"),
    ),
    Rule(
        "load",
        "a storyboard means the same, whichever server is asked",
        never=("run", "report", "cli", "videos", "studio", "config"),
    ),
    Rule(
        "config",
        "it chooses a server; it neither asks one nor plans for it",
        never=("run", "report", "cli", "studio", "media", "core"),
    ),
    Rule(
        "run", "a run is told by others and looks like nothing by itself", never=("report", "cli")
    ),
    Rule(
        "report",
        "it tells what a run knows; printing and asking is the door's",
        never=("cli", "studio"),
    ),
]
ONLY_THE_DOOR = {
    "cli": "the door opens inwards: nothing in the house knows that there is a command line",
    "report": "rooms hand over facts, and the door chooses the words they are told in",
}
ALLOWED_LINES = 300


@cache
def _modules() -> dict[str, Path]:
    """Every module of the package by its dotted name; a package's face has the package's own."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = ["sorapipe", *path.relative_to(PACKAGE).with_suffix("").parts]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_modules()[module].read_text(encoding="utf-8"))


def _imports(module: str, nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of what those nodes import; a module in a package by its whole name."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: imports are absolute here"
            assert node.module is not None
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield node.lineno, whole if whole in _modules() else node.module


def _everywhere(module: str) -> list[tuple[int, str]]:
    """Everything that the module imports, inside functions too."""
    return list(_imports(module, ast.walk(_tree(module))))


def _at_load(module: str) -> list[str]:
    """What importing the module imports at once, not what waits in functions."""
    return [name for _, name in _imports(module, _loaded_nodes(_tree(module)))]


def _loaded_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            for other in child.orelse:
                yield from (other, *_loaded_nodes(other))
            continue
        yield from (child, *_loaded_nodes(child))


def _room(module: str) -> str:
    """The room a module is in: `core` for sorapipe.core.take; '' for the face."""
    return module.split(".")[1] if "." in module else ""


def _of_room(room: str) -> list[str]:
    """Its modules; `ledger` stands for ledger_faults and the like too, which are parts of it."""
    return [
        module
        for module in _modules()
        if _room(module) == room or _room(module).startswith(room + "_")
    ]


def _family(room: str) -> str:
    """`ledger` for ledger_faults: a room that outgrew its file."""
    return next(
        (name for name in ("ledger", "schema", "yaml", "config") if room.startswith(name + "_")),
        room,
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.who)
def test_a_room_imports_only_what_its_rule_allows(rule: Rule) -> None:
    """No module of the room imports, even in a function, what the rule's reason speaks against."""
    modules = _of_room(rule.who)
    assert modules, f"there is no room {rule.who}; remove its rule"
    wrong = []
    for module in modules:
        for line, name in _everywhere(module):
            room = _family(_room(name))
            if not name.startswith("sorapipe") or room in ("", rule.who):
                continue
            if room in rule.never or (rule.only is not None and room not in rule.only):
                wrong.append(f"{_modules()[module]}:{line} imports {name}; {rule.reason}")
    assert wrong == []


def test_core_uses_nothing_but_pure_parts_of_the_standard_library() -> None:
    """Nothing in core does I/O, tells time, rolls dice or awaits: it imports nothing that can."""
    wrong = []
    for module in _of_room("core"):
        for line, name in _everywhere(module):
            if not name.startswith("sorapipe.core") and name.partition(".")[0] not in PURE:
                wrong.append(f"{_modules()[module]}:{line} imports {name}")
        for node in ast.walk(_tree(module)):
            if isinstance(node, ast.AsyncFunctionDef | ast.Await):
                wrong.append(f"{_modules()[module]}:{node.lineno} awaits")
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("open", "print", "input")
            ):
                wrong.append(f"{_modules()[module]}:{node.lineno} calls {node.func.id}")
            elif isinstance(node, ast.Attribute) and node.attr in ("now", "today", "utcnow"):
                wrong.append(f"{_modules()[module]}:{node.lineno} asks what time it is")
    assert wrong == []


@pytest.mark.parametrize("room", ONLY_THE_DOOR)
def test_only_the_door_imports_the_rooms_that_speak(room: str) -> None:
    """Nothing but cli (and the room itself, and `__main__` for cli) imports cli or report."""
    wrong = []
    for module in _modules():
        if _room(module) in ("cli", room) or module == "sorapipe.__main__":
            continue
        wrong += [
            f"{module}:{line} imports {name}; {ONLY_THE_DOOR[room]}"
            for line, name in _everywhere(module)
            if _room(name) == room
        ]
    assert wrong == []


def test_the_studio_is_met_over_the_wire_alone() -> None:
    """Two modules open the studio, to serve it and to talk to it; none else knows its insides."""
    doors = {"sorapipe.run.connect", "sorapipe.cli.serve"}
    rooms = [module for module in _modules() if _room(module) != "studio"]
    users = {one for one in rooms if any(_room(name) == "studio" for _, name in _everywhere(one))}
    assert users == doors


def test_siblings_are_imported_themselves_and_never_through_a_face() -> None:
    """A name comes from the module that has it, so faces stay thin and nothing loads on the way."""
    faces = {module for module, path in _modules().items() if path.name == "__init__.py"} - {
        "sorapipe"
    }
    wrong = [
        f"{module}:{line} imports the face {name}"
        for module in _modules()
        for line, name in _everywhere(module)
        if name in faces
    ]
    assert wrong == []


@pytest.mark.parametrize("room", ["cli", "core", "media", "report", "run", "studio", "videos"])
def test_a_face_has_a_docstring_and_no_machinery(room: str) -> None:
    """A package's `__init__` says what the room is, and at most names what is meant for outside."""
    body = _tree(f"sorapipe.{room}").body
    assert ast.get_docstring(_tree(f"sorapipe.{room}"))
    allowed = (ast.Expr, ast.ImportFrom, ast.Assign)
    others = [node for node in body if not isinstance(node, allowed)]
    # Names of heavy modules are loaded when they are asked for, and known to type checkers before.
    lazy = [
        node
        for node in others
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
    ]
    assert [type(node).__name__ for node in others if node not in lazy] == []


def test_no_module_needs_itself_to_be_imported() -> None:
    """At load time imports go round in no circle."""
    edges = {
        module: sorted({name for name in _at_load(module) if name in _modules()})
        for module in _modules()
    }
    done: set[str] = set()
    for start in edges:
        assert (circle := _circle(edges, start, [], done)) is None, " -> ".join(circle)


def _circle(
    edges: dict[str, list[str]], module: str, way: list[str], done: set[str]
) -> list[str] | None:
    if module in way:
        return [*way[way.index(module) :], module]
    if module in done:
        return None
    for name in edges[module]:
        if name != module and (found := _circle(edges, name, [*way, module], done)):
            return found
    done.add(module)
    return None


def test_every_import_is_ours_the_standard_librarys_or_declared() -> None:
    """A package that is imported stands in pyproject's dependencies, and nothing else does."""
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    declared = {
        word.partition(">")[0].partition("[")[0].strip().lower() for word in project["dependencies"]
    }
    as_imported = {"yaml": "pyyaml", "PIL": "pillow", "python_multipart": "python-multipart"}
    tops = {name.partition(".")[0] for module in _modules() for _, name in _everywhere(module)}
    foreign = {
        as_imported.get(top, top)
        for top in tops
        if top not in sys.stdlib_module_names and top != "sorapipe"
    }
    assert foreign == declared


@pytest.mark.parametrize("module", _modules())
def test_no_file_is_longer_than_it_can_be_read(module: str) -> None:
    """A file has at most 300 lines: one that wants more has two things to say."""
    lines = _modules()[module].read_text(encoding="utf-8").count("\n")
    assert lines <= ALLOWED_LINES, f"{module} has {lines} lines"
