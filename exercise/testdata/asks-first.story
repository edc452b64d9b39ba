The copy is not known to be well, so the playbook asks before it starts; the director says no, and the next one starts
starts 2026-01-05T08:00:00Z

       0s  > component web down
       1m  > site north lost
       2m  > component copy down
           shop-0105: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0105: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook switch for shop as run 1; it starts only if incident-director says so, since it needs copy up, which is down. It is forecast to bring it back at 15m42s, nine times in ten by 25m30s.
           Step start-anyway of run 1 started: incident-director told. It is to start switch for shop, although it needs copy up, which is down?, by 25m. It lets happen: switch: command switch; look: verify that shop is at or above its MBCO for 5m.
       8m  > decline start-anyway by director-1  # nobody would know what the copy holds
           director-1 (incident-director) declined step start-anyway of run 1: nobody would know what the copy holds.
           Step switch of run 1 was left out by the rule declined: start-anyway was declined.
           Step look of run 1 was left out by the rule declined: start-anyway was declined.
           Run 1 ended: declined.
           The rule automatic_for facility_lost invoked the playbook rebuild for shop as run 2. It is forecast to bring it back at 18m, nine times in ten by 28m.
           Step rebuild of run 2 started: electrician told. It is to rebuild the shop, by 2h4m.
      40m  > done rebuild by electrician-1
           Step rebuild of run 2 is done, by electrician-1 (electrician).
           Step look of run 2 started. It is to verify that shop is at or above its MBCO for 5m, by 1h.
      45m  > component web up
           shop-0105: Classified disaster until the outage has ended: shop up; no criterion holds now.
      50m  Step look of run 2 is done.
           Run 2 ended: completed.
      55m  shop is restored: at or above its MBCO since 2026-01-05 08:45:00Z. Recovery took 45m of an RTO of 4h. The run's first forecast was 18m, 27m too early.
           shop-0105: The situation is over: shop up; it had reached disaster.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
    1h20m  > stand-down by director-1  # the shop sells again
           director-1 (incident-director) stood down: the shop sells again.
