"""The documentation says what the code does: commands, links, storyboards, generated parts."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sorapipe import config_file
from sorapipe.cli.main import parser
from sorapipe.core.request import request_for
from sorapipe.load import load

ROOT = Path(__file__).parents[1]
PAGES = [
    *(
        ROOT / name
        for name in ("README.md", "CHANGELOG.md", "SECURITY.md", ".github/CONTRIBUTING.md")
    ),
    *sorted((ROOT / "docs").glob("*.md")),
]
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
COMMENT = re.compile(r"\s#\s.*")


def _commands() -> dict[str, argparse.ArgumentParser]:
    (choices,) = (action.choices for action in parser()._actions if action.choices)
    return dict(choices)  # type: ignore[call-overload]  # argparse types choices as any iterable


def _anchors(page: Path) -> set[str]:
    """The anchors that a page's headings have, as GitHub makes them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def _named_commands(page: Path) -> Iterator[list[str]]:
    """The words behind `sorapipe` wherever a page or an example shows a command line."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".md":
        blocks = [block for kind, block in FENCE.findall(text) if kind in ("sh", "text")]
        lines = [line for block in blocks for line in block.splitlines() if "usage:" not in line]
        lines = [line.removeprefix("$ ") for line in lines] + INLINE.findall(FENCE.sub("", text))
    else:
        lines = [
            line.lstrip("# ") for line in text.splitlines() if line.startswith("#   sorapipe ")
        ]
    for line in lines:
        found = re.search(r"(?:^|\.venv/bin/|&& )sorapipe (.*)", COMMENT.sub("", line))
        if found and not found[1].startswith(":"):
            yield shlex.split(found[1])


def test_the_generated_parts_of_the_documentation_are_up_to_date() -> None:
    """Help texts, state diagram and tables follow the code; the fault names what to run."""
    command = [sys.executable, "docs/generate.py", "--check"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_local_link_leads_somewhere(page: Path) -> None:
    """Files that a page links to or shows are there, and so are the headings."""
    wrong = []
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or not target.is_relative_to(ROOT):
            wrong.append(f"{link}: no such file")
        elif anchor and anchor not in _anchors(target):
            wrong.append(f"{link}: no such heading")
    assert wrong == []


@pytest.mark.parametrize(
    "page", [*PAGES, *sorted((ROOT / "examples").rglob("*.yaml"))], ids=lambda page: page.name
)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    """A `sorapipe` command in a page, with every option behind it, is one that the parser knows."""
    commands, wrong = _commands(), []
    for words in _named_commands(page):
        if words[0].startswith("-"):
            known, options = parser(), words
        elif words[0] in commands:
            known, options = _inner(commands[words[0]], words[1:])
        else:
            wrong.append(f"sorapipe {words[0]}")
            continue
        there = known._option_string_actions
        wrong += [
            f"sorapipe {words[0]} {word}"
            for word in options
            if word.startswith("-") and word.partition("=")[0] not in there
        ]
    assert wrong == []


def _inner(
    known: argparse.ArgumentParser, words: list[str]
) -> tuple[argparse.ArgumentParser, list[str]]:
    """The parser of `videos create` for the words behind `videos`; else the same."""
    for action in known._actions:
        if isinstance(action.choices, dict) and words and words[0] in action.choices:
            return action.choices[words[0]], words[1:]
    return known, words


def test_the_readme_names_every_command() -> None:
    """A newcomer finds each command in the README's table."""
    named = {words[0] for words in _named_commands(ROOT / "README.md")}
    assert set(_commands()) <= named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_storyboard_in_a_page_is_a_good_one(page: Path, tmp_path: Path) -> None:
    """What a page shows as a storyboard can be copied and loads without a fault."""
    shutil.copy(ROOT / "examples" / "pipelines" / "prompts.txt", tmp_path)  # one of them has it
    for number, (kind, block) in enumerate(FENCE.findall(page.read_text(encoding="utf-8"))):
        if kind == "yaml":
            path = tmp_path / f"{number}.yaml"
            path.write_text(block, encoding="utf-8")
            assert load(path, {}).storyboard.shots


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_config_in_a_page_is_a_good_one(page: Path, tmp_path: Path) -> None:
    """What a page shows as a config file can be copied and is read without a fault."""
    for kind, block in FENCE.findall(page.read_text(encoding="utf-8")):
        if kind == "toml":
            path = tmp_path / "config.toml"
            path.write_text(block, encoding="utf-8")
            assert config_file.read(path, {}).providers


def test_the_readmes_picture_is_of_the_shot_above_it(tmp_path: Path) -> None:
    """The README's first shot asks for what the first example renders, and shows a frame of."""
    shown = next(
        block for kind, block in FENCE.findall(PAGES[0].read_text("utf-8")) if kind == "yaml"
    )
    (tmp_path / "shown.yaml").write_text(shown, encoding="utf-8")
    example = ROOT / "examples" / "pipelines" / "01-one-shot.yaml"
    first, rendered = (
        load(path, {}).storyboard.shots[0] for path in (tmp_path / "shown.yaml", example)
    )
    assert request_for(first, 1) == request_for(rendered, 1)


def test_the_readmes_two_commands_are_single_lines_that_set_themselves_up() -> None:
    """Each makes its own environment, so that neither root nor a system-wide install is needed."""
    lines = [
        line
        for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("python3 ")
    ]
    assert len(lines) == 2
    assert all(
        line.startswith("python3 -m venv .venv && .venv/bin/pip install -q ") for line in lines
    )
    assert lines[0].endswith(".venv/bin/sorapipe run examples/pipelines/01-one-shot.yaml")
    assert lines[1].endswith(".venv/bin/python -m pytest")


def test_nothing_that_is_shipped_names_this_machine() -> None:
    """No page, example, script or workflow carries the path of somebody's machine."""
    own = [
        *PAGES,
        *(ROOT / "examples").rglob("*.yaml"),
        *(ROOT / ".ci").iterdir(),
        *(ROOT / ".github").rglob("*.yml"),
    ]
    home = re.compile(r"/(?:home|Users|root|work|opt)/\w")
    assert [str(path) for path in own if home.search(path.read_text(encoding="utf-8"))] == []
