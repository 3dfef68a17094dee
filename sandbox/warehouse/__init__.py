"""The embedded warehouse: Snowflake's wire protocol over DuckDB files, in a process of its own."""
