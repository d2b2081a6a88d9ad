"""`merkato documents`: the trusted documents."""

# The options of a command are its arguments, and its flags have defaults.
# ruff: noqa: FBT002

from typing import Annotated

import typer

from server.commands.generated_files import ROOT, Output, compare, give
from server.document_manifest import write_manifest
from server.executor import runnable_documents

DOCUMENTS_FILE = ROOT / "documents.json"


def documents(
    output: Output = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only compare with the file (documents.json); exit 1 if it differs.")
    ] = False,
) -> None:
    """Print the manifest of the trusted documents: the operations of queries/ by the ids that clients send."""
    text = write_manifest(runnable_documents().texts)
    if check:
        compare(text, output or DOCUMENTS_FILE, "documents")
    else:
        give(text, output)
