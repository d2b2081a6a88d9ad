"""Countries: what is taken for the code of one."""

import re
from collections.abc import Sequence

from domain.errors import InvalidField, InvalidInputError

COUNTRY_CODE = re.compile(r"[A-Z]{2}")
MALFORMED = "It must be a code of two letters, such as ET (ISO 3166-1)."


def known_country(text: str) -> str | None:
    """The code as it is stored; None if it is none."""
    code = text.strip().upper()
    return code if COUNTRY_CODE.fullmatch(code) else None


def require_country(text: str, field: str) -> str:
    """The code as it is stored. Raises InvalidInputError."""
    return require_countries([text], field)[0]


def require_countries(texts: Sequence[str], field: str) -> list[str]:
    """The codes as they are stored, each once, in their order. Raises InvalidInputError."""
    codes = [known_country(text) for text in texts]
    if None in codes:
        raise InvalidInputError([InvalidField((field,), MALFORMED)])
    return [code for code in dict.fromkeys(codes) if code is not None]
