What a step needs cannot be seen: that is not lost. It is stuck until somebody who knows says so; then its fallback is done
starts 2026-01-05T08:00:00Z

       0s  > component web down
       1m  > site north lost
       2m  > component copy unknown
           shop-0105: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0105: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook rebuild for shop as run 1. It is forecast to bring it back at 6m, nine times in ten by 6m49s.
           Step fast of run 1 needs a person: it needs copy, and nobody can see whether that is lost.
      10m  > cannot fast by electrician-1  # it is not theirs to find so
           Refused: electrician-1 may not report fast: that is for incident-director (director-1, director-2).
      20m  > cannot fast by director-1  # the south called: the copy is gone
           Step fast of run 1 was left out by director-1 (incident-director): the south called: the copy is gone.
           Step slow of run 1 started: electrician-1 told. It is to restore from the tape, by 2h9m45s.
      21m  > component copy down
      50m  > done slow by electrician-1
           Step slow of run 1 is done, by electrician-1 (electrician).
           Step report of run 1 needs a person: it needs copy, which is lost.
      55m  > skip report by director-1  # there is nothing else instead: a person decides
           Step report of run 1 was left out by director-1 (incident-director): there is nothing else instead: a person decides.
           Run 1 ended: completed.
       1h  > component web up
           shop-0105: Classified disaster until the outage has ended: shop up; no criterion holds now.
    1h10m  shop is restored: at or above its MBCO since 2026-01-05 09:00:00Z. Recovery took 1h of an RTO of 4h. The run's first forecast was 6m, 54m too early.
           shop-0105: The situation is over: shop up; it had reached disaster.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
