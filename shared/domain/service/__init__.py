"""Services and their environments: names, provisioning, catalog entities, lifetimes. Pure."""
