The site that the playbook moves to is lost too, so nothing fits, and that is said loudly
starts 2026-01-05T08:00:00Z

       0s  > component ledger-north down
           > component ledger-south down
       1m  > site north lost  # a flood
       2m  > site south lost  # the same river
           ledger-0105: Classified incident by service_impaired: ledger below MBCO.
       5m  ledger-0105: Classified disaster by facility_lost and facility_impaired: ledger below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           NO PLAYBOOK FITS ledger; the nearest is move-south: it needs south, which is lost.
    2h45m  ledger-0105: Classified disaster by decision_point, facility_lost and facility_impaired: ledger below MBCO.
       3h  > component ledger-south up  # people brought it back by hand
           > site south ok
           ledger-0105: Classified disaster until the outage has ended: ledger degraded; now major_incident by vital_degraded.
    3h10m  ledger is restored: at or above its MBCO since 2026-01-05 11:00:00Z. Recovery took 3h of an RTO of 4h.
           ledger-0105: Classified major_incident by vital_degraded: ledger degraded.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
       4h  > stand-down by director
           director (incident-director) stood down.
