The primary database dies alone: its replica takes over
starts 2026-03-02T09:00:00Z

       0s  > component orders-db-a down
           > component orders-writes down
       2m  order-taking-0302: Classified incident by service_impaired: order-taking, orders-api and orders-db below MBCO.
       5m  order-taking-0302: Classified major_incident by vital_below_mbco: order-taking, orders-api and orders-db below MBCO.
      20m  > declare by director-1  # no sign of life since twenty minutes
           director-1 (incident-director) declared a disaster (manual): no sign of life since twenty minutes.
           director-1 (incident-director) invoked the playbook database-promotion for order-taking, orders-api and orders-db as run 1. It is forecast to bring it back at 39m23s, nine times in ten by 47m28s.
           Step page of run 1 started: database-1 and director-1 told. It is to tell on-call-database, incident-director: The primary of the orders database is lost; its replica is to be promoted., by 25m.
      22m  > ack page by database-1
           database-1 (on-call-database) acknowledged step page of run 1.
           Step page of run 1 is done, by database-1 (on-call-database).
           Step is-it-dead of run 1 started: database-1 told. It is to try the primary from two places that do not share a network with the one that raised the alarm, by 32m.
      26m  > done is-it-dead by database-1 reachable_from_anywhere=false lag_of_replica=3s
           Step is-it-dead of run 1 is done, by database-1 (on-call-database).
           Step fence of run 1 started. It is to PUT https://database.example.internal/orders-db-a/fence, by 28m.
           Step fence of run 1 is done.
           Step fenced of run 1 started. It is to verify: GET https://database.example.internal/orders-db-a/fence has to come back with an answer that says {"fenced":true}, by 28m.
           Step fenced of run 1 is done.
           Step go of run 1 started: director-1 and director-2 told. It is to promote the replica? What the primary had not yet sent is gone unless the disk can be read later., by 36m. It lets happen: promote: POST https://database.example.internal/orders-db-b/promote (no way back); repoint: PUT https://config.example.internal/orders-db/primary {"host":"orders-db-b"} (undone by PUT https://config.example.internal/orders-db/primary {"host":"orders-db-a"}); verified: verify that orders-db is at or above its MBCO for 5m; backup: Take a full backup of the new primary now, and see that it is one that can be read (by on-call-database); reconcile: Compare with the application's own journal and list every order that is missing (by on-call-database); preserve: Keep the disk of the lost primary as it is until what it had not sent has been looked for (by on-call-database); rebuild: Build a new replica from the new primary; until it has caught up, the next loss is an outage (by on-call-database).
      30m  order-taking-0302: Classified major_incident by vital_below_mbco and vital_degraded: order-taking, orders-api and orders-db below MBCO.
      32m  > approve go by director-2
           director-2 (incident-director) approved step go of run 1.
      33m  > approve go by operations-1
           Refused: operations-1 may not decide go: that is for incident-director (director-1, director-2).
      34m  > approve go by director-1  # of two who hold the role
           director-1 (incident-director) approved step go of run 1: of two who hold the role.
           Step go of run 1 is done, by director-1 (incident-director).
           Step promote of run 1 started. It is to POST https://database.example.internal/orders-db-b/promote, by 44m.
      36m  > done promote
           Step promote of run 1 is done.
           Step repoint of run 1 started. It is to PUT https://config.example.internal/orders-db/primary, by 38m.
           Step repoint of run 1 is done.
           Step verified of run 1 started. It is to verify that orders-db is at or above its MBCO for 5m, by 51m.
      38m  > component orders-writes up
           order-taking-0302: Classified major_incident until the outage has ended: order-taking, orders-api and orders-db up; no criterion holds now.
      43m  Step verified of run 1 is done.
           Step backup of run 1 started: database-1 told. It is to take a full backup of the new primary now, and see that it is one that can be read, by 2h43m.
      48m  order-taking is restored: at or above its MBCO since 2026-03-02 09:38:00Z. Recovery took 38m of an RTO of 4h.
           orders-api is restored: at or above its MBCO since 2026-03-02 09:38:00Z. Recovery took 38m of an RTO of 4h.
           orders-db is restored: at or above its MBCO since 2026-03-02 09:38:00Z. Recovery took 38m of an RTO of 3h. The run's first forecast was 39m23s, 1m23s too late.
           order-taking-0302: The situation is over: order-taking, orders-api and orders-db up; it had reached major_incident.
           Step preserve of run 1 started: database-1 told. It is to keep the disk of the lost primary as it is until what it had not sent has been looked for.
    1h20m  > done backup by database-1 evidence=backup-77
           Step backup of run 1 is done, by database-1 (on-call-database).
           Step reconcile of run 1 started: database-1 told. It is to compare with the application's own journal and list every order that is missing.
       2h  > done reconcile by database-1 evidence=TCK-12
           Step reconcile of run 1 is done, by database-1 (on-call-database).
           > done preserve by database-1
           Step preserve of run 1 is done, by database-1 (on-call-database).
           Step rebuild of run 1 started: database-1 told. It is to build a new replica from the new primary; until it has caught up, the next loss is an outage.
       5h  > done rebuild by database-1
           Step rebuild of run 1 is done, by database-1 (on-call-database).
           > component orders-db-a up
           Run 1 ended: completed.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
       6h  > stand-down by director-1
           director-1 (incident-director) stood down.
