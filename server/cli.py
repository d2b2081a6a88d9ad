"""The command line: `merkato --help`."""

import asyncio
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy.exc import DBAPIError

from domain.errors import DomainError
from schema.root import schema as graphql_schema
from server.checking import find_migration_problems
from server.database import opened_engine
from server.development import DevelopmentOptions, develop, require_development
from server.environment import SettingReport, inspect_settings
from server.errors import ServerError
from server.importing import Summary, import_products
from server.migrating import HEAD, Migration, migrate, require_head
from server.production import require_ready
from server.provisioning import provided_database
from server.seeding import load_demo
from server.serving import reserved_address, serve
from server.settings import Settings, SettingsError, explain, load_settings
from server.stopping import StopRequestedError, unwinding_on_signals
from server.synthetic import generate
