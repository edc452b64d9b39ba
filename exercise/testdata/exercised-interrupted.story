A disaster comes in the middle of an exercise: it takes precedence, and takes what the exercise holds
starts 2026-01-05T08:00:00Z

       0s  > rehearse move-ledger-south as parallel by carla  # the standby takes part of the load
           EXERCISE (parallel): carla (continuity-manager) ordered an exercise of the playbook move-ledger-south: the standby takes part of the load.
           carla (continuity-manager) has the playbook move-ledger-south exercised for payments-api as run 1: EXERCISE (parallel). It is forecast to bring it back at 14m55s, nine times in ten by 21m52s.
           EXERCISE: Step page of run 1 started: pay-1 told. It is to tell on-call-pay, by 5m.
       2m  > ack page by pay-1
           EXERCISE: pay-1 (on-call-pay) acknowledged step page of run 1.
           EXERCISE: Step page of run 1 is done, by pay-1 (on-call-pay).
           EXERCISE: Step fence of run 1 started. It is to POST https://fence.internal/north, by 4m.
           EXERCISE: Step customers of run 1 was left out: the playbook leaves it out of exercises.
           EXERCISE: Step fence of run 1 is done.
           EXERCISE: Step go of run 1 started: director-1 told. It is to promote the ledger in the south?, by 12m. It lets happen: promote: Talk it through, nothing is done: request ledger.promote. What would it do, how long would it take, what does it need? (by continuity-manager); verified: verify that payments-api is at or above its MBCO for 10m.
      12m  EXERCISE: Step go of run 1 still waits; incident-director is told (director-2).
      20m  > component pay-north down  # power lost, and this is no exercise
           > component ledger-north down
           > component ledger-south down
      21m  > site north lost
      22m  card-payments-0105: Classified incident by service_impaired: card-payments, core-ledger and payments-api below MBCO.
      25m  card-payments-0105: Classified disaster by facility_lost and facility_impaired: card-payments, core-ledger and payments-api below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook move-ledger-south for card-payments, core-ledger and payments-api as run 1. It is forecast to bring it back at 39m55s, nine times in ten by 46m52s.
           Step page of run 1 started: pay-1 told. It is to tell on-call-pay, by 30m.
           THE EXERCISE IS OVER: card-payments-0105 is a declared disaster, which takes precedence; nothing more is started.
           EXERCISE: Run 1 ended: interrupted.
      26m  > ack page by pay-1
           pay-1 (on-call-pay) acknowledged step page of run 1.
           Step page of run 1 is done, by pay-1 (on-call-pay).
           Step fence of run 1 started. It is to POST https://fence.internal/north, by 28m.
           Step customers of run 1 started: operations-1 told. It is to tell head-of-operations: Say on the status page that payments are limited.
           Step fence of run 1 is done.
           Step go of run 1 started: director-1 told. It is to promote the ledger in the south?, by 36m. It lets happen: promote: request ledger.promote {"site":"south"} (no way back); verified: verify that payments-api is at or above its MBCO for 10m.
           Step customers of run 1 is done.
      27m  > rehearse move-ledger-south as tabletop by carla  # not now
           Refused: card-payments-0105 is a declared disaster: no exercise starts while it goes on.
      28m  > component ledger-south up
           card-payments-0105: Classified disaster until the outage has ended: card-payments degraded and payments-api degraded, core-ledger up; now incident by service_impaired.
      30m  > approve go by director-1
           director-1 (incident-director) approved step go of run 1.
           Step go of run 1 is done, by director-1 (incident-director).
           Step promote of run 1 started. It is to request ledger.promote, by 40m.
           Step promote of run 1 is done.
           Step verified of run 1 started. It is to verify that payments-api is at or above its MBCO for 10m, by 55m.
      32m  > component pay-south up
      38m  card-payments is restored: at or above its MBCO since 2026-01-05 08:28:00Z. Recovery took 8m of an RTO of 2h. The run's first forecast was 39m55s, 11m55s too late.
           core-ledger is restored: at or above its MBCO since 2026-01-05 08:28:00Z. Recovery took 8m of an RTO of 2h.
           payments-api is restored: at or above its MBCO since 2026-01-05 08:28:00Z. Recovery took 8m of an RTO of 2h.
           card-payments-0105: Classified incident by service_impaired: card-payments degraded and payments-api degraded, core-ledger up.
           Step verified of run 1 is done.
           Run 1 ended: completed.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
      50m  card-payments-0105: Classified major_incident by vital_degraded: card-payments degraded and payments-api degraded, core-ledger up.
       1h  > site north ok
           > component pay-north up
           > component ledger-north up
           card-payments-0105: Classified major_incident until the outage has ended: card-payments, core-ledger and payments-api up; no criterion holds now.
    1h10m  card-payments-0105: The situation is over: card-payments, core-ledger and payments-api up; it had reached disaster.
       2h  > stand-down by director-1  # both sites are back
           director-1 (incident-director) stood down: both sites are back.
           EXERCISE: What the exercise did is put back as run 2.
           EXERCISE: Step demote of run 2 started. It is to request ledger.demote, by 2h1m.
           EXERCISE: Step demote of run 2 is done.
           EXERCISE: Step unfence of run 2 started: pay-1 told. It is to take the fence of the north down and see that both sites take payments.
     2h2m  > skip unfence by pay-1  # the fence was taken down when the north came back
           EXERCISE: Step unfence of run 2 was left out by pay-1 (on-call-pay): the fence was taken down when the north came back.
           EXERCISE: Run 2 ended: completed.
           EXERCISE: The parallel exercise of move-ledger-south is concluded: interrupted by the disaster card-payments-0105; not all that it did was put back.
