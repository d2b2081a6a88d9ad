"""Programs that people sign in with: they send the documents of `queries/`, and keep the tokens that they get."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.signed_in import Door

DOCUMENTS = Path(__file__).parents[1] / "queries"


@dataclass(frozen=True, slots=True)
class Device:
    """A program that somebody signs in with: what it is called, and what it keeps of its session."""

    door: Door
    name: str
    kept: dict[str, str] = field(default_factory=dict)

    def send(self, name: str, /, **given: Any) -> Any:
        """The result of the mutation in `queries/`, without errors."""
        body = self.ask(name, input=given)
        assert "errors" not in body, body["errors"]
        (result,) = body["data"].values()
        if result["__typename"] == "SignedIn":
            self.kept.update(access=result["accessToken"], refresh=result["refreshToken"])
        return result

    def done(self, name: str, /, **given: Any) -> Any:
        """The same, of a mutation that must do what it is asked for."""
        result = self.send(name, **given)
        assert "message" not in result, result
        return result

    def refusal(self, name: str, /, **given: Any) -> str:
        """The kind of problem that the mutation meets."""
        result = self.send(name, **given)
        assert "message" in result, result
        return str(result["__typename"])

    def ask(self, name: str, /, **variables: Any) -> Any:
        """The body of the answer to the document in `queries/`."""
        document = (DOCUMENTS / f"{name}.graphql").read_text(encoding="utf-8")
        return self.post({"query": document, "variables": variables})

    def post(self, body: dict[str, Any]) -> Any:
        """The body of the answer to any request."""
        headers = {"user-agent": self.name}
        if "access" in self.kept:
            headers["authorization"] = f"Bearer {self.kept['access']}"
        return self.door.http.post("/graphql", json=body, headers=headers).json()

    def viewer(self, name: str) -> Any:
        """What the query in `queries/` tells of whoever is signed in."""
        return self.ask(name)["data"]["viewer"]

    def sessions(self) -> Any:
        """Where its owner is signed in, the newest first."""
        return self.ask("MySessions")["data"]["mySessions"]["nodes"]
