"""Azure DevOps, REST 7.1: projects, repositories and commits, pipelines and runs, builds.

Any organisation name in the address is the one organisation there is.
"""
