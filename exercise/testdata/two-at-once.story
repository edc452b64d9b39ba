Two act at once: one wins, the other is told who and when; and nobody approves their own request
starts 2026-01-12T07:35:00Z

       0s  > component web down
       1m  > site north lost
       2m  shop-0112: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0112: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           Declaring a disaster is recommended (facility_impaired and facility_lost); it is not automatic: declaration.mode is recommend.
      10m  > declare by director-1
           director-1 (incident-director) declared a disaster (facility_impaired, facility_lost and manual).
           director-1 (incident-director) invoked the playbook rebuild for shop as run 1. It is forecast to bring it back at 29m58s, nine times in ten by 41m33s.
           Step look of run 1 started: shop-1 told. It is to look after the site, by 30m.
           > declare by director-2  # a moment too late
           Refused: shop-0112 was already declared by director-1 (incident-director) at 2026-01-12 07:45:00Z.
      11m  > ack look by shop-1
           shop-1 (on-call-shop) acknowledged step look of run 1.
           > ack look by shop-2  # a moment too late
           Refused: step look of run 1 was already acknowledged by shop-1 (on-call-shop) at 2026-01-12 07:46:00Z.
           > ack look by shop-1  # nothing wrong, and nothing new
           Refused: step look of run 1 was already acknowledged by shop-1 (on-call-shop) at 2026-01-12 07:46:00Z.
      15m  > done look by shop-1
           Step look of run 1 is done, by shop-1 (on-call-shop).
           Step fence of run 1 started. It is to command fence-shop, by 16m.
           > done look by shop-2
           Refused: step look of run 1 was already done by shop-1 (on-call-shop) at 2026-01-12 07:50:00Z.
           > failed fence  # the switch says no
           Step fence of run 1 failed: the switch says no.
      16m  > retry fence by shop-1
           Step fence of run 1 started, attempt 2, ordered by shop-1 (on-call-shop): as the scenario has it.
           > retry fence by operations-1  # two at once
           Refused: shop-1 (on-call-shop) ordered step fence of run 1 once more at 2026-01-12 07:51:00Z, and it is under way.
   16m30s  > done fence
           Step fence of run 1 is done.
           Step go of run 1 started: director-3 told. It is to rebuild from the last backup?, by 31m30s. It lets happen: restore: command restore-shop.
      20m  > approve go by director-1  # declared it
           Refused: director-1 declared the disaster at 2026-01-12 07:45:00Z, and go needs somebody else's eyes.
           > approve go by director-2  # wrote the playbook
           Refused: director-2 edited the playbook last (edited_by), and go needs somebody else's eyes.
      21m  > approve go by director-3
           director-3 (incident-director) approved step go of run 1.
      22m  > approve go by director-3  # once is enough
           Refused: director-3 already approved go at 2026-01-12 07:56:00Z; 1 of 2 have.
   31m30s  Step go of run 1 still waits; incident-director is told (director-3).
   46m30s  Step go of run 1 still waits; head-of-operations is told (operations-1).
      50m  > approve go by operations-1  # after it has escalated to them too
           operations-1 (head-of-operations) approved step go of run 1: after it has escalated to them too.
           Step go of run 1 is done, by operations-1 (head-of-operations).
           Step restore of run 1 started. It is to command restore-shop, by 51m.
           Step restore of run 1 is done.
           Run 1 ended: completed.
      51m  > decline go by operations-2  # a moment too late
           Refused: step go of run 1 was already done by operations-1 (head-of-operations) at 2026-01-12 08:25:00Z.
      52m  > stand-down by director-1  # the rest is done by hand
           director-1 (incident-director) stood down: the rest is done by hand.
      53m  > ack look by shop-2  # all over
           Refused: shop-0112 was stood down by director-1 (incident-director) at 2026-01-12 08:27:00Z.
