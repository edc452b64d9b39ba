Somebody disarms while a run goes on: machines stop, people go on, and a person lets the run go on
starts 2026-01-05T08:00:00Z

       0s  > component web down
       1m  > site north lost
       2m  shop-0105: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0105: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook rebuild for shop as run 1. It is forecast to bring it back at 26m44s, nine times in ten by 42m43s.
           Step fence of run 1 started. It is to command fence, by 10m.
           Step tell of run 1 started: incident-director told. It is to tell the customers, by 1h57m30s.
       6m  > disarm by director-1  # the alerts look wrong
           director-1 (incident-director) disarmed: nothing is declared or invoked automatically, and no run starts anything that acts on machines: the alerts look wrong.
       7m  > done fence  # was under way
           Step fence of run 1 is done.
       8m  > done tell by director-1
           Step tell of run 1 is done, by director-1 (incident-director).
           Step write of run 1 started: incident-director told. It is to write it down, by 2h4m.
      20m  > resume by director-2  # they were right
           director-2 (incident-director) resumed run 1: they were right.
           Step promote of run 1 started. It is to command promote, by 21m.
           Step promote of run 1 is done.
      30m  > component web up
           shop-0105: Classified disaster until the outage has ended: shop up; no criterion holds now.
      40m  shop is restored: at or above its MBCO since 2026-01-05 08:30:00Z. Recovery took 30m of an RTO of 4h. The run's first forecast was 26m44s, 3m16s too early.
           shop-0105: The situation is over: shop up; it had reached disaster.
           All that run 1 covers is back while steps are open (write): a person may leave out the rest.
