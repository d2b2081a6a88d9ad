"""Names of people, as accounts have them."""

from domain.errors import invalid
from models.accounts import NAME_LENGTH as LONGEST


def require_name(name: str, field: str, longest: int = LONGEST) -> str:
    """The name without needless white space. Raises InvalidInputError when it cannot be stored."""
    text = " ".join(name.split())
    if not 1 <= len(text) <= longest:
        raise invalid(field, f"It has {len(text)} characters; it needs 1 to {longest}.")
    if not text.isprintable():
        raise invalid(field, "It must not hold control characters. Remove them.")
    return text
