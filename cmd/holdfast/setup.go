package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"holdfast/cmd/holdfast/config"
	"holdfast/journal"
)

// credentials are those of somebody who may make streams; what is left out is as holdfast.yaml says.
type credentials struct{ url, creds, nkey string }

func setupCommand() *cobra.Command {
	var file string
	var by credentials
	c := &cobra.Command{
		Use:   "setup",
		Short: "Make the streams of the journal in a NATS server of your own",
		Long: `Make the streams of the journal in a NATS server of your own, or bring them up to holdfast.yaml, with credentials that may.

The daemon then runs with others, which can read and append and cannot delete, purge or change a stream: see
deploy/nats/holdfast.conf. The server inside a daemon does the same by itself.

It says as well where the user of each observer of bia.yaml may publish (speaks_on), for the permissions of that server: what an
observer is known by is worth as much as they are.`,
		Example: "  holdfast setup --config /etc/holdfast/holdfast.yaml --creds setup.creds",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := setUp(c.Context(), file, by); err != nil {
				return err
			}
			_, err := fmt.Fprintf(c.OutOrStdout(), "the streams are there: %s, %s, %s\n%s", journal.LogStream, journal.AlertsStream, journal.DeadStream, rightsOf(file))
			return err
		},
	}
	c.Flags().StringVar(&file, "config", "holdfast.yaml", "configuration that says where NATS is")
	c.Flags().StringVar(&by.url, "url", "", "address of the server, where it is another one for whoever may")
	by.flags(c)
	return c
}

// flags are those by which somebody says who may.
func (by *credentials) flags(c *cobra.Command) {
	c.Flags().StringVar(&by.creds, "creds", "", "file with a JWT and its seed, of whoever may make streams")
	c.Flags().StringVar(&by.nkey, "nkey", "", "file with an nkey seed, of whoever may make streams")
}

// rightsOf says where the user of each observer may publish, as bia.yaml has it; nothing where it cannot be read.
func rightsOf(file string) string {
	cfg, err := loadConfig(serving{file: file})
	if err != nil {
		return ""
	}
	docs, _, err := loadDocuments(cfg.Continuity)
	if err != nil || docs == nil || docs.BIA == nil {
		return ""
	}
	var all strings.Builder
	for _, id := range slices.Sorted(maps.Keys(docs.BIA.Observers)) {
		if on := docs.BIA.Observers[id].SpeaksOn; len(on) > 0 && !docs.BIA.Observers[id].Own {
			fmt.Fprintf(&all, "the user of %s: permissions: {publish: %s, subscribe: [\"_INBOX.>\"]}\n", id, quoted(on))
		}
	}
	return all.String()
}

// quoted is a list as nats-server and YAML read it.
func quoted(words []string) string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = strconv.Quote(word)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func setUp(ctx context.Context, file string, by credentials) (err error) {
	cfg, err := loadConfig(serving{file: file})
	if err != nil {
		return err
	}
	if cfg.NATS.Embedded != nil {
		return misused("it is for nats.url", "the server inside the daemon sets up its own streams")
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
	if err := journal.Prepare(ctx, link.jetstream, cfg.MadeJournal()); err != nil {
		return failed(link.hint, "%w", err)
	}
	return nil
}

// put makes a configuration one of whoever may.
func (by credentials) put(cfg *config.Config) {
	if by.url != "" {
		cfg.NATS.URL = by.url
	}
	if by.creds != "" || by.nkey != "" {
		cfg.NATS.Creds, cfg.NATS.NKey = by.creds, by.nkey
	}
}
