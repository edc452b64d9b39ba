Whoever cannot be reached costs no time: the next in line is told at once, and with the authority out of reach its successors
starts 2026-12-25T03:00:00Z

       0s  > component web down
       1m  > person director-1 unreachable
           > person director-2 unreachable  # their provider is in the building that is lost
           > person shop-1 unreachable
           > person shop-2 unreachable
           > person caretaker-1 unreachable
           > person caretaker-2 unreachable
       2m  shop-1225: Classified incident by service_impaired: shop below MBCO.
       5m  shop-1225: Classified major_incident by vital_below_mbco: shop below MBCO.
      30m  shop-1225: Classified major_incident by vital_below_mbco and vital_degraded: shop below MBCO.
    10h5m  A decision on shop is due: its latest time to invoke is 2026-12-25 13:45:00Z.
           Notice 1 could not reach director-1: no channel reached them.
           Notice 2 could not reach director-2: no channel reached them.
           The decision on shop is still open, its latest time to invoke is 2026-12-25 13:45:00Z: the successors are asked.
   10h30m  > declare by operations-1  # who was asked at once, not after the time that the directors had
           operations-1 (head-of-operations) declared a disaster (manual): who was asked at once, not after the time that the directors had.
           operations-1 (head-of-operations) invoked the playbook rebuild for shop as run 1. It is forecast to bring it back at 10h45m, nine times in ten by 11h.
           Step tell of run 1 started: shop-1 and caretaker-1 told. It is to tell on-call-shop, caretakers: Nobody enters the hall.
           Notice 4 could not reach director-1: no channel reached them.
           Notice 5 could not reach director-2: no channel reached them.
           Notice 7 could not reach shop-1: no channel reached them.
           Notice 8 could not reach caretaker-1: no channel reached them.
           Step tell of run 1 goes on to on-call-shop (shop-2 and shop-3): too few of those who were told could be reached.
           Step tell of run 1 goes on to caretakers (caretaker-2): too few of those who were told could be reached.
           Notice 9 could not reach shop-2: no channel reached them.
           Notice 11 could not reach caretaker-2: no channel reached them.
           Step tell of run 1 failed: nobody of caretakers could be reached: no channel reached them.
           Step look of run 1 started: shop-1 told. It is to look after the site, by 11h.
           Notice 12 could not reach shop-1: no channel reached them.
           Step look of run 1 goes on to on-call-shop (shop-2): too few of those who were told could be reached.
           Notice 13 could not reach shop-2: no channel reached them.
           Step look of run 1 goes on to on-call-shop (shop-3): too few of those who were told could be reached.
   10h31m  > done look by shop-3  # the deputy, told after both who hold the role
           Step look of run 1 is done, by shop-3 (on-call-shop).
           Run 1 ended: completed.
   10h45m  shop-1225: Classified disaster by decision_point: shop below MBCO.
