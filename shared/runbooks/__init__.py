"""The runbooks and the policies that say who must allow them, read from runbooks/ when first asked for."""
