"""The dashboard and the alerts in monitoring/: whatever they ask for is there."""

import json
import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from server.app import create_app
from tests.databases import settings_for
from tests.serving import running

MONITORING = Path(__file__).parents[2] / "monitoring"
NAME = re.compile(r"\bmerkato_[a-z_]+")
LABELS = re.compile(r"by \(([a-z, ]+)\)|\{([a-z]+)=~?")
SUFFIXES = ("", "_total", "_bucket", "_sum", "_count")

OF_EVERY_TARGET = {"instance", "job", "le"}
"""What Prometheus adds, and the bounds of a histogram."""


@pytest.fixture(scope="module")
def exposition(demo_url: str) -> str:
    """What /metrics of a server with a replica shows after a request."""
    settings = settings_for(demo_url)
    with running(create_app(settings.model_copy(update={"database_replica_url": settings.database_url}))) as http:
        http.post("/graphql", json={"query": "{ products { nodes { name } } }"})
        return http.get("/metrics").text


def expressions() -> list[str]:
    """Every expression of the dashboard and of the alerts."""
    dashboard = json.loads((MONITORING / "grafana-dashboard.json").read_text())
    targets = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    return [*targets, (MONITORING / "alerts.yml").read_text()]


def test_every_metric_that_is_asked_for_exists(exposition: str) -> None:
    families = text_string_to_metric_families(exposition)
    exposed = {family.name + suffix for family in families for suffix in SUFFIXES}
    asked = {name for expression in expressions() for name in NAME.findall(expression)}
    assert len(asked) >= 20
    assert asked <= exposed


def test_every_label_that_is_asked_for_exists(exposition: str) -> None:
    samples = [sample for family in text_string_to_metric_families(exposition) for sample in family.samples]
    exposed = {label for sample in samples for label in sample.labels} | OF_EVERY_TARGET
    found = [LABELS.findall(expression) for expression in expressions()]
    asked = {label.strip() for pairs in found for pair in pairs for label in (pair[0] or pair[1]).split(",")}
    assert {"operation", "outcome", "pool"} <= asked
    assert asked - exposed <= {"reason", "status"}  # nothing has fallen back yet, and no job waits
