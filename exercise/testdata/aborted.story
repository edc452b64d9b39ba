A false alarm: the run is paused, looked at, called off, and what was done is undone in reverse order; an undo gets stuck
starts 2026-01-05T08:00:00Z

       0s  > component web down
       1m  > site north lost
       2m  shop-0105: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0105: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook move for shop as run 1. It is forecast to bring it back at 21m51s, nine times in ten by 36m7s.
           Step fence of run 1 started. It is to command fence-north, by 6m.
           Step fence of run 1 is done.
           Step drain of run 1 started. It is to command drain-queue, by 6m.
    5m30s  > done drain
           Step drain of run 1 is done.
           Step go of run 1 started: incident-director told. It is to switch to the south?, by 35m30s. It lets happen: switch: command switch-dns (no way back).
       6m  > pause by director-1  # the facility says that all lights are on
           director-1 (incident-director) paused run 1: the facility says that all lights are on.
       7m  > pause by director-2  # too
           Refused: run 1 was already paused by director-1 (incident-director) at 2026-01-05 08:06:00Z: the facility says that all lights are on.
       8m  > hold go by director-1 until 20m  # nobody decides before the electrician has called
           director-1 (incident-director) holds step go of run 1, until 2026-01-05 08:20:00Z: nobody decides before the electrician has called.
       9m  > resume by director-1  # it may have been a fuse
           director-1 (incident-director) resumed run 1: it may have been a fuse.
    9m30s  > approve go by director-1
           Refused: step go of run 1 is held by director-1 (incident-director) since 2026-01-05 08:08:00Z, until 2026-01-05 08:20:00Z: nobody decides before the electrician has called; nobody can approve it before: holdfast resume shop-0105 1/go.
      20m  > component web up
           shop-0105: Classified disaster until the outage has ended: shop up; no criterion holds now.
           Step go of run 1 is free again: the time of its hold is over.
      21m  > abort by director-1  # the probes were fed from the wrong rack
           director-1 (incident-director) aborted everything in the incident; what was done is undone as far as the playbooks say how, and nothing more is invoked without a person: the probes were fed from the wrong rack. By hand: See that the queue is not read twice.
           The undo of step drain of run 1 started.
   21m30s  > failed drain/undo  # the queue is locked
           The undo of step drain of run 1 failed: the queue is locked.
      24m  > skip drain by director-1  # the batch fills it at night anyway
           director-1 (incident-director) leaves step drain of run 1 as it is, without an undo: the batch fills it at night anyway.
           The undo of step fence of run 1 started.
   24m30s  > done fence/undo
           Step fence of run 1 is undone.
           Run 1 ended: aborted.
      25m  > approve go by director-2
           Refused: step go of run 1 was already called off by director-1 (incident-director) at 2026-01-05 08:21:00Z.
      30m  > site north ok
           shop is restored: at or above its MBCO since 2026-01-05 08:20:00Z. Recovery took 20m of an RTO of 2h. The run's first forecast was 21m51s, 1m51s too late.
           shop-0105: The situation is over: shop up; it had reached disaster.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
      40m  > stand-down by director-1  # a false alarm
           director-1 (incident-director) stood down: a false alarm.
