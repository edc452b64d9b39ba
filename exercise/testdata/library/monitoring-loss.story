Monitoring is blind: people look and watch by hand
starts 2026-03-02T09:00:00Z

       0s  > component prometheus-a down  # the switch at another provider rings
       2m  monitoring-0302: Classified incident by service_impaired: monitoring below MBCO.
       5m  monitoring-0302: Classified major_incident by vital_below_mbco: monitoring below MBCO.
      20m  > declare by director-1  # a release goes out at ten: not while we are blind
           director-1 (incident-director) declared a disaster (manual): a release goes out at ten: not while we are blind.
           director-1 (incident-director) invoked the playbook monitoring-loss for monitoring as run 1. It is forecast to bring it back at 37m44s, nine times in ten by 46m25s.
           Step page of run 1 started: platform-1 and desk-1 told. It is to tell on-call-platform, service-desk: Monitoring is blind. No alert is no good news until it is back., by 30m.
      22m  > ack page by platform-1
           platform-1 (on-call-platform) acknowledged step page of run 1.
           Step page of run 1 is done, by platform-1 (on-call-platform).
           Step look of run 1 started: platform-1 told. It is to look at the five most important services by hand, from outside, and say which of them work, by 32m.
           Step watch of run 1 started: desk-1 told. It is to sit down at the list of manual checks and go through it every 15 minutes until this is over; write each round down, by 37m.
           Step freeze of run 1 started: platform-1 told. It is to stop releases and changes, and leave no automatic failover armed that decides by this monitoring (holdfast disarm), by 37m.
      26m  > done look by platform-1 all_work=true what_does_not=nothing
           Step look of run 1 is done, by platform-1 (on-call-platform).
           Step restart of run 1 started. It is to command restart-monitoring, by 36m.
      30m  monitoring-0302: Classified major_incident by vital_below_mbco and vital_degraded: monitoring below MBCO.
           > done freeze by platform-1
           Step freeze of run 1 is done, by platform-1 (on-call-platform).
      35m  > done restart
           Step restart of run 1 is done.
           Step verified of run 1 started. It is to verify that monitoring is at or above its MBCO for 5m, by 1h5m.
      36m  > component prometheus-a up
           monitoring-0302: Classified major_incident until the outage has ended: monitoring up; no criterion holds now.
      37m  Step watch of run 1 still waits; service-desk is told (desk-2).
      40m  > done watch by desk-1 evidence=sheet-1
           Step watch of run 1 is done, by desk-1 (service-desk).
      41m  Step verified of run 1 is done.
           Step hole of run 1 started: platform-1 told. It is to go through what was not seen (logs, queues, customers' calls) from the last good sample to now, by 2h41m.
      46m  monitoring is restored: at or above its MBCO since 2026-03-02 09:36:00Z. Recovery took 36m of an RTO of 4h. The run's first forecast was 37m44s, 1m44s too late.
           monitoring-0302: The situation is over: monitoring up; it had reached major_incident.
    1h30m  > done hole by platform-1 evidence=TCK-31
           Step hole of run 1 is done, by platform-1 (on-call-platform).
           Step unfreeze of run 1 started: platform-1 told. It is to let releases go on and arm again what was disarmed (holdfast arm).
       2h  > done unfreeze by platform-1
           Step unfreeze of run 1 is done, by platform-1 (on-call-platform).
           Run 1 ended: completed.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
       3h  > stand-down by director-1
           director-1 (incident-director) stood down.
