"""One class per system we call; each is handed its transport and knows nothing of who calls it."""
