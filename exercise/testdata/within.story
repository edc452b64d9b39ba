A playbook within a playbook: its own decision, its own preconditions; live only what is live, practised only what is practised
starts 2026-01-05T08:00:00Z

       0s  > rehearse rebuild as simulation by director-1  # on a quiet morning
           EXERCISE (simulation): director-1 (incident-director) ordered an exercise of the playbook rebuild: on a quiet morning.
           director-1 (incident-director) has the playbook rebuild exercised for shop as run 1: EXERCISE (simulation). It is forecast to bring it back at 30m49s, nine times in ten by 53m36s.
           EXERCISE: Step pretend of run 1 started: electrician told. It is to pretend that the site is closed.
       5m  > stand-down by director-1  # out of time
           EXERCISE: director-1 (incident-director) noted: the exercise is ended before its end: out of time
           EXERCISE: Run 1 ended: stood down.
           EXERCISE: The simulation exercise of rebuild is concluded: stood down.
      10m  > component web down
           > component copy degraded
      11m  > site north lost
      12m  shop-0105: Classified incident by service_impaired: shop below MBCO.
      15m  shop-0105: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook rebuild for shop as run 1. It is forecast to bring it back at 26m13s, nine times in ten by 36m40s.
           Step pretend of run 1 was left out by the rule only: it is done in exercises only.
           Step close of run 1 started. It is to command close-site, by 16m.
           Step close of run 1 is done.
           Step move of run 1 needs a person: the playbook move-shop is not for this: it needs copy up, which is degraded.
      20m  > component copy up
      21m  > retry move by director-1
           Step move of run 1 started, ordered by director-1 (incident-director): as the scenario has it. It is to invoke the playbook move-shop.
           Step move of run 1 is done.
           Step move.go of run 1 started: incident-director told. It is to move the shop?, by 2h15m15s. It lets happen: move.copy: request shop.move {"for":"shop"} (no way back).
      22m  > approve move.go by director-2
           director-2 (incident-director) approved step move.go of run 1.
           Step move.go of run 1 is done, by director-2 (incident-director).
           Step move.copy of run 1 started. It is to request shop.move, by 23m.
           Step move.copy of run 1 is done.
           Run 1 ended: completed.
