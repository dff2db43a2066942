"""Raw records to canonical events: one TOML mapping a format, one DuckDB statement a batch."""
