"""What a run may do: the plan that was agreed on, the budget, and its owner's consent."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Literal

from sorapipe.cli.options import confirmed
from sorapipe.errors import BudgetExceeded, one_line, printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from sorapipe.run.prepare import Options, Prepared
    from sorapipe.run.start import Terms


def judge(prepared: Prepared, said: Options, check: Callable[[Prepared], None] | None) -> None:
    """Refuse a plan that needs a server where none may be asked, or that is not the agreed one."""
    from sorapipe.run.before import all_there

    if said.offline:
        all_there(prepared)
    if check is not None:
        check(prepared)


def terms(
    args: argparse.Namespace, prepared: Prepared, said: Options, cap: Decimal | None
) -> Terms:
    """What may be spent: admitted by the budget and by the owner.

    Raises:
        BudgetExceeded: nothing may be begun, and nothing that was paid for waits to be fetched.
    """
    from sorapipe.core.planner import BUYS_NOTHING
    from sorapipe.run.admit import admit, held_by
    from sorapipe.run.before import waiting_here
    from sorapipe.run.leave import other_engine
    from sorapipe.run.start import Terms

    life, barred = prepared.loaded.storyboard.budget, BUYS_NOTHING if args.refetch else None
    held = held_by(prepared.tally, prepared.facts)
    try:
        admit(prepared.plan, life=life, run=args.budget, held=held, consent=args.yes)
        consent(args, prepared, said)
    except BudgetExceeded as error:
        if not waiting_here(prepared):
            raise
        barred = str(error)  # what is open here may be paid for: it is still seen through
    if life is not None and held is not None:
        life -= held - prepared.tally.committed  # bought at a price that nobody knew then
    if not args.quiet and (line := other_engine(prepared)) is not None:
        print(line, file=sys.stderr)
    return Terms(
        life=life,
        run=min((most for most in (args.budget, cap) if most is not None), default=None),
        barred=barred,
        concurrency=args.concurrency,
        offline=said.offline,
        lock=locking(args, said),
    )


def locking(args: argparse.Namespace, said: Options) -> Literal["no", "news", "anew"]:
    """What becomes of the lock: of the storyboard as it stands, so `--var` leaves it alone."""
    if said.lock:
        return "anew"
    return "no" if said.locked or args.var else "news"


def consent(args: argparse.Namespace, prepared: Prepared, said: Options) -> None:
    """Say the sum and the server; on a terminal ask, unless it is nothing or `--yes` was said."""
    from sorapipe.core.price import told

    price, unpriced = prepared.plan.price, len(prepared.plan.unpriced)
    if not args.quiet and not said.offline:
        provider = prepared.provider
        server = f"{prepared.address} ({provider.profile.name}; {provider.why})"
        sums = [f"may cost up to {told(price)}"] if price else []
        sums += [f"buys {unpriced} of unknown price"] if unpriced else []
        cost = ", and ".join(sums) or "adds no cost"
        print(printable(f"server: {server}; this run {cost}"), file=sys.stderr)
    key = prepared.provider.api_key
    for shot in prepared.loaded.storyboard.shots:
        if key.redact(shot.prompt) != shot.prompt:
            what = "its prompt has your API key in it, and is sent as it is"
            print(one_line(f"shot '{shot.id}'", what, "take it out"), file=sys.stderr)
    if not args.yes and (price or unpriced) and not confirmed():
        raise BudgetExceeded("run", "you said no", "nothing was sent")
