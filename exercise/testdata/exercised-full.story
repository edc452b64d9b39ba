A playbook is exercised in full, what it did is put back, and what is live counts nothing of it
starts 2026-01-05T08:00:00Z

       0s  > rehearse move-ledger-south as full by pay-1  # an engineer may not
           Refused: pay-1 may not order an exercise: that is for incident-director or head-of-operations or continuity-manager (director-1, director-2, operations-1, operations-2, carla, conrad).
       1m  > rehearse move-ledger-south as full by carla  # show that the south carries everything within forty minutes
           EXERCISE (full): carla (continuity-manager) ordered an exercise of the playbook move-ledger-south: show that the south carries everything within forty minutes.
           carla (continuity-manager) has the playbook move-ledger-south exercised for payments-api as run 1: EXERCISE (full). It is forecast to bring it back at 15m55s, nine times in ten by 22m52s.
           EXERCISE: Step page of run 1 started: pay-1 told. It is to tell on-call-pay, by 6m.
       2m  > rehearse move-ledger-south as tabletop by conrad  # one at a time
           Refused: move-ledger-south is already carried out: run 1 of exercise-move-ledger-south-0105.
       4m  > ack page by pay-1
           EXERCISE: pay-1 (on-call-pay) acknowledged step page of run 1.
           EXERCISE: Step page of run 1 is done, by pay-1 (on-call-pay).
           EXERCISE: Step fence of run 1 started. It is to POST https://fence.internal/north, by 6m.
           EXERCISE: Step customers of run 1 was left out: the playbook leaves it out of exercises.
           EXERCISE: Step fence of run 1 is done.
           EXERCISE: Step go of run 1 started: director-1 told. It is to promote the ledger in the south?, by 14m. It lets happen: promote: request ledger.promote {"site":"south"} (no way back); verified: verify that payments-api is at or above its MBCO for 10m.
       9m  > approve go by director-1
           EXERCISE: director-1 (incident-director) approved step go of run 1.
           EXERCISE: Step go of run 1 is done, by director-1 (incident-director).
           EXERCISE: Step promote of run 1 started. It is to request ledger.promote, by 19m.
           > declare by director-1  # it is an exercise, and declares nothing
           Refused: exercise-move-ledger-south-0105 is an exercise: nothing is declared, invoked or judged in it.
      14m  > done promote  # the ledger in the south is the primary
           EXERCISE: Step promote of run 1 is done.
           EXERCISE: Step verified of run 1 started. It is to verify that payments-api is at or above its MBCO for 10m, by 39m.
      24m  EXERCISE: Step verified of run 1 is done.
           EXERCISE: Run 1 ended: completed.
           EXERCISE: What the exercise did is put back as run 2.
           EXERCISE: Step demote of run 2 started. It is to request ledger.demote, by 25m.
           EXERCISE: Step demote of run 2 is done.
           EXERCISE: Step unfence of run 2 started: pay-1 told. It is to take the fence of the north down and see that both sites take payments.
      30m  > stand-down by carla  # over, but the north is still fenced
           Refused: what the exercise did is not put back yet (unfence): do it, or leave it out with a reason: holdfast skip exercise-move-ledger-south-0105 unfence --reason WHY.
      40m  > done unfence by pay-1
           EXERCISE: Step unfence of run 2 is done, by pay-1 (on-call-pay).
           EXERCISE: Run 2 ended: completed.
           EXERCISE: The full exercise of move-ledger-south is concluded: completed, recovered after 23m, RTC met (23m of 40m), RTO met (43m of 2h); what it did is put back.
      50m  > declare by director-1  # the exercise is over, and so is its incident
           Refused: the exercise exercise-move-ledger-south-0105 was concluded at 2026-01-05 08:40:00Z.
