"""What `merkato` can be told to do: one command a module, which is imported when it is asked for."""
