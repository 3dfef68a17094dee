"""What may be done about an incident: typed actions, who must allow them, how people change them. Pure."""
