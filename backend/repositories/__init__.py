"""What services may ask of the database: Protocols only. `sql/` implements them."""
