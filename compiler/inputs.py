"""What a plan takes from each request: values found in the variables, converted, and handed to SQL or to the shape."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Date, DateTime, Float, Integer, Numeric, Text, Uuid, bindparam
from sqlalchemy.types import TypeEngine

from compiler.parameters import Path

ACCOUNT = "the viewer's account"
GUEST = "the viewer's guest"
"""Where their keys stand among the variables; no variable can be called so."""

ROW = "the row to show"
"""The same of the key of a row that an operation does not name itself."""

TYPES: Mapping[str, TypeEngine[Any]] = {
    "Date": Date(),
    "DateTime": DateTime(timezone=True),
    "Decimal": Numeric(),
    "Float": Float(),
    "ID": Text(),
    "Int": Integer(),
}
"""The SQL types of scalars; all others are text."""


@dataclass(frozen=True, slots=True)
class Input:
    """A value of a request: where it stands in the variables, and what is made of it. Raises what `convert` does."""

    path: Path
    convert: Callable[[Any], Any] | None = None

    def read(self, variables: Mapping[str, Any]) -> Any:
        """The value in these variables."""
        value: Any = variables
        for step in self.path:
            value = value[step]
        return value if self.convert is None else self.convert(value)


class Inputs:
    """The inputs of a plan while it is traced: some become parameters of the statement, some are read by the shape.

    Numbers that change the structure of the statement are read once: the plan is for requests that have the same.
    """

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._variables = variables
        self.structural: list[Input] = []
        self.parameters: dict[str, Input] = {}
        self.shaping: list[Input] = []
        self.personal: set[str] = set()
        """The names of the parameters that are the viewer's account or guest."""
        self.is_for_guests = False
        """Whether one of them is the guest."""

    @property
    def account(self) -> BindParameter[UUID]:
        """The key of the viewer's account."""
        return self._person(ACCOUNT)

    @property
    def guest(self) -> BindParameter[UUID]:
        """The key of the guest whose token the viewer sent."""
        self.is_for_guests = True
        return self._person(GUEST)

    def _person(self, name: str) -> BindParameter[UUID]:
        parameter = self.bind((name,), Uuid())
        self.personal.add(parameter.key)
        return parameter

    def bind(
        self, path: Path, kind: TypeEngine[Any], convert: Callable[[Any], Any] | None = None
    ) -> BindParameter[Any]:
        """A parameter of the statement."""
        name = f"in_{len(self.parameters)}"
        self.parameters[name] = Input(path, convert)
        return Argument(name, type_=kind, path=path, inputs=self)

    def structure(self, path: Path) -> Any:
        """The value, of which the plan becomes a plan for."""
        self.structural.append(Input(path))
        return self.structural[-1].read(self._variables)

    def shape_value(self, path: Path, convert: Callable[[Any], Any]) -> str:
        """The Python expression by which the shape reads the value."""
        self.shaping.append(Input(path, convert))
        return f"p[{len(self.shaping) - 1}]"


class Argument(BindParameter[Any]):
    """A parameter that remembers which variable it comes from."""

    inherit_cache = True

    def __init__(self, name: str, *, type_: TypeEngine[Any], path: Path, inputs: Inputs) -> None:
        super().__init__(name, None, type_=type_, required=False)
        self.path = path
        self._inputs = inputs

    def converted(self, convert: Callable[[Any], Any], kind: TypeEngine[Any]) -> BindParameter[Any]:
        """The same value of the request, converted."""
        return self._inputs.bind(self.path, kind, convert)


def constant(value: Any, kind: TypeEngine[Any]) -> BindParameter[Any]:
    """A value that stands in the document."""
    return bindparam(None, value, type_=kind)


def read_all(inputs: Sequence[Input], variables: Mapping[str, Any]) -> list[Any]:
    """The values of several inputs."""
    return [each.read(variables) for each in inputs]
