"""How long tests wait for what must happen."""

PATIENCE_SECONDS = 120
"""A wait ends as soon as its condition holds, so that only a failure takes this long: more than a process needs to
start, or a server to answer, on a machine that is busy with much else."""
