"""Entra ID: an OpenID Connect issuer with a sign-in page where one picks who one is."""
