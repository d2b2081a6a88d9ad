"""Tests of the processes: the embedded database, settings and the command line."""
