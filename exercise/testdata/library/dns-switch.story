The first carrier is gone: names are pointed at the other entrance
starts 2026-03-02T09:00:00Z

       0s  > component customers-get-in down
           > component entrance-a down
       2m  shop-entrance-0302: Classified incident by service_impaired: shop-entrance below MBCO.
       5m  shop-entrance-0302: Classified major_incident by vital_below_mbco: shop-entrance below MBCO.
      20m  > service shop-entrance estimate none  # the carrier knows nothing yet
           shop-entrance-0302: Classified disaster by estimate_exceeds_rto: shop-entrance below MBCO.
           Declaring a disaster is recommended (estimate_exceeds_rto); it is not automatic: automatic_for does not name estimate_exceeds_rto.
      22m  > declare by director-1
           director-1 (incident-director) declared a disaster (estimate_exceeds_rto and manual).
           director-1 (incident-director) invoked the playbook dns-switch for shop-entrance as run 1. It is forecast to bring it back at 34m5s, nine times in ten by 38m9s.
           Step page of run 1 started: platform-1 and director-1 told. It is to tell on-call-platform, incident-director: Customers do not get in by the first entrance; names are to be pointed at the second., by 27m.
      24m  > ack page by platform-1
           platform-1 (on-call-platform) acknowledged step page of run 1.
           Step page of run 1 is done, by platform-1 (on-call-platform).
           Step other-way-works of run 1 started. It is to verify: GET https://entrance-b.example.internal/health, by 29m.
           Step other-way-works of run 1 is done.
           Step capacity of run 1 started: platform-1 told. It is to say whether the second entrance carries the load of this hour, and whether certificates and allow-lists there are current, by 29m.
      26m  > done capacity by platform-1 carries_the_load=true
           Step capacity of run 1 is done, by platform-1 (on-call-platform).
           Step go of run 1 started: director-1 told. It is to point the names at the second entrance?, by 31m. It lets happen: switch: PUT https://names.example.internal/zones/shop/entrance {"target":"entrance-b","ttl":60} (undone by PUT https://names.example.internal/zones/shop/entrance {"target":"entrance-a","ttl":60}); published: verify: GET https://names.example.internal/zones/shop/entrance/published?target=entrance-b; caches: wait 2m; verified: verify that shop-entrance is at or above its MBCO for 3m; stragglers: Look who still comes by the first entrance (long-lived caches, pinned addresses, partners) and write to them (by on-call-platform); first-is-back: Watch the first entrance for a day, with your own probes, before it is trusted (by on-call-platform).
      28m  > approve go by director-1
           director-1 (incident-director) approved step go of run 1.
           Step go of run 1 is done, by director-1 (incident-director).
           Step switch of run 1 started. It is to PUT https://names.example.internal/zones/shop/entrance, by 30m.
           Step switch of run 1 is done.
           Step published of run 1 started. It is to verify: GET https://names.example.internal/zones/shop/entrance/published?target=entrance-b, by 33m.
           Step published of run 1 is done.
           Step caches of run 1 started. It is to wait 2m, by 30m.
      30m  Step caches of run 1 is done.
           Step verified of run 1 started. It is to verify that shop-entrance is at or above its MBCO for 3m, by 45m.
      31m  > component customers-get-in up
           shop-entrance-0302: Classified disaster until the outage has ended: shop-entrance up; no criterion holds now.
      34m  Step verified of run 1 is done.
           Step stragglers of run 1 started: platform-1 told. It is to look who still comes by the first entrance (long-lived caches, pinned addresses, partners) and write to them, by 2h34m.
      41m  shop-entrance is restored: at or above its MBCO since 2026-03-02 09:31:00Z. Recovery took 31m of an RTO of 1h30m. The run's first forecast was 34m5s, 3m5s too late.
           shop-entrance-0302: The situation is over: shop-entrance up; it had reached disaster.
    1h30m  > done stragglers by platform-1
           Step stragglers of run 1 is done, by platform-1 (on-call-platform).
           Step first-is-back of run 1 started: platform-1 told. It is to watch the first entrance for a day, with your own probes, before it is trusted.
      26h  > component entrance-a up
      30h  > done first-is-back by platform-1
           Step first-is-back of run 1 is done, by platform-1 (on-call-platform).
           Step failback of run 1 started: director-1 told. It is to point the names at the first entrance again, in a quiet hour?.
      31h  > approve failback by director-1
           director-1 (incident-director) approved step failback of run 1.
           Step failback of run 1 is done, by director-1 (incident-director).
           Run 1 ended: completed.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
      32h  > stand-down by director-1
           director-1 (incident-director) stood down.
