package main

import (
	"context"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"holdfast/bia"
	"holdfast/invoker/actions"
	"holdfast/invoker/probes"
	"holdfast/journal"
)

// newProber is the eyes of this daemon; it looks while it is in charge, at what the documents that it lives by say.
func newProber(hands *actions.Hands, streams *journal.Streams, library *library, inCharge func() bool, log zerolog.Logger) *probes.Prober {
	return &probes.Prober{
		Analysis: func() *bia.Analysis { return library.documents().BIA },
		InCharge: inCharge,
		Look:     probes.With(hands),
		Publish: func(ctx context.Context, subject string, body []byte) error {
			_, err := streams.Publish(ctx, subject, nil, body)
			if err != nil {
				return fmt.Errorf("%w (a NATS server of your own has to be set up for it: holdfast setup)", err)
			}
			return nil
		},
		Now:    time.Now,
		Logger: log.With().Str("part", "probes").Logger(),
	}
}
