Files are being encrypted: cut off, keep evidence, start clean
starts 2026-03-02T09:00:00Z

       0s  > data files compromised  # a thousand files renamed in a minute
           file-services-0302: Classified major_incident by data_compromised: file-services up.
           Declaring a disaster is recommended (data_compromised); it is not automatic: automatic_for does not name data_compromised.
       5m  > declare by director-1  # nobody waits for the outage
           director-1 (incident-director) declared a disaster (data_compromised and manual): nobody waits for the outage.
       6m  > invoke ransomware-isolation by director-1 file-services  # nothing is down yet: a person starts it
           director-1 (incident-director) invoked the playbook ransomware-isolation for file-services as run 1: nothing is down yet: a person starts it. It is forecast to bring it back at 12h22m11s, nine times in ten by 20h20m39s.
           Step page of run 1 started: security-1, platform-1, director-1 and legal-1 told. It is to tell on-call-security, on-call-platform, incident-director, legal: Data is compromised. Use the phone bridge, not mail or chat. Switch nothing off and log in nowhere with an administrator's account., by 16m.
       8m  > ack page by security-1
           security-1 (on-call-security) acknowledged step page of run 1.
           Step page of run 1 is done, by security-1 (on-call-security).
           Step bridge of run 1 started: director-1 told. It is to open the phone bridge, take down who is on it, and name one person who writes the log by hand, by 23m.
           Step isolate of run 1 started: director-1 told. It is to cut the office network and remote access off from the data centres? Work stops for everybody there., by 23m. It lets happen: cut: PUT https://fabric.example.internal/segments/office/isolate (undone by DELETE https://fabric.example.internal/segments/office/isolate); vault: PUT https://vault.example.internal/seal (undone by DELETE https://vault.example.internal/seal); accounts: Disable the accounts that were used, end all sessions, and change the keys of the break-glass accounts (by on-call-security); evidence: Take memory and disk images of two machines that were hit and keep the logs of a month, before anything is cleaned (by on-call-security); scope: Say since when they have been inside, what they reached, and which backups are older than that (by on-call-security).
           Step duties of run 1 started: legal-1 told. It is to decide with counsel whom the law wants told by when (data protection, financial supervision, police, insurer), and send the first word, by 4h8m.
      12m  > done bridge by director-1
           Step bridge of run 1 is done, by director-1 (incident-director).
           Step demands of run 1 started: legal-1 told. It is to answer no demand. Whoever is contacted passes it on to counsel and the police, and nobody else, by 1h12m.
      14m  > approve isolate by director-1
           director-1 (incident-director) approved step isolate of run 1.
           Step isolate of run 1 is done, by director-1 (incident-director).
           Step cut of run 1 started. It is to PUT https://fabric.example.internal/segments/office/isolate, by 19m.
           Step vault of run 1 started. It is to PUT https://vault.example.internal/seal, by 19m.
           Step cut of run 1 is done.
           Step vault of run 1 is done.
           Step accounts of run 1 started: security-1 told. It is to disable the accounts that were used, end all sessions, and change the keys of the break-glass accounts, by 1h14m.
           Step evidence of run 1 started: security-1 told. It is to take memory and disk images of two machines that were hit and keep the logs of a month, before anything is cleaned, by 4h14m.
      20m  > component files-can-be-read down  # nobody gets there any more, which is the point
           file-services-0302: Classified major_incident by data_compromised: file-services below MBCO.
      25m  file-services-0302: Classified disaster by data_loss: file-services below MBCO.
           > done demands by legal-1
           Step demands of run 1 is done, by legal-1 (legal).
      50m  > done accounts by security-1 evidence=log-1
           Step accounts of run 1 is done, by security-1 (on-call-security).
           Step scope of run 1 started: security-1 told. It is to say since when they have been inside, what they reached, and which backups are older than that, by 8h50m.
       2h  > done duties by legal-1 personal_data=true first_report_due=2026-03-05T09:00:00Z evidence=letter-1
           Step duties of run 1 is done, by legal-1 (legal).
       3h  > done evidence by security-1 evidence=images-2
           Step evidence of run 1 is done, by security-1 (on-call-security).
       4h  > done scope by security-1 inside_since=2026-02-27T22:00:00Z clean_backup=weekly-0226
           Step scope of run 1 is done, by security-1 (on-call-security).
           Step go of run 1 started: director-1 and director-2 told. It is to build anew from the clean backup, on machines that were never in the old network?, by 5h. It lets happen: rebuild: Build the services anew from the backup, patched, with every password, key and certificate changed (by on-call-platform); clean: Look for what was found in the images on what was rebuilt, before it is connected (by on-call-security).
    4h10m  > approve go by director-1
           director-1 (incident-director) approved step go of run 1.
    4h20m  > approve go by director-2
           director-2 (incident-director) approved step go of run 1.
           Step go of run 1 is done, by director-2 (incident-director).
           Step rebuild of run 1 started: platform-1 told. It is to build the services anew from the backup, patched, with every password, key and certificate changed, by 16h20m.
      10h  > done rebuild by platform-1 evidence=build-1
           Step rebuild of run 1 is done, by platform-1 (on-call-platform).
           Step clean of run 1 started: security-1 told. It is to look for what was found in the images on what was rebuilt, before it is connected, by 14h.
      11h  > done clean by security-1 evidence=scan-1
           Step clean of run 1 is done, by security-1 (on-call-security).
           Step connect of run 1 started: director-1 and director-2 told. It is to connect what was rebuilt?, by 12h. It lets happen: verified: verify that file-services is at or above its MBCO for 10m; people: Tell the people whose data is concerned what happened, what it means for them and what they can do (by communications); lessons: Write down how they came in, and close it everywhere, not only there (by on-call-security).
    11h5m  > approve connect by director-2
           director-2 (incident-director) approved step connect of run 1.
   11h10m  > approve connect by director-1
           director-1 (incident-director) approved step connect of run 1.
           Step connect of run 1 is done, by director-1 (incident-director).
           Step verified of run 1 started. It is to verify that file-services is at or above its MBCO for 10m, by 13h10m.
   11h15m  > component files-can-be-read up
           > data files ok
           file-services-0302: Classified disaster until the outage has ended: file-services up; no criterion holds now.
   11h25m  file-services is restored: at or above its MBCO since 2026-03-02 20:15:00Z. Recovery took 10h55m of an RTO of 48h. The run's first forecast was 12h22m11s, 1h7m11s too late.
           file-services-0302: The situation is over: file-services up; it had reached disaster.
           Step verified of run 1 is done.
           Step people of run 1 started: comms-1 told. It is to tell the people whose data is concerned what happened, what it means for them and what they can do.
      40h  > done people by comms-1 evidence=letters-2
           Step people of run 1 is done, by comms-1 (communications).
           Step lessons of run 1 started: security-1 told. It is to write down how they came in, and close it everywhere, not only there.
     240h  > done lessons by security-1 evidence=review-1
           Step lessons of run 1 is done, by security-1 (on-call-security).
           Run 1 ended: completed.
           Standing down is recommended: what the disaster is about is back, and the criteria no longer hold.
     264h  > stand-down by director-1
           director-1 (incident-director) stood down.
