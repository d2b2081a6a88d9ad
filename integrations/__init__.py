"""The outside world behind small protocols and formats."""
