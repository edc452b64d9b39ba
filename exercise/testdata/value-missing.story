A value that a step would send is not there: nothing is sent, neither on_failure nor retry pass over it, and people decide
starts 2026-01-05T08:00:00Z

       0s  > component web down
       1m  > site north lost
       2m  shop-0105: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0105: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook rebuild for shop as run 1. It is forecast to bring it back at 16m6s, nine times in ten by 25m58s.
           Step look of run 1 started: electrician told. It is to look at the damage, by 2h1m57s.
      10m  > done look by electrician-1 cause=water  # nobody says which hall
           Step look of run 1 is done, by electrician-1 (electrician).
           Step move of run 1 needs a person: nothing was sent: step('look').answers.hall has no value: look has no answer hall.
      20m  > retry move by director-1  # it is still not there
           Refused: step move of run 1 cannot start: nothing was sent: step('look').answers.hall has no value: look has no answer hall.
      25m  > done move by director-1  # on the phone, to the west hall
           Step move of run 1 is done, by director-1 (incident-director).
           Step tell of run 1 started. It is to request shop.tell, by 26m.
           Step tell of run 1 is done.
           Run 1 ended: completed.
      40m  > component web up
           shop-0105: Classified disaster until the outage has ended: shop up; no criterion holds now.
      50m  shop is restored: at or above its MBCO since 2026-01-05 08:40:00Z. Recovery took 40m of an RTO of 4h. The run's first forecast was 16m6s, 23m54s too early.
           shop-0105: The situation is over: shop up; it had reached disaster.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
