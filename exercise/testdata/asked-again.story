A yes covers what was shown: what is known only later is asked once more, and what the clock changes is sent as it was shown
starts 2026-01-05T08:00:00Z

       0s  > component web down
       1m  > site north lost
       2m  shop-0105: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0105: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook rebuild for shop as run 1. It is forecast to bring it back at 21m33s, nine times in ten by 32m58s.
           Step go of run 1 started: incident-director told. It is to bring the shop up in the south?, by 1h59m30s. It lets happen: find: PUT https://backup.internal/shops/shop/newest?for=shop-0105 X-Run: "1" {"asked":"2026-01-05T08:05:00Z"} (undone by command release ["shop"]); restore: command restore ["${{ json(step('find').output).snapshot }}"] SHOP: "${{ run.service }}"; open: command open-shop.
       6m  > approve go by director-1
           director-1 (incident-director) approved step go of run 1.
       7m  > approve go by director-2
           director-2 (incident-director) approved step go of run 1.
           Step go of run 1 is done, by director-2 (incident-director).
           Step find of run 1 started. It is to PUT https://backup.internal/shops/shop/newest?for=shop-0105, by 12m.
       9m  > done find  # {"snapshot": "wal-17"}
           Step find of run 1 is done.
           Step go of run 1 started, attempt 2, asked once more since what restore would do is known only now: incident-director told. It lets happen: restore: command restore ["wal-17"] SHOP: "shop".
      10m  > approve go by director-1  # for wal-17
           director-1 (incident-director) approved step go of run 1: for wal-17.
      11m  > approve go by director-1  # one is not two
           Refused: director-1 already approved go at 2026-01-05 08:10:00Z; 1 of 2 have.
      12m  > approve go by director-2
           director-2 (incident-director) approved step go of run 1.
           Step go of run 1 is done, by director-2 (incident-director).
           Step restore of run 1 started. It is to command restore wal-17, by 17m.
      13m  > done restore
           Step restore of run 1 is done.
           Step open of run 1 started. It is to command open-shop, by 14m.
           Step open of run 1 is done.
           Run 1 ended: completed.
      30m  > component web up
           shop-0105: Classified disaster until the outage has ended: shop up; no criterion holds now.
      40m  shop is restored: at or above its MBCO since 2026-01-05 08:30:00Z. Recovery took 30m of an RTO of 4h. The run's first forecast was 21m33s, 8m27s too early.
           shop-0105: The situation is over: shop up; it had reached disaster.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
