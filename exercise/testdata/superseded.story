The wrong playbook is under way: another takes the same resource between two steps, and a third waits its turn
starts 2026-01-05T08:00:00Z

       0s  > component web down
       1m  > site north lost
       2m  shop-0105: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0105: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook move for shop as run 1. It is forecast to bring it back at 15m33s, nine times in ten by 22m12s.
           Step prepare of run 1 started. It is to command prepare, by 15m.
       7m  > invoke rebuild by director-1 shop  # the images are broken, moving them helps nobody
           Refused: rebuild cannot start: run 1 of shop-0105 (move for shop) still goes on since 2026-01-05 08:05:00Z, started by the rule automatic_for facility_lost; --queue starts it when that has ended, --supersede ends that between two steps.
       8m  > invoke rebuild by director-1 shop supersede  # the images are broken, moving them helps nobody
           director-1 (incident-director) ordered rebuild for shop, as soon as it can start (run 1 of shop-0105 (move for shop) still goes on): the images are broken, moving them helps nobody.
           Run 1 makes way for rebuild of shop-0105, by order of director-1 (incident-director): it starts nothing more, and ends between two steps: the images are broken, moving them helps nobody.
       9m  > invoke tidy by director-2 shop queue  # when all is done
           director-2 (incident-director) ordered tidy for shop, as soon as it can start (run 1 of shop-0105 (move for shop) still goes on): when all is done.
      10m  > done prepare
           Step prepare of run 1 is done.
           Run 1 ended: superseded.
           director-1 (incident-director) invoked the playbook rebuild for shop as run 2: the images are broken, moving them helps nobody. It is forecast to bring it back at 15m, nine times in ten by 20m.
           Step rebuild of run 2 started. It is to command rebuild, by 20m.
      14m  > done rebuild
           Step rebuild of run 2 is done.
           Run 2 ended: completed.
           director-2 (incident-director) invoked the playbook tidy for shop as run 3: when all is done. It is forecast to bring it back at 24m, nine times in ten by 34m.
           Step tidy of run 3 started: on-call told. It is to give the machines back, by 2h7m.
      20m  > done tidy by anna
           Step tidy of run 3 is done, by anna (on-call).
           Run 3 ended: completed.
      30m  > component web up
           shop-0105: Classified disaster until the outage has ended: shop up; no criterion holds now.
      31m  > site north ok
      40m  shop is restored: at or above its MBCO since 2026-01-05 08:30:00Z. Recovery took 30m of an RTO of 4h. The run's first forecast was 24m, 6m too early.
           shop-0105: The situation is over: shop up; it had reached disaster.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
       1h  > stand-down by director-1
           director-1 (incident-director) stood down.
