Two approve a switch; in between, what it would do changes: the first approval was for something else, and lapses
starts 2026-01-05T08:00:00Z

       0s  > component web down
       1m  > site north lost
       2m  shop-0105: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0105: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook rebuild for shop as run 1. It is forecast to bring it back at 38m40s, nine times in ten by 58m41s.
           Step look of run 1 started: electrician told. It is to say which hall to use, by 1h51m43s.
      10m  > done look by electrician-1 hall=west
           Step look of run 1 is done, by electrician-1 (electrician).
           Step go of run 1 started: incident-director told. It is to switch to that hall?, by 1h59m42s. It lets happen: switch: request shop.switch {"copy":"up","hall":"west"} (no way back).
      12m  > approve go by director-1
           director-1 (incident-director) approved step go of run 1.
      13m  > approve go by director-1  # pressed twice
           Refused: director-1 already approved go at 2026-01-05 08:12:00Z; 1 of 2 have.
      14m  > component copy degraded  # what would be sent is another thing now
           What step go of run 1 lets happen has changed (sha256:e2209baec2fd); the approval of director-1 was for something else and no longer counts. It lets happen: switch: request shop.switch {"copy":"degraded","hall":"west"} (no way back).
      15m  > approve go by director-2  # for what is shown since
           director-2 (incident-director) approved step go of run 1: for what is shown since.
      16m  > approve go by director-1  # who was asked again
           director-1 (incident-director) approved step go of run 1: who was asked again.
           Step go of run 1 is done, by director-1 (incident-director).
           Step switch of run 1 started. It is to request shop.switch, by 17m.
           Step switch of run 1 is done.
           Step open of run 1 started: incident-director told. It is to let the customers in?, by 2h8m.
      20m  > approve open by director-2
           director-2 (incident-director) approved step open of run 1.
           Step open of run 1 is done, by director-2 (incident-director).
           Run 1 ended: completed.
      30m  > component web up
           shop-0105: Classified disaster until the outage has ended: shop up; no criterion holds now.
      40m  shop is restored: at or above its MBCO since 2026-01-05 08:30:00Z. Recovery took 30m of an RTO of 4h. The run's first forecast was 38m40s, 8m40s too late.
           shop-0105: The situation is over: shop up; it had reached disaster.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
