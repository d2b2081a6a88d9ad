"""Relay global ids: the type's name and the row's UUID in base64, opaque to clients."""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from uuid import UUID

from resolvers.errors import BadInputError


@dataclass(frozen=True, slots=True)
class GlobalId:
    """A row of a GraphQL type."""

    type_name: str
    key: UUID

    @property
    def shown_type(self) -> str:
        """The type's name as a message may repeat it, whatever a client made of it."""
        return "".join(letter if letter.isalnum() else "?" for letter in self.type_name[:64])


def encode_id(type_name: str, key: UUID) -> str:
    """The global id of a row."""
    return b64encode(f"{type_name}:{key}".encode()).decode()


def decode_id(text: str) -> GlobalId:
    """The row that a global id names; raises BadInputError when the text is no such id."""
    try:
        type_name, _, key = b64decode(text, validate=True).decode().partition(":")
        return GlobalId(type_name, UUID(key))
    except (Base64Error, ValueError) as error:
        message = f"{shown(text)} is not an id of this API. Pass an id exactly as a query returned it."
        raise BadInputError(message) from error


def decode_id_of(type_name: str, text: str) -> UUID:
    """The key in a global id of the expected type; raises BadInputError for any other."""
    found = decode_id(text)
    if found.type_name != type_name:
        raise BadInputError(f"The id {shown(text)} names a {found.shown_type}; a {type_name} is expected.")
    return found.key


def shown(text: str) -> str:
    """A text from a client as a message may repeat it."""
    return repr(text if len(text) <= 80 else text[:77] + "…")  # noqa: PLR2004 - keeps the message readable
