A director who does not answer: the forecast says so before the objective is missed
starts 2026-01-05T08:00:00Z

       0s  > component web down
       1m  > site north lost
       2m  shop-0105: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook start-in-the-south for shop as run 1. It is forecast to bring it back at 23m2s, nine times in ten by 37m13s.
           Step assess of run 1 started: shop-1 told. It is to assess the damage, by 22m.
           Step fence of run 1 started. It is to command fence, by 4m.
           Step fence of run 1 is done.
       6m  > done assess by shop-1
           Step assess of run 1 is done, by shop-1 (on-call-shop).
           Step go of run 1 started: director-1 told. It is to start in the south?, by 28m. It lets happen: start: command start; look: verify that shop is at or above its MBCO for 5m; check: Check the orders (by on-call-shop).
      18m  shop-0105: Classified disaster by decision_point, facility_lost and facility_impaired: shop below MBCO.
    24m3s  shop may come back too late for its rto, by 2026-01-05 09:00:00Z: run 1 is forecast to bring it back at 2026-01-05 08:39:39Z, nine times in ten by 2026-01-05 09:00:00Z. Everybody waits for go. What could be done: go waits for a decision by director-1 and director-2: holdfast approve or decline shop-0105 1/go.
      28m  Step go of run 1 still waits; incident-director is told (director-2).
   40m41s  shop is expected back too late for its rto, by 2026-01-05 09:00:00Z: run 1 is forecast to bring it back at 2026-01-05 09:00:01Z, nine times in ten by 2026-01-05 09:32:10Z. Everybody waits for go. What could be done: go waits for a decision by director-1 and director-2: holdfast approve or decline shop-0105 1/go.
      50m  > approve go by director-2  # who was told when half of the slack was gone
           director-2 (incident-director) approved step go of run 1: who was told when half of the slack was gone.
           Step go of run 1 is done, by director-2 (incident-director).
           Step start of run 1 started. It is to command start, by 1h20m.
       1h  shop was not back by 2026-01-05 09:00:00Z: objective rto missed.
     1h5m  > done start
           Step start of run 1 is done.
           Step look of run 1 started. It is to verify that shop is at or above its MBCO for 5m, by 3h5m.
     1h6m  > component web up
           shop-0105: Classified disaster until the outage has ended: shop up; no criterion holds now.
    1h11m  shop is restored: at or above its MBCO since 2026-01-05 09:06:00Z. Recovery took 1h6m of an RTO of 1h. The run's first forecast was 23m2s, 42m58s too early.
           shop-0105: The situation is over: shop up; it had reached disaster.
           Step look of run 1 is done.
           Step check of run 1 started: shop-1 told. It is to check the orders, by 2h11m.
    1h20m  > done check by shop-1
           Step check of run 1 is done, by shop-1 (on-call-shop).
           Run 1 ended: completed.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
       2h  > site north ok
    2h10m  > stand-down by director-1
           director-1 (incident-director) stood down.
     672h  > component web down  # four weeks later
   672h1m  > site north lost
   672h2m  shop-0202: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook start-in-the-south for shop as run 1. It is forecast to bring it back at 672h47m21s, nine times in ten by 673h14m37s.
           Step assess of run 1 started: shop-1 told. It is to assess the damage, by 672h11m25s.
           Step fence of run 1 started. It is to command fence, by 672h4m.
           shop may come back too late for its rto, by 2026-02-02 09:00:00Z: run 1 is forecast to bring it back at 2026-02-02 08:47:21Z, nine times in ten by 2026-02-02 09:14:37Z. Everybody waits for assess. What could be done: nobody has taken assess: shop-1 and shop-2 could (holdfast ack shop-0202 1/assess).
           Step fence of run 1 is done.
   672h5m  > done assess by shop-2
           Step assess of run 1 is done, by shop-2 (on-call-shop).
           Step go of run 1 started: director-1 told. It is to start in the south?, by 672h25m42s. It lets happen: start: command start; look: verify that shop is at or above its MBCO for 5m; check: Check the orders (by on-call-shop).
   672h7m  > approve go by director-1
           director-1 (incident-director) approved step go of run 1.
           Step go of run 1 is done, by director-1 (incident-director).
           Step start of run 1 started. It is to command start, by 672h37m.
  672h18m  shop-0202: Classified disaster by decision_point, facility_lost and facility_impaired: shop below MBCO.
           > done start
           > component web up
           shop-0202: Classified disaster until the outage has ended: shop up; no criterion holds now.
           Step start of run 1 is done.
           Step look of run 1 started. It is to verify that shop is at or above its MBCO for 5m, by 674h18m.
  672h23m  shop is restored: at or above its MBCO since 2026-02-02 08:18:00Z. Recovery took 18m of an RTO of 1h. The run's first forecast was 672h47m21s, 29m21s too late.
           shop-0202: The situation is over: shop up; it had reached disaster.
           Step look of run 1 is done.
           Step check of run 1 started: shop-1 told. It is to check the orders, by 673h23m.
  672h30m  > done check by shop-1
           Step check of run 1 is done, by shop-1 (on-call-shop).
           Run 1 ended: completed.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
     673h  > site north ok
           > stand-down by director-1
           director-1 (incident-director) stood down.
