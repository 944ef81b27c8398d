"""Makes a fresh clone a project of its own."""
