The power comes back before anything was moved: the rest of the run is offered to be left out, and nobody drops it silently
starts 2026-01-05T08:00:00Z

       0s  > component web down
       1m  > site north lost
       2m  shop-0105: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0105: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook move for shop as run 1. It is forecast to bring it back at 26m55s, nine times in ten by 42m23s.
           Step look of run 1 started: on-call told. It is to what happened?, by 57m14s.
       8m  > done look by anna  # the mains failed, the generator did not start
           Step look of run 1 is done, by anna (on-call).
           Step go of run 1 started: incident-director told. It is to move to the south?, by 1h3m45s. It lets happen: switch: command switch-dns (no way back); seen: verify that shop is at or above its MBCO for 5m.
       9m  > skip-rest by director-1  # it will come back
           Refused: not all that run 1 covers is back: shop; skip single steps, or abort it.
      10m  > component web up  # somebody found the fuel valve
           shop-0105: Classified disaster until the outage has ended: shop up; no criterion holds now.
      15m  > site north ok
      20m  shop is restored: at or above its MBCO since 2026-01-05 08:10:00Z. Recovery took 10m of an RTO of 2h. The run's first forecast was 26m55s, 16m55s too late.
           shop-0105: The situation is over: shop up; it had reached disaster.
           All that run 1 covers is back while steps are open (go, switch and seen): a person may leave out the rest.
      25m  > component web down  # and closed it again
      27m  shop relapsed: below its MBCO since 2026-01-05 08:25:00Z.
           shop-0105: Classified incident by service_impaired: shop below MBCO.
      28m  > component web up
           shop-0105: Classified incident until the outage has ended: shop up; no criterion holds now.
      38m  shop is restored: at or above its MBCO since 2026-01-05 08:28:00Z. Recovery took 3m of an RTO of 2h. The run's first forecast was 26m55s, 16m55s too late.
           shop-0105: The situation is over: shop up; it had reached incident.
           All that run 1 covers is back while steps are open (go, switch and seen): a person may leave out the rest.
      50m  > skip-rest by director-1  # nothing was moved, so nothing is to be moved back
           director-1 (incident-director) left out the rest of run 1 (go, switch and seen): nothing was moved, so nothing is to be moved back.
           Run 1 ended: cut short.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
       1h  > stand-down by director-1
           director-1 (incident-director) stood down.
