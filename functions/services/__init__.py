"""Services: golden paths, the registry, their environments, the catalogue, and their end."""
