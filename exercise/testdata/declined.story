A person has to declare, declines, and is asked once more when it is nearly too late
starts 2026-01-05T08:00:00Z

       0s  > component web down
       2m  shop-0105: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0105: Classified major_incident by vital_below_mbco: shop below MBCO.
      30m  shop-0105: Classified major_incident by vital_below_mbco and vital_degraded: shop below MBCO.
    1h35m  A decision on shop is due: its latest time to invoke is 2026-01-05 10:15:00Z.
    1h55m  The decision on shop is still open, its latest time to invoke is 2026-01-05 10:15:00Z: the successors are asked.
    2h15m  shop-0105: Classified disaster by decision_point: shop below MBCO.
           Declaring a disaster is recommended (decision_point); it is not automatic: declaration.mode is recommend.
           The latest time to invoke for shop, 2026-01-05 10:15:00Z, has come without a declaration.
    2h20m  > decline by director-1  # the supplier promises an hour
           director-1 (incident-director) declined to declare a disaster (decision_point): the supplier promises an hour.
    2h30m  > stand-down by director-1  # nothing was declared, so there is nothing to stand down from
           Refused: shop-0105 is not declared; it ends by itself when its outages do.
       4h  shop was not back by 2026-01-05 12:00:00Z: objective rto missed.
    4h20m  > declare by director-1  # the supplier was wrong
           director-1 (incident-director) declared a disaster (decision_point and manual): the supplier was wrong.
           director-1 (incident-director) invoked the playbook rebuild for shop as run 1. It is forecast to bring it back at 4h20m30s, nine times in ten by 4h21m.
           Step restore of run 1 started. It is to command restore-shop, by 4h21m.
           Step restore of run 1 is done.
           Step look of run 1 started. It is to verify that shop is at or above its MBCO for 5m, by 4h40m.
    4h30m  > component web up
           shop-0105: Classified disaster until the outage has ended: shop up; no criterion holds now.
    4h35m  Step look of run 1 is done.
           Run 1 ended: completed.
    4h40m  shop is restored: at or above its MBCO since 2026-01-05 12:30:00Z. Recovery took 4h30m of an RTO of 4h. The run's first forecast was 4h20m30s, 9m30s too early.
           shop-0105: The situation is over: shop up; it had reached disaster.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
       5h  > stand-down by director-1
           director-1 (incident-director) stood down.
