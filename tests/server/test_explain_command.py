"""`merkato explain`: the statement, what PostgreSQL does for it, and what it says when there is nothing to explain."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from server import cli
from server.explained_terminal import formatted
from server.settings import Settings
from tests.queries.test_documents import QUERIES

NAMED = "query Named($slug: String!) { product(slug: $slug) { name } }"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the command left."""

    code: int
    out: str
    err: str


Explain = Callable[..., Outcome]


@pytest.fixture
def explain(
    demo_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Explain:
    """Runs the command on the demo shop."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DATABASE_URL", demo_url)

    def run(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["merkato", "explain", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run


@pytest.fixture
def document(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a document."""

    def write(text: str) -> Path:
        path = tmp_path / "asked.graphql"
        path.write_text(text)
        return path

    return write


Write = Callable[[str], Path]


def test_plan_has_what_row_level_security_adds(explain: Explain, document: Write) -> None:
    outcome = explain(document("{ deadLetters { nodes { name } } }"), "--viewer", "analyst")
    assert (outcome.code, outcome.err) == (0, "")
    assert "InitPlan 1" in outcome.out  # viewer_may('jobs:read'), of no predicate of ours


def test_statement_plan_and_indexes_are_shown(explain: Explain, document: Write) -> None:
    outcome = explain(document(NAMED), "--variables", '{"slug": "nowhere"}')
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(
        "Compiled: one statement on products.\n"
        "\n"
        "Statement\n"
        "SELECT\n"
        "  products_1.name\n"
        "FROM products AS products_1\n"
        "WHERE\n"
        "  products_1.slug = CAST($1 AS VARCHAR) AND products_1.is_active\n"
        "\n"
        "$1 = 'nowhere'\n"
        "\n"
        "EXPLAIN (ANALYZE, BUFFERS)\n"
    )
    assert "custom plan" in outcome.out
    assert "'nowhere'::text" in outcome.out
    assert "(actual time=" in outcome.out
    assert "Buffers: " in outcome.out
    assert outcome.out.endswith("\nIndexes\nuq_products_slug: 1 scan\n")


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_every_document_is_compiled(explain: Explain, path: Path) -> None:
    variables = path.with_suffix(".json")
    outcome = explain(path, *(("--variables-file", variables) if variables.exists() else ()))
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("Compiled: one statement on ")
    assert "Execution Time: " in outcome.out
    assert "\n  " in outcome.out.partition("\nStatement\n")[2]


def test_literals_are_the_parameters_that_the_server_makes_of_them(explain: Explain, document: Write) -> None:
    outcome = explain(document('{ product(slug: "nowhere") { name } }'))
    assert "\n$1 = 'nowhere'\n" in outcome.out


def test_viewer_decides_what_is_read(explain: Explain, document: Write) -> None:
    path = document("{ products(first: 1) { nodes { internalNotes } } }")
    assert explain(path, "--viewer", "Staff").out.startswith("Compiled: one statement on products.\n")
    outcome = explain(path)
    assert outcome.code == 0
    assert outcome.out.startswith(
        "Not compiled: permission (Product.internalNotes). The reference executor answers.\n"
        "Error in its answer: This field needs the permission catalog:read.\n"
        "\n"
        "Statement 1 of 1\n"
        "SELECT\n"
    )
    assert "EXPLAIN" not in outcome.out


def test_operation_that_reads_nothing_says_so(explain: Explain, document: Write) -> None:
    outcome = explain(document("{ __schema { queryType { name } } }"))
    assert outcome.out == (
        "Not compiled: introspection (__schema). The reference executor answers.\nIt reads nothing.\n"
    )


def test_argument_that_the_compiled_executor_refuses_is_told(explain: Explain, document: Write) -> None:
    outcome = explain(document("{ products(first: 1000) { totalCount } }"))
    assert outcome.out.startswith("Not compiled: argument (`first` is 1000; it must lie between 0 and 100.).")
    assert "Error in its answer: " in outcome.out


def test_operation_may_be_chosen(explain: Explain, document: Write) -> None:
    path = document("query A { shop { name } } query B { categories { totalCount } }")
    assert explain(path, "--operation", "B").out.startswith("Compiled: one statement on categories.\n")
    outcome = explain(path)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.endswith("\n- Name one of its operations with --operation: A, B.\n")
    assert explain(path, "--operation", "C").err == outcome.err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{ nothing }", "- Line 1, column 3: Cannot query field 'nothing' on type 'Query'."),
        ("{", "- Line 1, column 2: Syntax Error: Expected Name, found <EOF>."),
        ("", "- Line 1, column 1: Syntax Error: Unexpected <EOF>."),
        ("{ a b }", "- Line 1, column 5: Cannot query field 'b' on type 'Query'."),
    ],
)
def test_documents_that_are_not_valid_are_told_with_their_place(
    explain: Explain, document: Write, text: str, says: str
) -> None:
    path = document(text)
    outcome = explain(path)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith(f"{path} cannot be explained:\n")
    assert says in outcome.err


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ("{", "The variables cannot be used: "),
        ("[]", 'The variables cannot be used: they are no JSON object such as {"first": 10}.'),
        ("{}", "The variables cannot be used: Variable '$slug' "),
        ('{"slug": 1}', "The variables cannot be used: Variable '$slug' "),
    ],
)
def test_variables_that_cannot_be_used_are_told(explain: Explain, document: Write, variables: str, says: str) -> None:
    outcome = explain(document(NAMED), "--variables", variables)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith(says)
    assert "Traceback" not in outcome.err


def test_files_that_cannot_be_read_are_told(explain: Explain, document: Write, tmp_path: Path) -> None:
    assert explain("missing.graphql").err == "missing.graphql cannot be read: No such file or directory.\n"
    assert explain(tmp_path).err == f"{tmp_path} cannot be read: Is a directory.\n"
    outcome = explain(document(NAMED), "--variables-file", "missing.json")
    assert (outcome.code, outcome.err) == (1, "missing.json cannot be read: No such file or directory.\n")
    binary = tmp_path / "binary.graphql"
    binary.write_bytes(b"\xff\xfe")
    assert explain(binary).err == f"{binary} cannot be read: it is not UTF-8.\n"


@pytest.mark.parametrize(
    "arguments", [("--viewer", "king"), ("--variables", "{}", "--variables-file", "x.json")], ids=["viewer", "both"]
)
def test_wrong_usage_is_exit_code_2(explain: Explain, document: Write, arguments: tuple[str, ...]) -> None:
    assert explain(document(NAMED), *arguments).code == 2


def test_sql_that_nobody_can_format_is_shown_as_it_is() -> None:
    assert formatted("SELECT ((") == "SELECT (("
