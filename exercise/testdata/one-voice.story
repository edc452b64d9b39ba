An outage is real, and one voice makes more of it than there is: that is recommended, and declared once a second says so too
starts 2026-01-05T08:00:00Z

       0s  > component web down
       2m  shop-0105: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0105: Classified major_incident by vital_below_mbco: shop below MBCO.
      10m  > site north lost from probe-a  # whoever holds its credential says so, and nobody else
           shop-0105: Classified disaster by facility_lost: shop below MBCO.
           Declaring a disaster is recommended (facility_lost); it is not automatic: only probe-a says that north is lost, and one voice alone declares nothing: it takes a second observer, a person (holdfast facility), or others who say that 50% of what stands there is down.
      20m  > site north lost  # nobody in particular is no second voice
      30m  > component db down from probe-a  # nor is what the first one alone says of what stands there
      40m  > component db down from probe-b  # most of the site is down by the word of two
           shop-0105: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook move for shop as run 1. It is forecast to bring it back at 50m, nine times in ten by 1h.
           Step open of run 1 started: electrician told. It is to open the second shop, by 2h20m.
      50m  > done open by electrician-1
           Step open of run 1 is done, by electrician-1 (electrician).
           Run 1 ended: completed.
