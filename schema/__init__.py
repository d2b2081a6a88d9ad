"""What clients see: types, fields, permissions. Declarations only."""
