"""ServiceNow: OAuth and the Table API over a handful of tables, with the rules an instance is delivered with."""
