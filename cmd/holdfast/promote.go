package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"holdfast/incident"
	"holdfast/journal"
)

func mirrorCommand() *cobra.Command {
	var file, domain string
	var by credentials
	c := &cobra.Command{
		Use:   "mirror --from DOMAIN",
		Short: "Have a second site follow the journal of the first",
		Long: `Make the streams of a journal at a second site, as mirrors of those of the first: --from is the JetStream domain of the first
site's servers, to which those of the second are connected as leaf nodes. holdfast.yaml is that of the second site. Nobody
can start on mirrors before they are promoted.`,
		Example: "  holdfast mirror --config /etc/holdfast/holdfast.yaml --nkey setup.seed --from north",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if domain == "" {
				return misused("the JetStream domain of the first site", "--from is missing")
			}
			return atSite(c.Context(), file, by, func(link *link, o journal.Options) error {
				if err := journal.Mirror(c.Context(), link.jetstream, o, domain); err != nil {
					return failed("are the servers here leaf nodes of those there, and is --from their domain?", "%w", err)
				}
				fmt.Fprintf(c.OutOrStdout(), "the journal of %s is mirrored here\n", domain)
				return nil
			})
		},
	}
	c.Flags().StringVar(&file, "config", "holdfast.yaml", "configuration of the second site")
	by.flags(c)
	c.Flags().StringVar(&domain, "from", "", "JetStream domain of the first site")
	return c
}

func promoteCommand() *cobra.Command {
	var file, reason string
	var by credentials
	c := &cobra.Command{
		Use:   "promote --reason TEXT",
		Short: "Make a second site's mirror of the journal the journal, after the first site was lost",
		Long: `Make the mirrors of a journal at a second site writable, check the chain of the log of decisions, and begin a new epoch
with the reason on record. A daemon can start there then.

It is for people to decide, and nothing takes it back: make sure first that no daemon of the first site runs, or that none can
reach a machine that playbooks touch. Two journals with one beginning would each act.`,
		Example: "  holdfast promote --config /etc/holdfast/holdfast.yaml --nkey setup.seed --reason 'north is under water, ada and ben agree'",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if reason == "" {
				return misused("who decided it, and why", "--reason is missing")
			}
			return atSite(c.Context(), file, by, func(link *link, o journal.Options) error {
				n, err := journal.Promote(c.Context(), link.jetstream, o)
				if err != nil {
					return failed("it goes on where it was broken off when it is called again", "%w", err)
				}
				if n == 0 {
					return exitWith(exitRefused, "", "nothing here is a mirror: the journal is writable already")
				}
				v, err := beginEpoch(c.Context(), link, o, reason)
				if err != nil {
					return err
				}
				fmt.Fprintf(c.OutOrStdout(), "promoted %s: start the daemon here, and none at the first site\n%s", plural(n, "mirror"), v.text())
				return nil
			})
		},
	}
	c.Flags().StringVar(&file, "config", "holdfast.yaml", "configuration of the second site")
	by.flags(c)
	c.Flags().StringVar(&reason, "reason", "", "who decided it, and why; it is put on record")
	return c
}

// atSite does something to the streams of the nats-servers that a configuration names.
func atSite(ctx context.Context, file string, by credentials, do func(*link, journal.Options) error) (err error) {
	cfg, err := loadConfig(serving{file: file})
	if err != nil {
		return err
	}
	if cfg.NATS.Embedded != nil {
		return misused("nats.url of holdfast.yaml names the servers of the second site", "a server inside the daemon mirrors nothing")
	}
	by.put(cfg)
	secrets, err := readSecrets(cfg)
	if err != nil {
		return err
	}
	link, err := connect(ctx, cfg, secrets, nil, zerolog.Nop())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, link.close()) }()
	return do(link, cfg.MadeJournal())
}

// beginEpoch checks the log of decisions and appends that from here on another site decides, and why.
func beginEpoch(ctx context.Context, link *link, o journal.Options, reason string) (v verified, err error) {
	streams, err := journal.Open(ctx, link.jetstream, o)
	if err != nil {
		return v, failed(link.hint, "%w", err)
	}
	through := uint64(0)
	epoch := uint64(0)
	var gaps gapsFound
	for c, err := range streams.Read(ctx, 0) {
		if gaps.take(err) {
			continue // whether it is adopted is said at the end, and by the daemon
		}
		if err != nil {
			return v, failed("keep the streams as they are, and restore the newest whole copy", "%w", err)
		}
		through, epoch = max(through, c.AlertsThrough), max(epoch, c.Epoch)
		v.Sequence, v.Hash = c.Sequence, c.Hash
	}
	took := incident.TookOver{Epoch: epoch + 1, Instance: "promoted: " + reason, Version: version()}
	head, err := streams.Head(ctx)
	if err != nil {
		return v, failed(link.hint, "%w", err)
	}
	if head < through {
		return v, failed("the daemon will keep its hands off and show what it knows: carry on by hand, or bring the missing alerts from the first site",
			"the streams are promoted, but the alert log here ends at message %d, and decisions were made on messages up to %d", head, through)
	}
	kind, data, err := incident.Encode(took)
	if err != nil {
		return v, err
	}
	if _, err := streams.Append(ctx, journal.Envelope{Version: journal.FormatVersion, Epoch: took.Epoch, CommitID: rand.Text(), PrevSequence: v.Sequence, PrevHash: v.Hash,
		AlertsThrough: through, At: time.Now().UTC(), Entries: []journal.Entry{{Kind: string(kind), Data: data}}}); err != nil {
		return v, failed("the streams are promoted: the start of a daemon begins an epoch as well, and `holdfast note` puts the reason on record", "%w", err)
	}
	v = verified{}
	return v, v.read(ctx, streams, nil)
}
