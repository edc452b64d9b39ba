A release has emptied a table, on all replicas: the database is restored
starts 2026-03-02T09:00:00Z

      -6h  > data orders recovery_point 2026-03-02T03:00:00Z  # last night's backup
       0s  > data orders unusable  # a table is empty
           > component orders-writes down
       2m  orders-db-0302: Classified incident by service_impaired: orders-db below MBCO.
       5m  orders-db-0302: Classified major_incident by vital_below_mbco: orders-db below MBCO.
      15m  > declare by director-1  # it is empty on all replicas
           director-1 (incident-director) declared a disaster (manual): it is empty on all replicas.
           director-1 (incident-director) invoked the playbook restore-from-backup for orders-db as run 1. It is forecast to bring it back at 3h5m32s, nine times in ten by 4h48m4s.
           Step page of run 1 started: database-1 and director-1 told. It is to tell on-call-database, incident-director: The data of the orders database is unusable and is to be restored. Do not restart or repair anything yet., by 25m.
      18m  > ack page by database-1
           database-1 (on-call-database) acknowledged step page of run 1.
           Step page of run 1 is done, by database-1 (on-call-database).
           Step stop-writing of run 1 started. It is to PUT https://fabric.example.internal/orders/writers, by 23m.
           Step stop-writing of run 1 is done.
           Step keep-what-is-left of run 1 started: database-1 told. It is to take a snapshot of the damaged volumes before anything is written to them, and keep it apart, by 38m.
           Step what-happened of run 1 started: database-1 told. It is to say when the damage began and by what (a release, a person, a disk, somebody from outside); the restore point lies before it, by 1h3m.
      25m  > done keep-what-is-left by database-1 evidence=snapshot-4
           Step keep-what-is-left of run 1 is done, by database-1 (on-call-database).
      30m  orders-db-0302: Classified major_incident by vital_below_mbco and vital_degraded: orders-db below MBCO.
      40m  > done what-happened by database-1 damaged_since=2026-03-02T08:58:00Z cause=release-311 malicious=false
           Step what-happened of run 1 is done, by database-1 (on-call-database).
           Step choose of run 1 started: database-1 told. It is to choose the newest backup from before the damage whose checksum and restore test are good, by 1h.
      50m  > done choose by database-1 recovery_point=2026-03-02T03:00:00Z backup=nightly-0302 orders_lost=140
           Step choose of run 1 is done, by database-1 (on-call-database).
           Step go of run 1 started: director-1 and director-2 told. It is to restore from the chosen backup? What was ordered since then has to be entered again, or is lost., by 1h5m. It lets happen: restore: command restore-orders; integrity: Check the restored data (counts, sums, the last orders, references) and look for the cause in it (by on-call-database).
      52m  > approve go by director-1
           director-1 (incident-director) approved step go of run 1.
      55m  > approve go by director-2  # the night's orders are with the payment provider
           director-2 (incident-director) approved step go of run 1: the night's orders are with the payment provider.
           Step go of run 1 is done, by director-2 (incident-director).
           Step restore of run 1 started. It is to command restore-orders, by 4h55m.
    2h25m  > done restore
           Step restore of run 1 is done.
           Step integrity of run 1 started: database-1 told. It is to check the restored data (counts, sums, the last orders, references) and look for the cause in it, by 3h25m.
    2h45m  > done integrity by database-1 evidence=checks-1
           Step integrity of run 1 is done, by database-1 (on-call-database).
           Step take-over of run 1 started: director-1 told. It is to let the restored database take over?, by 2h55m. It lets happen: switch: PUT https://config.example.internal/orders-db/primary {"host":"orders-db-restored"} (no way back); start-writing: PUT https://fabric.example.internal/orders/writers {"replicas":6}; verified: verify that orders-db is at or above its MBCO for 5m; enter-again: Enter again what was ordered after the recovery point (queues, mails, payment provider), and count what is lost for good (by on-call-database); back-up-anew: Start a new chain of backups from the restored database, and restore the first one somewhere to see that it can be (by on-call-database).
    2h50m  > approve take-over by director-1
           director-1 (incident-director) approved step take-over of run 1.
           Step take-over of run 1 is done, by director-1 (incident-director).
           Step switch of run 1 started. It is to PUT https://config.example.internal/orders-db/primary, by 2h52m.
           Step switch of run 1 is done.
           Step start-writing of run 1 started. It is to PUT https://fabric.example.internal/orders/writers, by 2h55m.
           Step start-writing of run 1 is done.
           Step verified of run 1 started. It is to verify that orders-db is at or above its MBCO for 5m, by 3h10m.
    2h55m  > component orders-writes up
           orders-db-0302: Classified major_incident until the outage has ended: orders-db up; no criterion holds now.
       3h  > data orders ok
           Step verified of run 1 is done.
           Step enter-again of run 1 started: database-1 told. It is to enter again what was ordered after the recovery point (queues, mails, payment provider), and count what is lost for good.
     3h5m  orders-db is restored: at or above its MBCO since 2026-03-02 11:55:00Z. Recovery took 2h55m of an RTO of 8h. The run's first forecast was 3h5m32s, 10m32s too late.
           orders-db-0302: The situation is over: orders-db up; it had reached major_incident.
           Step back-up-anew of run 1 started: database-1 told. It is to start a new chain of backups from the restored database, and restore the first one somewhere to see that it can be.
       6h  > done enter-again by database-1 evidence=TCK-20
           Step enter-again of run 1 is done, by database-1 (on-call-database).
       7h  > done back-up-anew by database-1 evidence=backup-1
           Step back-up-anew of run 1 is done, by database-1 (on-call-database).
           Run 1 ended: completed.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
       8h  > stand-down by director-1
           director-1 (incident-director) stood down.
