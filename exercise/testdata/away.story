Somebody is away: their deputy is asked, a holiday moves the duty, and if all are away all are asked
starts 2026-12-25T03:00:00Z

       0s  > component web down
       1m  > site north lost
       2m  shop-1225: Classified incident by service_impaired: shop below MBCO.
       5m  shop-1225: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook rebuild for shop as run 1. It is forecast to bring it back at 18m36s, nine times in ten by 27m53s.
           Step look of run 1 started: stand-in told. It is to look after the site, by 15m.
       8m  > done look by shop-3  # not before it has escalated
           Refused: shop-3 may not report look: that is for on-call-shop (stand-in, shop-1, shop-2).
      15m  Step look of run 1 still waits; on-call-shop is told (shop-1).
      25m  Step look of run 1 still waits; on-call-shop is told (shop-3).
      35m  Step look of run 1 still waits; head-of-operations is told (operations-1).
      36m  > ack look by shop-3  # now a deputy stands beside the line
           shop-3 (on-call-shop) acknowledged step look of run 1.
      37m  > done look by shop-3
           Step look of run 1 is done, by shop-3 (on-call-shop).
           Step go of run 1 started: director-3 told. It is to rebuild from the last backup?, by 52m. It lets happen: restore: command restore-shop.
      40m  > approve go by director-3  # the deputy of who is away
           director-3 (incident-director) approved step go of run 1: the deputy of who is away.
           Step go of run 1 is done, by director-3 (incident-director).
           Step restore of run 1 started. It is to command restore-shop, by 41m.
           Step restore of run 1 is done.
           Run 1 ended: completed.
