"""The studio's own tongue: OpenAI's Videos API in its last form."""

from sorapipe.studio.dialects.dialect import Dialect

OPENAI = Dialect(name="openai")
