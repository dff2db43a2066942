"""MariaDB and MySQL databases: tables as logs, or as state."""
