"""What services may ask of the database: Protocols only. The answers are in `sql/`."""
