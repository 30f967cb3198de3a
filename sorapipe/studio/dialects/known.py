"""All dialects, by the names of the client's profiles."""

from __future__ import annotations

import difflib

from sorapipe.errors import UsageError
from sorapipe.studio.dialects.azure import AZURE
from sorapipe.studio.dialects.dialect import Dialect
from sorapipe.studio.dialects.litellm import LITELLM
from sorapipe.studio.dialects.new_api import NEW_API
from sorapipe.studio.dialects.openai import OPENAI
from sorapipe.studio.dialects.openrouter import OPENROUTER
from sorapipe.studio.dialects.sglang import SGLANG
from sorapipe.studio.dialects.vllm_omni import VLLM_OMNI

_ALL = (AZURE, LITELLM, NEW_API, OPENAI, OPENROUTER, SGLANG, VLLM_OMNI)
DIALECTS = {dialect.name: dialect for dialect in _ALL} | {"generic": OPENAI, "local": OPENAI}


def dialect_of(name: str) -> Dialect:
    """The dialect of that name; raises UsageError."""
    if name in DIALECTS:
        return DIALECTS[name]
    near = difflib.get_close_matches(name, DIALECTS, n=1)
    fix = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(sorted(DIALECTS))}"
    raise UsageError("--profile", f"the studio does not speak '{name[:100]}'", fix)
