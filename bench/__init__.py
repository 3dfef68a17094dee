"""How fast the app is, as ratios against the bare engine in the same run. `make bench ONLY=name` runs one.

Each module measures one thing: NAME, GOAL (in words) and run() -> dict with "name", "value", "unit", "baseline",
"ratio", "goal", "met" and "detail".
"""
