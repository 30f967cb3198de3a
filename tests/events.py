"""One valid example of every event that the ledger knows, for the tests."""

from __future__ import annotations

import hashlib
from typing import Any

MARK = hashlib.sha256(b"a take").hexdigest()
BYTES = hashlib.sha256(b"its bytes").hexdigest()
RENDER = "0123456789abcdef" * 2

REQUEST: dict[str, Any] = {
    "operation": "create",
    "prompt": "a lighthouse",
    "model": "sora-2",
    "seconds": 4,
    "size": "1280x720",
}
_TAKE = {"fp": MARK, "take": "dawn@1"}
_SENT = {**_TAKE, "render": RENDER}
_KEPT = {"sha256": BYTES, "bytes": 1000, "video": "video_1", "expires_at": None}

EXAMPLES: dict[str, dict[str, Any]] = {
    "run-started": {
        "run": "r1",
        "sorapipe": "0.1.0",
        "storyboard": MARK,
        "provider": "local",
        "address": "studio",
        "render": 1,
        "reuse": 0,
        "blocked": 0,
        "price": 0.4,
    },
    "run-ended": {
        "run": "r1",
        "exit": 0,
        "wanted": 1,
        "made": 1,
        "reused": 0,
        "failed": {},
        "blocked": {},
        "creates": 1,
        "cost": 0.4,
        "in_flight": {},
        "unknown": {},
    },
    "intent": {
        **_SENT,
        "price": 0.4,
        "provider": "local",
        "address": "studio",
        "number": 1,
        "request": REQUEST,
        "source": {
            "kind": "frame",
            "sha256": BYTES,
            "frame": "last",
            "fit": "exact",
            "size": "1280x720",
        },
        "parent": None,
        "wall": 1700000000.0,
    },
    "not-sent": {**_SENT, "why": "no connection"},
    "throttled": {**_SENT, "why": "429", "retry_after": 2.0},
    "rejected": {**_SENT, "why": "400", "status": 400},
    "ambiguous": {**_SENT, "why": "no whole answer in time"},
    "accepted": {**_SENT, "video": "video_1", "expires_at": None},
    "adopted": {**_SENT, "video": "video_1", "matched_on": "list"},
    "absent": {**_SENT, "why": "the server's complete list does not have it"},
    "unknown": {**_SENT, "why": "several videos may be it"},
    "started": {**_TAKE, "video": "video_1"},
    "rendered": {**_TAKE, "video": "video_1", "expires_at": 1700003600.0, "told_cost": 0.3},
    "failed": {**_TAKE, "video": "video_1", "why": "moderation", "code": "moderation_blocked"},
    "lost": {**_TAKE, "why": "expired before it was fetched"},
    "kept": {
        **_TAKE,
        **_KEPT,
        "seconds": 4.0,
        "size": "1280x720",
        "flags": [],
        "address": "studio",
        "cost": 0.4,
    },
    "reused": {**_TAKE, **_KEPT, "address": None},
    "missing": _TAKE,
    "again": {**_TAKE, "reason": "forced"},
    "resubmitted": {**_TAKE, "why": "its owner said so"},
    "written-off": {**_TAKE, "why": "its owner said so"},
    "duplicate": {**_SENT, "video": "video_2", "price": 0.4, "address": "studio"},
    "duplicate-kept": {
        **_TAKE,
        "video": "video_2",
        "sha256": BYTES,
        "bytes": 1000,
        "file": "takes/dawn@1.late-1.mp4",
    },
    "duplicate-lost": {**_TAKE, "video": "video_2", "why": "gone", "cost": 0.0},
    "blocked": {"take": "dawn@1", "why": "parent 'night' was not made"},
    "picked": {"shot": "dawn", "number": 1, "fp": MARK},
    "delivered": {**_TAKE, "file": "dawn.mp4", "sha256": BYTES, "bytes": 1000, "mtime_ns": 1},
    "cleaned": {**_TAKE, "file": "dawn.mp4", "sha256": BYTES},
    "removed": {**_TAKE, "video": "video_1", "address": "studio"},
}


def event(name: str, **changes: Any) -> dict[str, Any]:
    """An event as the ledger hands it over: the example of that name, with other values."""
    return {
        "v": 1,
        "seq": 1,
        "at": "2026-01-01T00:00:00.000+00:00",
        "event": name,
        **EXAMPLES[name],
        **changes,
    }
