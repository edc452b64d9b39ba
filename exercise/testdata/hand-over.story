The shift ends: a step is handed over, and stays where it is until the other takes it
starts 2026-01-12T07:35:00Z

       0s  > component web down
       1m  > site north lost
       2m  shop-0112: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0112: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook rebuild for shop as run 1. It is forecast to bring it back at 35m, nine times in ten by 1h5m.
           Step order of run 1 started: shop-1 told. It is to order machines, by 1h5m.
      10m  > ack order by shop-1
           shop-1 (on-call-shop) acknowledged step order of run 1.
      50m  > hand-over order to shop-2 by shop-3  # it is not theirs to give
           Refused: step order of run 1 was taken by shop-1 (on-call-shop) at 2026-01-12 07:45:00Z: they hand it over, or the authority does.
           > hand-over order to director-1 by shop-1  # who could do nothing with it
           Refused: director-1 may not act on order: that is for on-call-shop (shop-1, shop-2, shop-3).
           > hand-over order to shop-2 by shop-1  # the shift ends
           shop-1 (on-call-shop) offered step order of run 1 to shop-2: the shift ends.
      52m  > ack order by shop-3  # it was not offered to them
           Refused: step order of run 1 was already acknowledged by shop-1 (on-call-shop) at 2026-01-12 07:45:00Z.
      55m  > ack order by shop-2
           shop-2 (on-call-shop) acknowledged step order of run 1, taking it over from shop-1.
      56m  > ack order by shop-1  # it is not theirs any more
           Refused: step order of run 1 was already acknowledged by shop-2 (on-call-shop) at 2026-01-12 08:30:00Z.
    1h20m  > done order by shop-2
           Step order of run 1 is done, by shop-2 (on-call-shop).
           Run 1 ended: completed.
