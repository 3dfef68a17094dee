"""What evaluate_gate is made of: what it knows, and how a failed version is taken back."""
