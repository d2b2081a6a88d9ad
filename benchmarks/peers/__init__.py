"""The servers of others, each in a folder of its own."""
