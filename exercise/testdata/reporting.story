A statutory clock: reminded, escalated, made with evidence; another outlives the incident and is missed
starts 2026-01-12T07:35:00Z

       0s  > component web down
       2m  shop-0112: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0112: Classified major_incident by vital_below_mbco: shop below MBCO.
           Report regulator-initial (initial notification) has to be made to regulator by 2026-01-12 11:40:00Z, counted from 2026-01-12 07:40:00Z (classified): it is for compliance.
           Report csirt-early-warning (early warning) has to be made to csirt by 2026-01-13 07:37:00Z, counted from 2026-01-12 07:37:00Z (aware): it is for compliance.
           Report customers has to be made to customers by 2026-01-12 15:40:00Z, counted from 2026-01-12 07:40:00Z (classified): it is for compliance.
      30m  shop-0112: Classified major_incident by vital_below_mbco and vital_degraded: shop below MBCO.
       2h  > component web up
           shop-0112: Classified major_incident until the outage has ended: shop up; no criterion holds now.
    2h10m  shop is restored: at or above its MBCO since 2026-01-12 09:35:00Z. Recovery took 2h of an RTO of 12h.
           shop-0112: The situation is over: shop up; it had reached major_incident.
     3h5m  The report regulator-initial is still to be made, by 2026-01-12 11:40:00Z: law-1 and law-2 told.
    3h35m  The report regulator-initial is still to be made, by 2026-01-12 11:40:00Z: law-1, law-2, operations-1 and operations-2 told.
    3h50m  > reported regulator-initial by law-1
           Refused: regulator-initial requires evidence: where the receipt can be found.
    3h55m  > reported regulator-initial by law-1 evidence=receipt-4711
           law-1 (compliance) made the report regulator-initial at 2026-01-12 11:30:00Z, evidence receipt-4711.
    3h56m  > reported regulator-initial by law-2 evidence=receipt-4712  # a moment too late
           Refused: regulator-initial was already settled by law-1 (compliance) at 2026-01-12 11:30:00Z.
       5h  > reported customers by law-1
           law-1 (compliance) made the report customers at 2026-01-12 12:35:00Z.
    18h2m  The report csirt-early-warning is still to be made, by 2026-01-13 07:37:00Z: law-1 and law-2 told.
    21h2m  The report csirt-early-warning is still to be made, by 2026-01-13 07:37:00Z: law-1, law-2, operations-1 and operations-2 told.
    24h2m  NOT REPORTED: nobody has said by 2026-01-13 07:37:00Z that the report csirt-early-warning was made.
