"""The demo: stories played on a running platform, each an honest check against what the vendors hold."""
