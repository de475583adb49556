"""How often an emergency may be declared in a day, so that guessing at people does not pay.

DESIGN: a budget for each clinician, kept by the custodian; the declaring institution keeps one of its own and
tells its clinician about that one only. Times in ms.
"""

DAY_MS = 86_400_000
MISSES = 3
BY_CLINICIAN = 10
BY_INSTITUTION = 30
