"""Incidents made up: a small estate, one injected fault, its symptoms along the calls, noise and coincidences.

Facts are not drawn: series are simulated minute by minute and read by the rules that read Dynatrace's
(shared.domain.diagnosis.baseline), so that delay, noise and gaps blur them as they would in life. What comes out of one
seed is always the same.
"""
