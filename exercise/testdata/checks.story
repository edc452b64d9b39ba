Machines are believed only what they say, and what is back only what is seen: replies, and polls of three kinds
starts 2026-01-05T08:00:00Z

       0s  > component web down
       1m  > site north lost
       2m  shop-0105: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0105: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook rebuild for shop as run 1. It is forecast to bring it back at 23m21s, nine times in ten by 35m19s.
           Step promote of run 1 started. It is to POST https://db.internal/promote, by 10m.
       6m  > done promote  # {"role": "replica"}
           Step promote of run 1 timed out: it answered "{\"role\": \"replica\"}", which is not what the playbook wants it to say: whether it was done is not known.
       7m  > retry promote by director-1  # try again
           Refused: promote must not be repeated (repeat: never), and whether it took effect is not known: look, then report it done or skip it.
       8m  > done promote by director-1  # the console of the database says primary
           Step promote of run 1 is done, by director-1 (incident-director).
           Step switch of run 1 started. It is to request shop.switch, by 13m.
       9m  > done switch  # {"done": true, "took": 4}
           Step switch of run 1 is done.
           Step settle of run 1 started. It is to wait 2m, by 11m.
      11m  Step settle of run 1 is done.
           Step pretend of run 1 was left out by the rule when: run.exercise != '' is false.
           Step healthy of run 1 started. It is to verify: GET https://shop.internal/health has to come back with status 200 and an answer that says "ok", by 26m.
      12m  > failed healthy  # 503 for a quarter of an hour
           Step healthy of run 1 failed: 503 for a quarter of an hour.
      13m  > retry healthy by director-1  # it was the certificate
           Step healthy of run 1 started, attempt 2, ordered by director-1 (incident-director): it was the certificate.
      14m  > done healthy
           Step healthy of run 1 is done.
           Step caught-up of run 1 started. It is to verify: request shop.lag has to come back with an answer that says {"lag":0}, by 29m.
           Step caught-up of run 1 is done.
           Step enough of run 1 started. It is to verify that sum(rate(orders_total[1m])) is at least 20 and at most 900, by 30m.
           Step enough of run 1 is done.
           Step one of run 1 started. It is to verify that count(leader) is exactly 1, by 29m.
           Step one of run 1 is done.
           Step sold of run 1 started. It is to verify that shop is fully up for 5m, by 34m.
      15m  > component web up
           shop-0105: Classified disaster until the outage has ended: shop up; no criterion holds now.
      20m  Step sold of run 1 is done.
           Step checked of run 1 started: incident-director told. It is to count the orders again.
      25m  shop is restored: at or above its MBCO since 2026-01-05 08:15:00Z. Recovery took 15m of an RTO of 4h. The run's first forecast was 23m21s, 8m21s too late.
           shop-0105: The situation is over: shop up; it had reached disaster.
       1h  > done checked by director-1  # without saying where
           Refused: checked cannot be reported done: it requires evidence: a link or the number of a ticket.
     1h1m  > done checked by director-1 evidence=ticket-7
           Step checked of run 1 is done, by director-1 (incident-director).
           Run 1 ended: completed.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
