package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

const (
	goal4  = "NATS-native ingest, 64 alerts a message, until in state / Alertmanager, batch 500"
	goal4b = "NATS-native ingest, 1 alert a message / Alertmanager, 1 a request"
	goal5  = "CPU per alert of holdfast with its NATS, 64 a message"
	goal5b = "CPU per alert of Alertmanager (batch 500) / of holdfast with its NATS (64 a message)"
)

// An ingest is one round: both took in the same alerts.
type ingest struct{ ours, peer, oursSingle, peerSingle load }

// measureIngest is rows 4 and 5: alerts into a new daemon and a new Alertmanager, in turn.
func measureIngest(ctx context.Context, b *bench) ([]Row, error) {
	row4 := Row{ID: "4", Goal: goal4, Target: 4, Floor: 2}
	row4b := Row{ID: "4b", Goal: goal4b}
	row5 := Row{ID: "5", Goal: goal5, Unit: "us", Less: true, Target: 13}
	row5b := Row{ID: "5b", Goal: goal5b, Target: 5}
	var rounds []ingest
	for n := range b.rounds {
		one, err := b.ingest(ctx, filepath.Join(b.dir, fmt.Sprintf("ingest-%d", n)))
		if err != nil {
			return nil, err
		}
		rounds = append(rounds, one)
	}
	words := func(of func(ingest) load) string {
		return fmt.Sprintf("%.1fk/s (%.1f us CPU)", medianOf(rounds, func(r ingest) float64 { return of(r).rate() })/1e3,
			medianOf(rounds, func(r ingest) float64 { return of(r).micros() }))
	}
	row4.Ours = words(func(r ingest) load { return r.ours })
	row4b.Ours = words(func(r ingest) load { return r.oursSingle })
	row5.Ours = fmt.Sprintf("%.1f us", medianOf(rounds, func(r ingest) float64 { return r.ours.micros() }))
	row5b.Ours = row5.Ours
	row5 = row5.judged(ratios(rounds, func(r ingest) float64 { return r.ours.micros() })...)
	if b.alertmanager == "" {
		return []Row{row4.withoutPeers(), row4b.withoutPeers(), row5, row5b.withoutPeers()}, nil
	}
	row4.Beside = words(func(r ingest) load { return r.peer })
	row4b.Beside = words(func(r ingest) load { return r.peerSingle })
	row5b.Beside = fmt.Sprintf("%.0f us", medianOf(rounds, func(r ingest) float64 { return r.peer.micros() }))
	return []Row{
		row4.judged(ratios(rounds, func(r ingest) float64 { return r.ours.rate() / r.peer.rate() })...),
		row4b.judged(ratios(rounds, func(r ingest) float64 { return r.oursSingle.rate() / r.peerSingle.rate() })...),
		row5,
		row5b.judged(ratios(rounds, func(r ingest) float64 { return r.peer.micros() / r.ours.micros() })...),
	}, nil
}

const noPeers = "PEERS=none"

func ratios[T any](rounds []T, ratio func(T) float64) (all []float64) {
	for _, r := range rounds {
		all = append(all, ratio(r))
	}
	return all
}

// ingest is one round.
func (b *bench) ingest(ctx context.Context, dir string) (one ingest, err error) {
	f := feed{components: 5000, start: time.Now().UTC()}
	singles := b.alerts / 20
	if b.alertmanager != "" {
		a, err := startAlertmanager(ctx, b.kit, filepath.Join(dir, "alertmanager"))
		if err != nil {
			return one, err
		}
		defer a.stop()
		if one.peer, err = a.take(ctx, f, b.alerts, posting{500, 4}); err != nil {
			return one, err
		}
		if one.peerSingle, err = a.take(ctx, f, singles, posting{1, 32}); err != nil {
			return one, err
		}
		a.stop()
	}
	d, err := startDaemon(ctx, b.kit, filepath.Join(dir, "holdfast"), organisation{components: f.components, site: 100})
	if err != nil {
		return one, err
	}
	defer d.stop()
	if one.ours, err = d.take(ctx, f, 0, b.alerts, batch); err != nil {
		return one, err
	}
	one.oursSingle, err = d.take(ctx, f, 0, singles, 1)
	return one, err
}
