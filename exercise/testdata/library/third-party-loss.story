The payment provider is out and gives no estimate: payments go by the second one
starts 2026-03-02T09:00:00Z

       0s  > component acquirer-a down
           > component payments-pass down
       2m  card-payments-0302: Classified incident by service_impaired: card-payments below MBCO.
       5m  card-payments-0302: Classified major_incident by vital_below_mbco: card-payments below MBCO.
      10m  > service card-payments estimate none  # "we are investigating"
           card-payments-0302: Classified disaster by estimate_exceeds_rto: card-payments below MBCO.
           Declaring a disaster is recommended (estimate_exceeds_rto); it is not automatic: declaration.mode is recommend.
      15m  > declare by director-1
           director-1 (incident-director) declared a disaster (estimate_exceeds_rto and manual).
           director-1 (incident-director) invoked the playbook third-party-loss for card-payments as run 1. It is forecast to bring it back at 41m21s, nine times in ten by 57m54s.
           Step page of run 1 started: payments-1, platform-1 and director-1 told. It is to tell payments-operations, on-call-platform, incident-director: The first payment provider is out. Their number and ours (contract, account) are on the card., by 25m.
      18m  > ack page by payments-1
           payments-1 (payments-operations) acknowledged step page of run 1.
           Step page of run 1 is done, by payments-1 (payments-operations).
           Step call-them of run 1 started: payments-1 told. It is to open a ticket of the highest severity with the provider, ask for an estimate, and agree when they call back, by 33m.
           Step ours-or-theirs of run 1 started: platform-1 told. It is to rule out that it is us (expired certificate or key, blocked account, unpaid bill, our own network), by 33m.
      25m  > done ours-or-theirs by platform-1 it_is_theirs=true
           Step ours-or-theirs of run 1 is done, by platform-1 (on-call-platform).
      28m  > done call-them by payments-1 their_ticket=S1-4711 estimated_time_to_restore=6h evidence=S1-4711
           Step call-them of run 1 is done, by payments-1 (payments-operations).
           payments-1 (payments-operations) estimates card-payments back at 2026-03-02 15:28:00Z: answered in step call-them of run 1 of card-payments-0302.
           Step go of run 1 started: director-1 told. It is to send payments by the second provider? It costs more for each, and refunds have to wait., by 43m. It lets happen: switch: PUT https://payments.example.internal/routing {"provider":"acquirer-b"} (undone by PUT https://payments.example.internal/routing {"provider":"acquirer-a"}); verified: verify that card-payments is at or above its MBCO for 5m; tell: Tell the service desk and the shops what does not work meanwhile (refunds, stored cards), in one sentence each (by communications); open-payments: List the payments that were under way at the first provider when it failed, and settle each once, not twice (by payments-operations); statement: Get the provider's written report (cause, duration, what changes), and record the outage in the register of suppliers (by payments-operations).
      30m  > approve go by director-1
           director-1 (incident-director) approved step go of run 1.
           Step go of run 1 is done, by director-1 (incident-director).
           Step switch of run 1 started. It is to PUT https://payments.example.internal/routing, by 35m.
           Step tell of run 1 started: comms-1 told. It is to tell the service desk and the shops what does not work meanwhile (refunds, stored cards), in one sentence each, by 50m.
           Step switch of run 1 is done.
           Step verified of run 1 started. It is to verify that card-payments is at or above its MBCO for 5m, by 50m.
      32m  > component payments-pass up
           card-payments-0302: Classified disaster until the outage has ended: card-payments up; no criterion holds now.
      37m  Step verified of run 1 is done.
           Step open-payments of run 1 started: payments-1 told. It is to list the payments that were under way at the first provider when it failed, and settle each once, not twice.
      38m  > done tell by comms-1
           Step tell of run 1 is done, by comms-1 (communications).
      42m  card-payments is restored: at or above its MBCO since 2026-03-02 09:32:00Z. Recovery took 32m of an RTO of 2h. The run's first forecast was 41m21s, 9m21s too late.
           card-payments-0302: The situation is over: card-payments up; it had reached disaster.
       2h  > done open-payments by payments-1 evidence=list-2
           Step open-payments of run 1 is done, by payments-1 (payments-operations).
           Step statement of run 1 started: payments-1 told. It is to get the provider's written report (cause, duration, what changes), and record the outage in the register of suppliers.
       9h  > component acquirer-a up
      40h  > done statement by payments-1 evidence=report-1
           Step statement of run 1 is done, by payments-1 (payments-operations).
           Step return of run 1 started: director-1 told. It is to send payments by the first provider again?.
      41h  > approve return by director-1
           director-1 (incident-director) approved step return of run 1.
           Step return of run 1 is done, by director-1 (incident-director).
           Run 1 ended: completed.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
      42h  > stand-down by director-1
           director-1 (incident-director) stood down.
