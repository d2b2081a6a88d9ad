"""The load runs, and the servers they compare Merkato with."""
