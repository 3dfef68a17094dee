"""How remediate_problem goes, phase by phase.

`story` is what one run knows. evidence and hearing learn; opening gives the problem an incident; remedying has an
action allowed (revising: changed by people), carried out by `acting` and proven (proving) or taken back
(reverting); ending writes down how it came out.
"""
