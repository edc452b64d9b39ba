package main

import (
	"context"
	"errors"
	"fmt"

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
deploy/nats/holdfast.conf. The server inside a daemon does the same by itself.`,
		Example: "  holdfast setup --config /etc/holdfast/holdfast.yaml --creds setup.creds",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := setUp(c.Context(), file, by); err != nil {
				return err
			}
			_, err := fmt.Fprintf(c.OutOrStdout(), "the streams are there: %s, %s, %s\n", journal.LogStream, journal.AlertsStream, journal.DeadStream)
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
	link, err := connect(ctx, cfg, secrets, zerolog.Nop())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, link.close()) }()
	if err := journal.Prepare(ctx, link.jetstream, cfg.Journal()); err != nil {
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
