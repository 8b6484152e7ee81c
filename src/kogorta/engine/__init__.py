"""The engine that runs the SQL: DuckDB, embedded."""
