A step that must not be repeated fails, a person goes on by hand, and the service is back too late, twice
starts 2026-01-05T08:00:00Z

       0s  > component web down
       1m  > site north lost
       2m  shop-0105: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0105: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook rebuild for shop as run 1. It is forecast to bring it back at 9m7s, nine times in ten by 12m22s.
           Step switch of run 1 started. It is to command switch-power, by 8m.
       8m  Step switch of run 1 timed out: no answer in time.
           shop may come back too late for its rto, by 2026-01-05 08:30:00Z: run 1 is forecast to bring it back at 2026-01-05 08:22:09Z, nine times in ten by 2026-01-05 08:35:26Z. Everybody waits for switch. What could be done: switch is stuck: say how it goes on (holdfast done, retry or skip shop-0105 1/switch --reason WHY).
      19m  shop-0105: Classified disaster by decision_point, facility_lost and facility_impaired: shop below MBCO.
      20m  > failed switch  # long given up by then
      21m  > skip switch by electrician-1  # done by hand in the cellar
           Step switch of run 1 was left out by electrician-1 (incident-director): done by hand in the cellar.
           Step restore of run 1 started. It is to command restore-shop, by 26m.
      22m  > failed restore
           Step restore of run 1 failed: as the scenario has it; again at 2026-01-05 08:23:01Z.
    23m1s  Step restore of run 1 started, attempt 2.
      24m  > done restore
           Step restore of run 1 is done.
           Step look of run 1 started. It is to verify that shop is at or above its MBCO for 5m, by 44m.
   28m50s  shop is expected back too late for its rto, by 2026-01-05 08:30:00Z: run 1 is forecast to bring it back at 2026-01-05 08:30:01Z, nine times in ten by 2026-01-05 08:34:00Z. Everybody waits for look. What could be done: look waits since 2026-01-05 08:24:00Z for what it verifies to be true: see what keeps it from that.
      30m  shop was not back by 2026-01-05 08:30:00Z: objective rto missed.
      40m  > component web up
           shop-0105: Classified disaster until the outage has ended: shop up; no criterion holds now.
      44m  Step look of run 1 timed out: shop is up only since 2026-01-05 08:40:00Z, and not for 5m.
      45m  > component web down  # within recover_for: it was never back
           shop-0105: Classified disaster by decision_point, facility_lost and facility_impaired: shop below MBCO.
      50m  > component web up
           shop-0105: Classified disaster until the outage has ended: shop up; no criterion holds now.
       1h  shop is restored: at or above its MBCO since 2026-01-05 08:50:00Z. Recovery took 50m of an RTO of 30m. The run's first forecast was 9m7s, 40m53s too early.
           shop-0105: The situation is over: shop up; it had reached disaster.
       2h  > component web down  # after it: a new outage of the same incident
     2h2m  shop relapsed: below its MBCO since 2026-01-05 10:00:00Z.
           shop-0105: Classified incident by service_impaired: shop below MBCO.
           shop may come back too late for its rto, by 2026-01-05 10:30:00Z: run 1 is forecast to bring it back at 2026-01-05 10:21:05Z, nine times in ten by 2026-01-05 11:25:20Z. Everybody waits for look. What could be done: look is stuck: say how it goes on (holdfast done, retry or skip shop-0105 1/look --reason WHY).
     2h5m  shop-0105: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
  2h9m10s  shop is expected back too late for its rto, by 2026-01-05 10:30:00Z: run 1 is forecast to bring it back at 2026-01-05 10:30:00Z, nine times in ten by 2026-01-05 11:40:09Z. Everybody waits for look. What could be done: look is stuck: say how it goes on (holdfast done, retry or skip shop-0105 1/look --reason WHY).
    2h19m  shop-0105: Classified disaster by decision_point, facility_lost and facility_impaired: shop below MBCO.
    2h20m  > component web up
           shop-0105: Classified disaster until the outage has ended: shop up; no criterion holds now.
    2h25m  > site north ok
    2h30m  shop is restored: at or above its MBCO since 2026-01-05 10:20:00Z. Recovery took 20m of an RTO of 30m. The run's first forecast was 9m7s, 40m53s too early.
           shop-0105: The situation is over: shop up; it had reached disaster.
       3h  > stand-down by director-1  # the shop sells again; the rest is a normal change
           Run 1 ended: stood down.
           director-1 (incident-director) stood down: the shop sells again; the rest is a normal change.
