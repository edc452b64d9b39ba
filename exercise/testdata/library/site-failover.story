Site A burns: order taking moves to site B, and goes back a week later
starts 2026-03-02T09:00:00Z

       0s  > component orders-a down
           > component gateway-a down
           > component orders-db-a down
           > component orders-writes down
       2m  > site site-a lost  # the fire brigade has switched the power off
           order-taking-0302: Classified incident by service_impaired: order-taking, orders-api and orders-db below MBCO.
       5m  order-taking-0302: Classified disaster by facility_lost, facility_impaired and site_loss_inferred: order-taking, orders-api and orders-db below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired, facility_lost and site_loss_inferred).
           The rule automatic_for facility_lost invoked the playbook site-failover for order-taking, orders-api and orders-db as run 1. It is forecast to bring it back at 32m48s, nine times in ten by 44m49s.
           Step page of run 1 started: platform-1, database-1 and director-1 told. It is to tell on-call-platform, on-call-database, incident-director: Site A is lost. Order taking moves to site B. Join the bridge that is on the back of your card., by 10m.
       8m  > ack page by platform-1
           platform-1 (on-call-platform) acknowledged step page of run 1.
           Step page of run 1 is done, by platform-1 (on-call-platform).
           Step safety of run 1 started: facility-1 told. It is to account for everybody who was in site A, and say whether the emergency services are there, by 23m.
           Step assess of run 1 started: platform-1 told. It is to ask the facility what is lost and for how long. Two sources, not one; "no estimate" is an answer, by 18m.
           Step fence of run 1 started. It is to PUT https://fabric.example.internal/sites/site-a/fence, by 10m.
           Step recovery-point of run 1 started: database-1 told. It is to read how far the copy in site B is behind, and what that means in orders, by 18m.
           Step fence of run 1 is done.
      12m  > done recovery-point by database-1 newest_transaction=2026-03-02T08:59:40Z orders_at_risk=12
           Step recovery-point of run 1 is done, by database-1 (on-call-database).
      14m  > done assess by platform-1 cause=fire estimated_time_to_restore=72h
           Step assess of run 1 is done, by platform-1 (on-call-platform).
           platform-1 (on-call-platform) estimates order-taking back at 2026-03-05 09:14:00Z: answered in step assess of run 1 of order-taking-0302.
           platform-1 (on-call-platform) estimates orders-api back at 2026-03-05 09:14:00Z: answered in step assess of run 1 of order-taking-0302.
           platform-1 (on-call-platform) estimates orders-db back at 2026-03-05 09:14:00Z: answered in step assess of run 1 of order-taking-0302.
           order-taking-0302: Classified disaster by estimate_exceeds_rto, facility_lost, facility_impaired and site_loss_inferred: order-taking, orders-api and orders-db below MBCO.
           Step go of run 1 started: director-1 and director-2 told. It is to make site B the primary? Orders after the newest transaction there have to be entered again., by 24m. It lets happen: promote: POST https://database.example.internal/orders-db-b/promote (no way back); start: PUT https://fabric.example.internal/sites/site-b/orders {"replicas":6} (undone by PUT https://fabric.example.internal/sites/site-b/orders {"replicas":0}); switch: PUT https://entrance.example.internal/orders {"site":"site-b"} (undone by PUT https://entrance.example.internal/orders {"site":"site-a"}); verified: verify that order-taking is at or above its MBCO for 5m; tell-customers: Put the prepared statement on the status page, with the time of the next one (by communications); reconcile: Enter the orders again that were lost between the newest transaction and the switch, and count them (by on-call-database); repair: Have site A inspected and released, in writing, before anything is switched on there (by on-call-facility); resync: Build the copy in site A anew from site B and let it catch up; never the other way round (by on-call-database).
      15m  > done safety by facility-1 everybody_safe=true
           Step safety of run 1 is done, by facility-1 (on-call-facility).
      16m  > approve go by director-1
           director-1 (incident-director) approved step go of run 1.
      18m  > approve go by director-2  # twelve orders can be entered again
           director-2 (incident-director) approved step go of run 1: twelve orders can be entered again.
           Step go of run 1 is done, by director-2 (incident-director).
           Step promote of run 1 started. It is to POST https://database.example.internal/orders-db-b/promote, by 28m.
           Step tell-customers of run 1 started: comms-1 told. It is to put the prepared statement on the status page, with the time of the next one, by 38m.
      22m  > done promote
           Step promote of run 1 is done.
           Step start of run 1 started. It is to PUT https://fabric.example.internal/sites/site-b/orders, by 32m.
      24m  > component orders-writes up
           order-taking-0302: Classified disaster until the outage has ended: order-taking degraded and orders-api degraded, orders-db up; now incident by service_impaired.
      26m  > done tell-customers by comms-1 evidence=status-page-117
           Step tell-customers of run 1 is done, by comms-1 (communications).
      30m  order-taking-0302: Classified disaster until the outage has ended: order-taking degraded and orders-api degraded, orders-db up; now major_incident by vital_degraded.
           > done start
           Step start of run 1 is done.
           Step switch of run 1 started. It is to PUT https://entrance.example.internal/orders, by 32m.
           Step switch of run 1 is done.
           Step verified of run 1 started. It is to verify that order-taking is at or above its MBCO for 5m, by 50m.
           Step verified of run 1 is done.
           Step reconcile of run 1 started: database-1 told. It is to enter the orders again that were lost between the newest transaction and the switch, and count them, by 4h30m.
      34m  order-taking is restored: at or above its MBCO since 2026-03-02 09:24:00Z. Recovery took 24m of an RTO of 4h. The run's first forecast was 32m48s, 8m48s too late.
           orders-api is restored: at or above its MBCO since 2026-03-02 09:24:00Z. Recovery took 24m of an RTO of 4h.
           orders-db is restored: at or above its MBCO since 2026-03-02 09:24:00Z. Recovery took 24m of an RTO of 4h.
           order-taking-0302: Classified major_incident by vital_degraded: order-taking degraded and orders-api degraded, orders-db up.
    1h40m  > done reconcile by database-1 evidence=TCK-9  # eleven entered again, one customer called
           Step reconcile of run 1 is done, by database-1 (on-call-database).
           Step repair of run 1 started: facility-1 told. It is to have site A inspected and released, in writing, before anything is switched on there.
      30h  > done repair by facility-1 evidence=release-3
           Step repair of run 1 is done, by facility-1 (on-call-facility).
           Step resync of run 1 started: database-1 told. It is to build the copy in site A anew from site B and let it catch up; never the other way round.
      36h  > done resync by database-1
           Step resync of run 1 is done, by database-1 (on-call-database).
      37h  > site site-a ok
           > component orders-a up
           > component gateway-a up
           > component orders-db-a up
           order-taking-0302: Classified major_incident until the outage has ended: order-taking, orders-api and orders-db up; no criterion holds now.
           Step failback of run 1 started: director-1 told. It is to go back to site A, as a planned change in a quiet hour?.
   37h10m  order-taking-0302: The situation is over: order-taking, orders-api and orders-db up; it had reached disaster.
      40h  > approve failback by director-1
           director-1 (incident-director) approved step failback of run 1.
           Step failback of run 1 is done, by director-1 (incident-director).
           Run 1 ended: completed.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
      41h  > stand-down by director-1  # as a planned change on Sunday
           director-1 (incident-director) stood down: as a planned change on Sunday.
