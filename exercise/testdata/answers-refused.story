What people answer has a type: what does not fit is refused with what would, and the step waits on
starts 2026-01-05T08:00:00Z

       0s  > component web down
       1m  > site north lost
       2m  shop-0105: Classified incident by service_impaired: shop below MBCO.
       5m  shop-0105: Classified disaster by facility_lost and facility_impaired: shop below MBCO.
           The rule automatic_for facility_lost declared a disaster automatically (facility_impaired and facility_lost).
           The rule automatic_for facility_lost invoked the playbook rebuild for shop as run 1. It is forecast to bring it back at 15m, nine times in ten by 25m.
           Step look of run 1 started: electrician told. It is to look at the damage, by 2h2m30s.
      10m  > done look by electrician-1 back_in=soon racks=3 cause=water
           Refused: look cannot be reported done: the answer "back_in" has to be a duration such as 90m, from 5m to 2d: "soon" is no duration such as 90m; it requires evidence: a link or the number of a ticket.
      11m  > done look by electrician-1 back_in=1m racks=3 cause=water
           Refused: look cannot be reported done: the answer "back_in" has to be a duration such as 90m, from 5m to 2d: 1m is less than 5m; it requires evidence: a link or the number of a ticket.
      12m  > done look by electrician-1 back_in=6h racks=41 cause=water
           Refused: look cannot be reported done: the answer "racks" has to be a whole number, from 0 to 40: 41 is more than 40; it requires evidence: a link or the number of a ticket.
      13m  > done look by electrician-1 back_in=6h racks=3 cause=wather
           Refused: look cannot be reported done: the answer "cause" has to be power, water or fire: "wather" is not one of power, water or fire; it requires evidence: a link or the number of a ticket.
      14m  > done look by electrician-1 back_in=6h racks=3 cause=water hall=west-2
           Refused: look cannot be reported done: the answer "hall" has to be a text, such as fits [a-z]{1,8}: "west-2" does not fit [a-z]{1,8}; it requires evidence: a link or the number of a ticket.
      15m  > done look by electrician-1 back_in=6h racks=3
           Refused: look cannot be reported done: it asks for the answer "cause": power, water or fire; it requires evidence: a link or the number of a ticket.
      16m  > done look by electrician-1 back_in=6h racks=3 cause=water floor=2
           Refused: look cannot be reported done: it asks for no answer "floor": there are back_in, cause, hall, racks; it requires evidence: a link or the number of a ticket.
      17m  > done look by electrician-1 back_in=6h racks=3 cause=water  # no evidence
           Refused: look cannot be reported done: it requires evidence: a link or the number of a ticket.
      18m  > done look by electrician-1 back_in=6h racks=3 cause=water evidence=photo-1
           Step look of run 1 is done, by electrician-1 (electrician).
           Run 1 ended: completed.
