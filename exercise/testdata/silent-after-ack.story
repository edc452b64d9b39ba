Somebody takes a step and is not heard of again: it counts as not taken, and the next is told
starts 2026-01-12T07:35:00Z

       0s  > component web down
       1m  > site north lost
       2m  shop-0112: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0112: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook rebuild for shop as run 1. It is forecast to bring it back at 15m, nine times in ten by 25m.
           Step order of run 1 started: shop-1 told. It is to order machines, by 25m.
      10m  > ack order by shop-1  # and then the line goes dead
           shop-1 (on-call-shop) acknowledged step order of run 1.
      30m  shop-1 (on-call-shop) took step order of run 1 at 2026-01-12 07:45:00Z and was silent since: it counts as not taken, and on-call-shop is told (shop-2 and shop-1).
      40m  > ack order by shop-1  # back again; late, but nobody else has it
           shop-1 (on-call-shop) acknowledged step order of run 1.
      41m  > ack order by shop-2
           Refused: step order of run 1 was already acknowledged by shop-1 (on-call-shop) at 2026-01-12 08:15:00Z.
      55m  > done order by shop-1
           Step order of run 1 is done, by shop-1 (on-call-shop).
           Run 1 ended: completed.
