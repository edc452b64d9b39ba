package journal

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Mirror makes the streams of a journal at a second site that follow those of the first: domain is the JetStream domain of
// the first. Sequences and times of storage are the same on both sides, so that what is read there is what was read here. The
// streams at the second site take nothing from anybody else before they are promoted. What is there already is left as it is.
func Mirror(ctx context.Context, js jetstream.JetStream, o Options, domain string) error {
	o = o.withDefaults()
	for _, want := range configs(o) {
		_, err := find(ctx, js, want.Name)
		if err == nil {
			continue
		}
		if !errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("mirror the journal: stream %s: %w", want.Name, err)
		}
		want.Mirror = &jetstream.StreamSource{Name: want.Name, Domain: domain}
		want.Subjects, want.Sources = nil, nil
		if _, err := js.CreateStream(ctx, want); err != nil {
			return fmt.Errorf("mirror the journal: stream %s: %w", want.Name, err)
		}
	}
	return nil
}

// Promote makes the mirrors of a journal writable: from then on they are the journal. It changes nothing back, and must not be
// done while the first site can still decide: there would be two logs with the same beginning. Where it was broken off it
// goes on; the log of decisions is promoted last, and nobody can start on it before.
func Promote(ctx context.Context, js jetstream.JetStream, o Options) (promoted int, err error) {
	o = o.withDefaults()
	all := configs(o)
	for i := len(all) - 1; i >= 0; i-- {
		want := all[i]
		stream, err := find(ctx, js, want.Name)
		if err != nil {
			return promoted, fmt.Errorf("promote the journal: stream %s: %w", want.Name, err)
		}
		next := stream.CachedInfo().Config
		if next.Mirror == nil {
			continue
		}
		next.Mirror, next.Subjects, next.Sources = nil, want.Subjects, want.Sources
		if _, err := js.UpdateStream(ctx, next); err != nil {
			return promoted, fmt.Errorf("promote the journal: stream %s: %w", want.Name, err)
		}
		promoted++
	}
	return promoted, nil
}

// configs are those of the streams: the log, the alerts, the dead letters.
func configs(o Options) []jetstream.StreamConfig {
	return []jetstream.StreamConfig{logConfig(o), alertsConfig(o), deadConfig(o)}
}
