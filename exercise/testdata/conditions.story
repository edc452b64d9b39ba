Steps that ask before they are done: what was answered, what is lost, whether it is an exercise; and a playbook within
starts 2026-01-05T08:00:00Z

       0s  > component web down
       1m  > site north lost
       2m  > component copy down  # the copy that the switch would go to
           shop-0105: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0105: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook rebuild for shop as run 1. It is forecast to bring it back at 27m49s, nine times in ten by 45m11s.
           Step look of run 1 started: electrician told. It is to look at the damage, by 1h56m35s.
      10m  > done look by electrician-1 cause=water hall=west
           Step look of run 1 is done, by electrician-1 (electrician).
           Step pumps of run 1 started. It is to request pumps.start, by 11m.
           Step pumps of run 1 is done.
           Step pretend of run 1 was left out by the rule only: it is done in exercises only.
           Step switch of run 1 started. It is to invoke the playbook switch-copy.
           Step switch of run 1 is done.
           Step switch.fast of run 1 was left out by the rule needs: it needs copy, which is lost; switch.slow is done instead.
           Step switch.slow of run 1 started: electrician told. It is to restore from the tape, by 1h59m43s.
      50m  > done switch.slow by electrician-1
           Step switch.slow of run 1 is done, by electrician-1 (electrician).
           Step switch.go of run 1 started: incident-director told. It is to let the customers in?, by 2h24m45s. It lets happen: switch.open: POST https://door.internal/shops/shop {"by":"shop-0105","open":true}; look-again: verify that shop is at or above its MBCO for 5m.
      51m  > approve switch.go by director-1
           director-1 (incident-director) approved step switch.go of run 1.
           Step switch.go of run 1 is done, by director-1 (incident-director).
           Step switch.open of run 1 started. It is to POST https://door.internal/shops/shop, by 52m.
           Step switch.open of run 1 is done.
           Step look-again of run 1 started. It is to verify that shop is at or above its MBCO for 5m, by 1h11m.
       1h  > component web up
           shop-0105: Classified disaster until the outage has ended: shop up; no criterion holds now.
     1h5m  Step look-again of run 1 is done.
           Run 1 ended: completed.
    1h10m  shop is restored: at or above its MBCO since 2026-01-05 09:00:00Z. Recovery took 1h of an RTO of 4h. The run's first forecast was 27m49s, 32m11s too early.
           shop-0105: The situation is over: shop up; it had reached disaster.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
    1h20m  > done switch.slow by electrician-1  # twice
           Refused: step switch.slow of run 1 was already done by electrician-1 (electrician) at 2026-01-05 08:50:00Z.
    1h30m  > stand-down by director-1  # the shop sells again
           director-1 (incident-director) stood down: the shop sells again.
