"""What delivery is told as: hooks and runs read, matched to services, work items and their flow. Pure."""
