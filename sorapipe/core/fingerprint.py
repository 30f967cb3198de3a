"""The fingerprint of a take: equal when, and only when, the same thing would be bought.

What counts: the request, the take's number, the digest of what it starts from (with the frame's
name, `fit` and size where a picture is made from it), and the provider's name. What never counts:
ids, paths, tags, names of files, the order or spelling of keys, bytes that we encode, addresses.

The form is versioned. Changing anything here without raising VERSION would re-buy, or worse
wrongly reuse, what people already have; `tests/unit/test_fingerprint.py` holds golden values.
"""

from __future__ import annotations

import hashlib

from sorapipe.core.request import Request, Source, canonical

VERSION = 1


def fingerprint(request: Request, take: int, source: Source | None, provider: str) -> str:
    """64 hexadecimal digits for that take of that request at the provider of that name."""
    form = {
        "v": VERSION,
        "provider": provider,
        "take": take,
        "request": request.as_data(),
        "source": source.as_data() if source else None,
    }
    return hashlib.sha256(canonical(form)).hexdigest()
