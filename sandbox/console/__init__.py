"""The platform's page: what each system holds now, as HTML that refreshes itself."""
