Nobody answers: the next in the role is told, then the next role
starts 2026-01-12T07:35:00Z

       0s  > component web down
       1m  > site north lost
       2m  shop-0112: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0112: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook rebuild for shop as run 1. It is forecast to bring it back at 21m21s, nine times in ten by 32m46s.
           Step page of run 1 started: shop-1 told. It is to tell on-call-shop, by 10m.
      10m  Step page of run 1 still waits; on-call-shop is told (shop-2).
      15m  Step page of run 1 still waits; head-of-operations is told (operations-1).
      30m  > ack page by operations-2  # in the role that was told last
           operations-2 (head-of-operations) acknowledged step page of run 1.
           Step page of run 1 is done, by operations-2 (head-of-operations).
           Step order of run 1 started: shop-2 told. It is to order machines, by 40m.
      31m  > done order by shop-2  # on duty since nine o'clock
           Step order of run 1 is done, by shop-2 (on-call-shop).
           Step go of run 1 started: director-1 told. It is to rebuild from the last backup?, by 46m. It lets happen: restore: command restore-shop.
      46m  Step go of run 1 still waits; incident-director is told (director-2).
    1h20m  > decline go by director-2  # too much would be lost
           director-2 (incident-director) declined step go of run 1: too much would be lost.
           Step restore of run 1 was left out by the rule declined: go was declined.
           Run 1 ended: declined.
