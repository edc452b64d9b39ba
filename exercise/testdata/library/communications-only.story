The network of the whole town is out: nothing can be switched, and everybody wants to know
starts 2026-03-02T09:00:00Z

       0s  > component town-network down
       2m  order-taking-0302: Classified incident by service_impaired: order-taking below MBCO.
       5m  order-taking-0302: Classified major_incident by vital_below_mbco: order-taking below MBCO.
      20m  > declare by director-1  # the operator of the network mends it; we inform
           director-1 (incident-director) declared a disaster (manual): the operator of the network mends it; we inform.
           director-1 (incident-director) invoked the playbook communications-only for order-taking as run 1. It is forecast to bring it back at 39m48s, nine times in ten by 49m7s.
           Step page of run 1 started: comms-1, director-1 and desk-1 told. It is to tell communications, incident-director, service-desk: We can only wait and inform. One person speaks; everybody else passes questions on., by 30m.
      22m  > ack page by comms-1
           comms-1 (communications) acknowledged step page of run 1.
           Step page of run 1 is done, by comms-1 (communications).
           Step facts of run 1 started: platform-1 told. It is to write down in three sentences what is known: what does not work, for whom, since when. No cause, no blame, no time that nobody gave, by 32m.
      28m  > done facts by platform-1 since=2026-03-02T09:00:00Z customers_concerned=all
           Step facts of run 1 is done, by platform-1 (on-call-platform).
           Step release of run 1 started: director-1 told. It is to release the statement?, by 38m. It lets happen: customers: Put it on the status page and the telephone announcement, with the time of the next word (by communications); staff: Give the service desk the same words, what to offer (call back, voucher, paper form), and what not to promise (by service-desk); partners: Tell the partners and authorities on the list who are to hear it from us, not from the press (by communications); second-word: Say again how things stand, also where nothing is new, and when the next word comes (by communications); verified: verify that order-taking is at or above its MBCO for 10m; all-clear: Say that it is over, what customers may still notice, and whom they can ask (by communications); afterwards: Publish what happened and what changes, within the time that was promised (by communications).
      30m  order-taking-0302: Classified major_incident by vital_below_mbco and vital_degraded: order-taking below MBCO.
      31m  > approve release by director-1
           director-1 (incident-director) approved step release of run 1.
           Step release of run 1 is done, by director-1 (incident-director).
           Step customers of run 1 started: comms-1 told. It is to put it on the status page and the telephone announcement, with the time of the next word, by 41m.
           Step staff of run 1 started: desk-1 told. It is to give the service desk the same words, what to offer (call back, voucher, paper form), and what not to promise, by 46m.
           Step partners of run 1 started: comms-1 told. It is to tell the partners and authorities on the list who are to hear it from us, not from the press, by 1h31m.
      36m  > done customers by comms-1 evidence=status-page-118
           Step customers of run 1 is done, by comms-1 (communications).
           Step second-word of run 1 started: comms-1 told. It is to say again how things stand, also where nothing is new, and when the next word comes, by 1h36m.
           Step verified of run 1 started. It is to verify that order-taking is at or above its MBCO for 10m, by 72h36m.
      38m  > done staff by desk-1
           Step staff of run 1 is done, by desk-1 (service-desk).
      55m  > done partners by comms-1 evidence=list-4
           Step partners of run 1 is done, by comms-1 (communications).
    1h10m  > done second-word by comms-1 evidence=status-page-119
           Step second-word of run 1 is done, by comms-1 (communications).
 4h10m45s  order-taking may come back too late for its rto, by 2026-03-02 17:00:00Z: run 1 is forecast to bring it back at 2026-03-02 14:03:14Z, nine times in ten by 2026-03-02 17:00:01Z. Everybody waits for verified. What could be done: verified waits since 2026-03-02 09:36:00Z for what it verifies to be true: see what keeps it from that.
       5h  > component town-network up
           order-taking-0302: Classified major_incident until the outage has ended: order-taking up; no criterion holds now.
    5h10m  order-taking is restored: at or above its MBCO since 2026-03-02 14:00:00Z. Recovery took 5h of an RTO of 8h. The run's first forecast was 39m48s, 4h20m12s too early.
           order-taking-0302: The situation is over: order-taking up; it had reached major_incident.
           Step verified of run 1 is done.
           Step all-clear of run 1 started: comms-1 told. It is to say that it is over, what customers may still notice, and whom they can ask, by 6h10m.
    5h40m  > done all-clear by comms-1 evidence=status-page-124
           Step all-clear of run 1 is done, by comms-1 (communications).
           Step afterwards of run 1 started: comms-1 told. It is to publish what happened and what changes, within the time that was promised.
      50h  > done afterwards by comms-1 evidence=post-7
           Step afterwards of run 1 is done, by comms-1 (communications).
           Run 1 ended: completed.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
      51h  > stand-down by director-1
           director-1 (incident-director) stood down.
