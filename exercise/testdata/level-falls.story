The vital service is back while a lesser one stays down: the level falls, and the recovery is measured all the same
starts 2026-11-23T16:00:00Z

       0s  > component shop-north down
           > component entrance down
       3s  shop-1123: Classified disaster by decision_point: shop and tracking below MBCO.
           The rule automatic_for decision_point declared a disaster automatically (decision_point).
           NO PLAYBOOK FITS shop: there is no playbook at all.
      20s  > component entrance up  # the shop sells again, at reduced redundancy; tracking stays down
           shop-1123: Classified disaster until the outage has ended: tracking below MBCO, shop degraded; no criterion holds now.
      24s  shop is restored: at or above its MBCO since 2026-11-23 16:00:20Z. Recovery took 20s of an RTO of 40s.
           shop-1123: Classified event until the outage has ended: tracking below MBCO, shop degraded; no criterion holds now.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
