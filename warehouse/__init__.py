"""The warehouse's schema: migrations of RAW, CORE and MART, and the command that applies them."""
