What becomes of steps that fail: tried again later each time, passed over, escalated, and undone
starts 2026-01-05T08:00:00Z

       0s  > component web down
       1m  > site north lost
       2m  shop-0105: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0105: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook rebuild for shop as run 1. It is forecast to bring it back at 15m28s, nine times in ten by 20m30s.
           Step close of run 1 started. It is to command close, by 6m.
           Step close of run 1 is done.
           Step dial of run 1 started. It is to command dial, by 6m.
    5m10s  > failed dial  # engaged
           Step dial of run 1 failed: engaged; again at 2026-01-05 08:05:31Z.
    5m31s  Step dial of run 1 started, attempt 2.
    5m40s  > failed dial  # engaged
           Step dial of run 1 failed: engaged; again at 2026-01-05 08:06:23Z.
    6m23s  Step dial of run 1 started, attempt 3.
    6m40s  > done dial  # the third time
           Step dial of run 1 is done.
           Step banner of run 1 started. It is to command banner, by 7m40s.
       7m  > failed banner  # nobody misses it
           Step banner of run 1 failed: nobody misses it.
           Step drain of run 1 started. It is to command drain, by 12m.
       8m  > failed drain  # a valve sticks
           Step drain of run 1 failed: a valve sticks.
    8m30s  > skip drain by director-1  # by hand
           Step drain of run 1 was left out by director-1 (incident-director): by hand.
           Step pump of run 1 started. It is to command pump, by 9m30s.
    9m30s  Step pump of run 1 timed out: no answer in time; again at 2026-01-05 08:09:40Z.
9m40.809s  Step pump of run 1 started, attempt 2.
10m40.809s  Step pump of run 1 timed out: no answer in time.
      20m  > done pump  # long given up twice by then
      21m  > done pump by director-1  # it says so itself
           Step pump of run 1 is done, by director-1 (incident-director).
           Step copy of run 1 started. It is to command copy, by 26m.
      22m  > failed copy  # no space
           Step copy of run 1 failed: no space.
      23m  > skip copy by director-1  # there is another
           Step copy of run 1 was left out by director-1 (incident-director): there is another.
           Step move of run 1 started. It is to command move, by 28m.
      24m  > failed move  # half of it
           Step move of run 1 failed: half of it.
           The rule on_failure: undo aborted run 1; what it did is undone as far as its playbook says how: move failed: half of it.
           The undo of step move of run 1 is in doubt: whether the step took effect is not known: retry undoes it, skip leaves it.
      25m  > retry move by director-1  # take that half back
           The undo of step move of run 1 started, ordered by director-1 (incident-director): take that half back.
           Step move of run 1 is undone.
           The undo of step close of run 1 started.
           Step close of run 1 is undone.
           Run 1 ended: undone.
      30m  > component web up
           shop-0105: Classified disaster until the outage has ended: shop up; no criterion holds now.
      40m  shop is restored: at or above its MBCO since 2026-01-05 08:30:00Z. Recovery took 30m of an RTO of 4h. The run's first forecast was 15m28s, 14m32s too early.
           shop-0105: The situation is over: shop up; it had reached disaster.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
