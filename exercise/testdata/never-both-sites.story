The south may not take over while the north can still write; and nothing goes back to the north before it is known to be well
starts 2026-01-05T08:00:00Z

       0s  > component door-north down
       1m  > site north lost
       2m  ledger-0105: Classified incident by service_impaired: ledger below MBCO.
       5m  ledger-0105: Classified disaster by facility_lost and facility_impaired: ledger below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook move-to-south for ledger as run 1. It is forecast to bring it back at 8m7s, nine times in ten by 10m47s.
           Step fence of run 1 started. It is to command fence-north, by 6m.
           Step fence of run 1 is done.
           Step promote of run 1 was NOT carried out: it would break never-both-sites: two ledgers that were both written to cannot be put together again (next.id == 'promote' && !(step('fence').done && component('db-north').state == 'down'); now step fence of run 1 is done, db-north is up).
       6m  > retry promote by director-1  # it has to go on
           Refused: step promote of run 1 may not be carried out: it would break never-both-sites: two ledgers that were both written to cannot be put together again (next.id == 'promote' && !(step('fence').done && component('db-north').state == 'down'); now step fence of run 1 is done, db-north is up).
       8m  > component db-north down  # switched off in the cellar
       9m  > retry promote by director-1  # the north is dark now
           Step promote of run 1 started, ordered by director-1 (incident-director): the north is dark now. It is to command promote-south, by 14m.
           Step promote of run 1 is done.
           Step seen of run 1 started. It is to verify that ledger is at or above its MBCO for 10m, by 2h9m.
      30m  > component door-north up  # another way in
           ledger-0105: Classified disaster until the outage has ended: ledger degraded; now major_incident by vital_degraded.
      40m  ledger is restored: at or above its MBCO since 2026-01-05 08:30:00Z. Recovery took 30m of an RTO of 2h. The run's first forecast was 8m7s, 21m53s too early.
           ledger-0105: Classified major_incident by vital_degraded: ledger degraded.
           Step seen of run 1 is done.
      45m  > site north ok
      50m  > component db-north up from probe-a  # one of two sees it again
           ledger-0105: Classified major_incident until the outage has ended: ledger up; no criterion holds now.
      55m  > component db-north up
           Step back of run 1 started: incident-director told. It is to go back to the north?. It lets happen: return: command return-north.
      56m  > component db-north down from probe-b
      57m  > approve back by director-1
           Refused: back cannot be approved: it goes back to north, which is not known to be well: db-north is disputed: some say that it is worse.
      58m  > component db-north up
      59m  > approve back by director-1
           director-1 (incident-director) approved step back of run 1.
           Step back of run 1 is done, by director-1 (incident-director).
           Step return of run 1 started. It is to command return-north, by 1h.
           Step return of run 1 is done.
           Run 1 ended: completed.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
       1h  ledger-0105: The situation is over: ledger up; it had reached disaster.
    1h10m  > stand-down by director-1
           director-1 (incident-director) stood down.
