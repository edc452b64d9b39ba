A site is lost: declared and invoked by itself, answered by people, measured, stood down
starts 2026-01-05T08:00:00Z

      -1h  > component ledger-south down  # the standby is not active until it is promoted
       0s  > component pay-north down  # power lost
           > component ledger-north down
       1m  > site north lost  # the operator of the site says so
       2m  card-payments-0105: Classified incident by service_impaired: card-payments, core-ledger and payments-api below MBCO.
       4m  > failed fence  # the first call does not get through
       5m  card-payments-0105: Classified disaster by facility_lost and facility_impaired: card-payments, core-ledger and payments-api below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook move-ledger-south for card-payments, core-ledger and payments-api as run 1. It is forecast to bring it back at 24m8s, nine times in ten by 34m22s.
           Step page of run 1 started: pay-1 and director-1 told. It is to tell on-call-pay, incident-director, by 10m.
       7m  > ack page by pay-1
           pay-1 (on-call-pay) acknowledged step page of run 1.
           Step page of run 1 is done, by pay-1 (on-call-pay).
           Step assess of run 1 started: pay-1 told. It is to assess cause, damage and time to restore, by 17m.
           Step fence of run 1 started. It is to POST https://fence.internal/north, by 9m.
           Step fence of run 1 failed: the first call does not get through; again at 2026-01-05 08:07:32Z.
    7m32s  Step fence of run 1 started, attempt 2.
           Step fence of run 1 is done.
      14m  > done assess by pay-1 estimated_time_to_restore=6h
           Step assess of run 1 is done, by pay-1 (on-call-pay).
           pay-1 (on-call-pay) estimates card-payments back at 2026-01-05 14:14:00Z: answered in step assess of run 1 of card-payments-0105.
           pay-1 (on-call-pay) estimates core-ledger back at 2026-01-05 14:14:00Z: answered in step assess of run 1 of card-payments-0105.
           pay-1 (on-call-pay) estimates payments-api back at 2026-01-05 14:14:00Z: answered in step assess of run 1 of card-payments-0105.
           card-payments-0105: Classified disaster by estimate_exceeds_rto, facility_lost and facility_impaired: card-payments, core-ledger and payments-api below MBCO.
           Step go of run 1 started: director-1 and director-2 told. It is to promote the ledger in the south?, by 24m. It lets happen: promote: request ledger.promote {"site":"south"}; verified: verify that payments-api is at or above its MBCO for 10m; reconcile: Reconcile from the last replicated point (by ledger-accounting).
      16m  > approve go by director-1  # two people have to agree
           director-1 (incident-director) approved step go of run 1: two people have to agree.
      17m  > approve go by director-1  # the same one does not count twice
           Refused: director-1 already approved go at 2026-01-05 08:16:00Z; 1 of 2 have.
      18m  > approve go by director-2
           director-2 (incident-director) approved step go of run 1.
           Step go of run 1 is done, by director-2 (incident-director).
           Step promote of run 1 started. It is to request ledger.promote, by 28m.
      23m  > done promote
           Step promote of run 1 is done.
           Step verified of run 1 started. It is to verify that payments-api is at or above its MBCO for 10m, by 48m.
      24m  > component ledger-south up  # because it was promoted
           card-payments-0105: Classified disaster until the outage has ended: card-payments degraded and payments-api degraded, core-ledger up; now incident by service_impaired.
      30m  card-payments-0105: Classified disaster until the outage has ended: card-payments degraded and payments-api degraded, core-ledger up; now major_incident by vital_degraded.
      34m  card-payments is restored: at or above its MBCO since 2026-01-05 08:24:00Z. Recovery took 24m of an RTO of 2h. The run's first forecast was 24m8s, 8s too late.
           core-ledger is restored: at or above its MBCO since 2026-01-05 08:24:00Z. Recovery took 24m of an RTO of 2h.
           payments-api is restored: at or above its MBCO since 2026-01-05 08:24:00Z. Recovery took 24m of an RTO of 2h.
           card-payments-0105: Classified major_incident by vital_degraded: card-payments degraded and payments-api degraded, core-ledger up.
           Step verified of run 1 is done.
           Step reconcile of run 1 started: ledger-1 told. It is to reconcile from the last replicated point.
      50m  > done reconcile by ledger-1 evidence=ticket-4711
           Step reconcile of run 1 is done, by ledger-1 (ledger-accounting).
           Step failback of run 1 started: director-1 told. It is to fail back as a normal change?.
       6h  > site north ok
           > component pay-north up
           > component ledger-north up
           card-payments-0105: Classified major_incident until the outage has ended: card-payments, core-ledger and payments-api up; no criterion holds now.
    6h10m  card-payments-0105: The situation is over: card-payments, core-ledger and payments-api up; it had reached disaster.
       7h  > approve failback by director-1
           director-1 (incident-director) approved step failback of run 1.
           Step failback of run 1 is done, by director-1 (incident-director).
           Run 1 ended: completed.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
       8h  > stand-down by director-1  # north is back, failing back is a normal change
           director-1 (incident-director) stood down: north is back, failing back is a normal change.
