"""The durable flows: orchestrators that decide, activities that act. Called by functions/."""
