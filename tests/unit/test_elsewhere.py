"""What is looked at between a take's turn and its paid request."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from sorapipe.run.elsewhere import Elsewhere
from sorapipe.run.hands import GiveUp
from tests.plans import facts


@pytest.mark.parametrize("refetch", [False, True])
def test_a_run_that_brings_back_sends_nothing_again(refetch: bool) -> None:
    """What was in flight and never accepted is bought by the next run, not by `--refetch`."""
    hands: Any = SimpleNamespace(
        leases=SimpleNamespace(take=lambda mark: True),
        shelf=SimpleNamespace(forget=lambda mark: None, get=lambda mark: None),
    )
    board: Any = SimpleNamespace(facts=facts(refetch=refetch), planned={})
    work: Any = SimpleNamespace(fingerprint="f", shot=object())
    nobody: Any = None
    cleared = Elsewhere(hands, board, {"f": []}, nobody, nobody).cleared(work)
    if refetch:
        with pytest.raises(GiveUp, match="--refetch buys nothing"):
            asyncio.run(cleared)
    else:
        assert asyncio.run(cleared)
