A rule stands in the way of a step, and is wrong tonight: two people lift it for that step; one is not enough
starts 2026-01-05T08:00:00Z

       0s  > component web down
       1m  > site north lost
       2m  shop-0105: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0105: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook rebuild for shop as run 1. It is forecast to bring it back at 5m30s, nine times in ten by 6m.
           Step promote of run 1 was NOT carried out: it would break never-both-sites: two shops that both sell cannot be put together again (next.id == 'promote' && component('copy').state != 'down'; now copy is up).
       6m  > retry promote by director-1
           Refused: step promote of run 1 may not be carried out: it would break never-both-sites: two shops that both sell cannot be put together again (next.id == 'promote' && component('copy').state != 'down'; now copy is up).
       7m  > overrule promote by director-1  # the copy is the only one that sells
           director-1 (incident-director) wants step promote of run 1 to break never-both-sites: the copy is the only one that sells; it takes a second person within 1h.
       8m  > overrule promote by director-1  # really
           Refused: director-1 already said so at 2026-01-05 08:07:00Z, and it takes a second person to overrule never-both-sites.
       9m  > retry promote by director-1
           Refused: step promote of run 1 may not be carried out: it would break never-both-sites: two shops that both sell cannot be put together again (next.id == 'promote' && component('copy').state != 'down'; now copy is up).
      10m  > overrule promote by director-2  # seen with my own eyes
           director-2 (incident-director) agreed that step promote of run 1 may break never-both-sites: seen with my own eyes.
      11m  > retry promote by director-1
           Step promote of run 1 started, ordered by director-1 (incident-director): as the scenario has it. It is to command promote, by 12m.
           Step promote of run 1 is done.
           Run 1 ended: completed.
      30m  > component web up
           shop-0105: Classified disaster until the outage has ended: shop up; no criterion holds now.
      40m  shop is restored: at or above its MBCO since 2026-01-05 08:30:00Z. Recovery took 30m of an RTO of 4h. The run's first forecast was 5m30s, 24m30s too early.
           shop-0105: The situation is over: shop up; it had reached disaster.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
