"""The role matrix: every field and every mutation, asked for by everybody."""
