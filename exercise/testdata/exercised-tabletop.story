A tabletop touches nothing: people say what machines would do
starts 2026-01-05T08:00:00Z

       0s  > rehearse move-ledger-south as tabletop by carla  # show the new people their parts
           EXERCISE (tabletop): carla (continuity-manager) ordered an exercise of the playbook move-ledger-south: show the new people their parts.
           carla (continuity-manager) has the playbook move-ledger-south exercised for payments-api as run 1: EXERCISE (tabletop). It is forecast to bring it back at 25m10s, nine times in ten by 35m59s.
           EXERCISE: Step page of run 1 started: pay-1 told. It is to tell on-call-pay, by 5m.
       2m  > ack page by pay-1
           EXERCISE: pay-1 (on-call-pay) acknowledged step page of run 1.
           EXERCISE: Step page of run 1 is done, by pay-1 (on-call-pay).
           EXERCISE: Step fence of run 1 started: carla told. It is to talk it through, nothing is done: POST https://fence.internal/north. What would it do, how long would it take, what does it need?.
           EXERCISE: Step customers of run 1 was left out: the playbook leaves it out of exercises.
       8m  > done fence by carla
           EXERCISE: Step fence of run 1 is done, by carla (continuity-manager).
           EXERCISE: Step go of run 1 started: director-1 told. It is to promote the ledger in the south?, by 18m. It lets happen: promote: Talk it through, nothing is done: request ledger.promote. What would it do, how long would it take, what does it need? (by continuity-manager); verified: Talk it through, nothing is done: verify that payments-api is at or above its MBCO for 10m. What would it do, how long would it take, what does it need? (by continuity-manager).
      15m  > approve go by director-1
           EXERCISE: director-1 (incident-director) approved step go of run 1.
           EXERCISE: Step go of run 1 is done, by director-1 (incident-director).
           EXERCISE: Step promote of run 1 started: carla told. It is to talk it through, nothing is done: request ledger.promote. What would it do, how long would it take, what does it need?.
      20m  > failed promote by carla  # nobody knows who may open the ledger's firewall
           EXERCISE: Step promote of run 1 failed, says carla (continuity-manager): nobody knows who may open the ledger's firewall.
      22m  > skip promote by carla  # a finding, and on with it
           EXERCISE: Step promote of run 1 was left out by carla (continuity-manager): a finding, and on with it.
           EXERCISE: Step verified of run 1 started: carla told. It is to talk it through, nothing is done: verify that payments-api is at or above its MBCO for 10m. What would it do, how long would it take, what does it need?.
      30m  > done verified by carla
           EXERCISE: Step verified of run 1 is done, by carla (continuity-manager).
           EXERCISE: Run 1 ended: failed.
           EXERCISE: The tabletop exercise of move-ledger-south is concluded: failed.
