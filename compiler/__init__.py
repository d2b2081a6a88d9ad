"""An operation in, one SQL statement out."""
