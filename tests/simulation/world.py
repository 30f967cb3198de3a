"""One seed, played: runs of the real `sorapipe run` on a simulated machine, one after the other."""

from __future__ import annotations

import argparse
import contextlib
import functools
import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import sorapipe.cli.resolve
import sorapipe.cli.run
import sorapipe.clock
import sorapipe.files
import sorapipe.run.start
import sorapipe.videos.client
from sorapipe.cli.exits import exit_code
from sorapipe.cli.main import parser
from sorapipe.config import Provider
from sorapipe.config_file import Limits
from sorapipe.errors import SorapipeError
from sorapipe.load import Loaded
from sorapipe.videos.profile import Model, Profile
from tests.simulation import system
from tests.simulation.loop import Dead, Loop, Stuck
from tests.simulation.machine import Machine
from tests.simulation.network import Network
from tests.simulation.nodes import ROOT, File
from tests.simulation.scenario import CALM, PRICE, SETTLE, Scenario, Session
from tests.simulation.server import Render, Server
from tests.simulation.story import End, Story

MOST_TURNS = 60_000  # of the event loop in one run
SETTLING = 5  # runs in calm weather after which everything must have come to rest


class World(Machine):
    """The machine, the network and the server of one seed. `told` keeps the trace as text."""

    def __init__(self, seed: int, *, told: bool = False) -> None:
        said: list[str] = []
        super().__init__(seed, said if told else None)
        one = self.scenario
        self.server = Server(one.kind, one.weather, Random(f"server {seed}"))
        books = self.server
        self.story = Story(one, books.posts, books.renders, books.looks, said=said)
        self.calm = False
        self._count = 0
        self._profile = _profile(one)

    # What is done on it.

    def play(self) -> Story:
        """The whole scenario, then calm weather until everything has come to rest."""
        with system.on(self):
            for session in self.scenario.sessions:
                end = self._play(session)
                if self.scenario.impatient and end.exit == 3:
                    self._owner(session.project)
            self.calm = True
            for project in range(self.scenario.projects):
                self._settle(project)
                if self.scenario.owner and self._owner(project):
                    self._settle(project)
        self._collect()
        return self.story

    def _settle(self, project: int) -> None:
        """Run until nothing changes any more, as a patient owner would."""
        before: tuple[object, ...] = ()
        for number in range(SETTLING):
            again = self.scenario.retry_failed and number == 0
            end = self._play(Session(project=project, retry_failed=again, pause=60.0))
            now = (end.exit, len(self.server.posts), self._ledger(project).count(b"kept"))
            if now == before or end.exit == 0:
                return
            before = now

    def _play(self, session: Session) -> End:
        self.expect(session)
        self.disk.room = 1 << 40
        end = self._command(session, _arguments(self.scenario, session), sorapipe.cli.run.run)
        if end.exit is None and session.blow == "power":
            self.disk.power_cut(self.chance)
        else:
            self.disk.killed()
        self.time += session.pause
        return end

    def _command(self, session: Session, args: Any, command: Any) -> End:
        """Run one command to its end, or until the process is killed."""
        begun, words, self.dead = self.time, _Stderr(self), False
        exit_: int | None = None
        self._count += 1
        with contextlib.redirect_stderr(words):
            try:
                exit_ = int(command(args))
            except Dead:
                pass
            except SorapipeError as error:
                words.write(f"{error}\n")
                exit_ = int(exit_code(error))
            except Stuck as error:
                words.write(f"STUCK: {error}\n")
                exit_ = 70
            except Exception as error:
                where = _place(error)
                words.write(f"FAULT: {type(error).__name__}: {error} ({where})\n")
                exit_ = 70
        if self.loop is not None:
            self.time, self.loop = self.loop.time(), None
        text = words.getvalue()
        self.note("exit", exit_, text)
        end = End(
            project=session.project,
            command=args.command,
            begun=begun,
            ended=self.time,
            exit=exit_,
            text=text,
            disturbed=not self.calm,
            retry_failed=session.retry_failed,
        )
        self.story.ends.append(end)
        return end

    def _owner(self, project: int) -> bool:
        """The owner looks at the bill and settles what is open; says whether anything was."""
        self.expect(Session(project=project))
        last = self.story.ends[-1]
        names = [
            line.split(":")[0] for line in last.text.splitlines() if "may have been paid" in line
        ]
        for name in names:
            bought = self._bought(project, name)
            if bought is not None and self.chance.random() < 0.7:  # else its owner is mistaken
                how = ["--adopt", bought.id]
            elif self.chance.random() < 0.3:
                how = ["--write-off"]
            else:
                how = ["--resubmit"]
                self.story.consents.append((project, name, self.time))
            args = _parsed(
                "resolve", f"{ROOT}/{project}/board.yaml", name, "--out", _out(project), *how
            )
            self._command(Session(project=project), args, sorapipe.cli.resolve.run)
            self.disk.killed()
            self.time += 60.0
        return bool(names)

    def _bought(self, project: int, name: str) -> Render | None:
        """What the open request of that take really bought."""
        key = ""
        for line in self._ledger(project).splitlines():
            if b'"event":"intent"' in line and f'"take":"{name}"'.encode() in line:
                key = line.partition(b'"render":"')[2][:32].decode()
        found = (one for one in self.server.renders.values() if one.post.key == key)
        return next(found, None)

    def _ledger(self, project: int) -> bytes:
        folder = self.disk.folders.get(_out(project))
        file = folder.names.get("ledger.jsonl") if folder else None
        return bytes(file.data) if isinstance(file, File) else b""

    def is_durable(self, project: int, word: str) -> bool:
        """Whether the ledger of that project has the word on the medium."""
        folder = self.disk.folders.get(_out(project))
        file = folder.names.get("ledger.jsonl") if folder else None
        return isinstance(file, File) and word.encode() in file.called_durable()

    def _collect(self) -> None:
        for path, folder in self.disk.folders.items():
            for name, node in folder.names.items():
                if isinstance(node, File):
                    self.story.files[f"{path}/{name}"] = bytes(node.data)
        self.story.trace = self.trace()

    # What the real code is handed.

    def opened(self, args: Any) -> tuple[Loaded, Provider]:
        """The storyboard and the server, in the place of `cli.options.open_storyboard`."""
        loaded = Loaded(
            storyboard=self.scenario.storyboard,
            path=Path(args.storyboard),
            folder=Path(f"{ROOT}/{self.session.project}"),
            problems=(),
            digest="0" * 64,
            references={},
            document=None,  # type: ignore[arg-type]  # only needs that are not met look into it
        )
        provider = Provider(
            name="simulated",
            profile=self._profile,
            base_url="https://simulated.test/v1",
            concurrency=self.scenario.concurrency,
            limits=Limits(settle_timeout=SETTLE),
        )
        return loaded, provider

    def run(self, coroutine: Any) -> Any:
        """In the place of `asyncio.run`."""
        chance = self.chance
        delay = lambda: chance.choice((0.0, 0.0, 0.002, 0.05))  # noqa: E731
        self.loop = Loop(self.time, delay, MOST_TURNS)
        try:
            return self.loop.run(coroutine)
        finally:
            self.time = self.loop.time()

    def network(self) -> Network:
        """In the place of an `HttpSender`."""
        weather = CALM if self.calm else self.scenario.weather
        network = Network(self.server, self, self.session.project, self._count, self.chance)
        network.weather = weather
        return network


class _Stderr(io.StringIO):
    """Our error output; a dead process writes nothing."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def write(self, text: str) -> int:
        return len(text) if self._world.dead else super().write(text)


def _profile(one: Scenario) -> Profile:
    kind = one.kind
    return Profile(
        name="simulated",
        checked=date(2026, 11, 22),
        list=kind.worth,
        list_complete=kind.worth != "none",  # it may not be, in truth: see Kind
        idempotency=kind.keys,
        remix=kind.remix,
        failures_free=kind.failures_free,
        models={"sora-2": Model(prices={"any": PRICE})},
    )


def _out(project: int) -> str:
    return f"{ROOT}/{project}/out"


def _arguments(one: Scenario, session: Session) -> argparse.Namespace:
    words = ["run", f"{ROOT}/{session.project}/board.yaml", "--out", _out(session.project)]
    words += ["--store", f"{ROOT}/{session.project}/store", "--quiet"]
    words += ["--retry-failed"] if session.retry_failed else []
    args = _parsed(*words)
    budget: Decimal | None = one.run_budget
    return argparse.Namespace(**{**vars(args), "budget": budget})


@functools.cache
def _parsed(*words: str) -> argparse.Namespace:
    args = _parser().parse_args(words)
    args.command = words[0]
    return args


@functools.cache
def _parser() -> argparse.ArgumentParser:
    return parser()


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
