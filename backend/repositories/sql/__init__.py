"""The repositories on SQLModel and PostgreSQL. Only the composition roots import this package."""
