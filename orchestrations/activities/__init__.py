"""What orchestrators have done for them: one module per vendor, a dict in, one client call, an outcome out."""
