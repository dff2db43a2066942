"""DuckDB database files: tables as logs, or as state."""
