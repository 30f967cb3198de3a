"""What `sorapipe providers check` found, told as text and as data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sorapipe.config import Provider
from sorapipe.errors import printable
from sorapipe.run.prepare import address_of
from sorapipe.videos.findings import Findings

_FEW = 12  # models that a line names


def as_data(provider: Provider, found: Findings) -> dict[str, Any]:
    """The findings for programs."""
    return {
        "name": provider.name,
        "profile": provider.profile.name,
        "address": address_of(provider),
        "reachable": not found.trouble,
        "key_sent": bool(provider.api_key),
        **asdict(found),
    }


def as_text(provider: Provider, found: Findings) -> str:
    """The findings for people; nothing was rendered to get them."""
    head = f"{provider.name} at {address_of(provider)}, as {provider.profile.name}"
    if found.trouble:
        return printable(f"{head}: not reached; {found.trouble}")
    lines = [f"{head}: reached"]
    if not found.probes:
        return lines[0]
    sent = f"the key of {provider.key_from}" if provider.api_key else "no key"
    lines.append(f"credentials: {sent}, {found.key}")
    lines += [f"  {probe.status}  {probe.asked}  {probe.said}".rstrip() for probe in found.probes]
    lines += [f"  no answer  {asked}" for asked in found.silent]
    if found.likely:
        lines.append(f"it shows signs of: {', '.join(found.likely)}")
    if found.abilities:
        can = [name for name, there in found.abilities.items() if there]
        lines.append(f"it says that it has: {', '.join(can) or 'none of what was looked for'}")
    if found.models:
        more = f" and {len(found.models) - _FEW} more" if len(found.models) > _FEW else ""
        lines.append(f"models: {', '.join(found.models[:_FEW])}{more}")
    lines += [f"differs: {difference}" for difference in found.differences]
    if found.stranger:
        lines.append("it answers, but not as a Videos API: is the address right, with its /v1?")
    if found.key == "refused":
        lines.append("without a key that it accepts, nobody can say more")
    elif not found.differences and not found.stranger:
        lines.append("nothing differs from the profile, as far as that can be asked for")
    return "\n".join(map(printable, lines))
