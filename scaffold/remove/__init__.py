"""Takes a resource or an area out of the project."""
