package journal_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/journal"
)

func TestAStreamThatWouldForgetIsNotReliedUpon(t *testing.T) {
	for want, make := range map[string]func(*jetstream.StreamConfig){
		"messages in it expire":                 func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour },
		"it keeps a limited number of bytes":    func(c *jetstream.StreamConfig) { c.MaxBytes = 1 << 30 },
		"it keeps a limited number of messages": func(c *jetstream.StreamConfig) { c.MaxMsgs = 1e6 },
		"messages can be deleted from it":       func(c *jetstream.StreamConfig) { c.DenyDelete = false },
		"it can be purged":                      func(c *jetstream.StreamConfig) { c.DenyPurge = false },
		"it is kept in memory":                  func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage },
		"messages leave it":                     func(c *jetstream.StreamConfig) { c.Retention = jetstream.WorkQueuePolicy },
		"it takes only small messages":          func(c *jetstream.StreamConfig) { c.MaxMsgSize = 1000 },
		"it does not acknowledge":               func(c *jetstream.StreamConfig) { c.NoAck = true },
		"it changes subjects": func(c *jetstream.StreamConfig) {
			c.SubjectTransform = &jetstream.SubjectTransformConfig{Source: ">", Destination: "a.>"}
		},
	} {
		t.Run(want, func(t *testing.T) {
			onDisk(t, journal.Options{}, func(t *testing.T, d *disk) {
				d.start(t)
				config := jetstream.StreamConfig{Name: journal.LogStream, Subjects: []string{journal.LogSubject}, DenyDelete: true, DenyPurge: true}
				make(&config)
				if _, err := d.js.CreateStream(t.Context(), config); err != nil {
					t.Fatal(err)
				}
				_, err := journal.Open(t.Context(), d.js, d.options)
				if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), journal.LogStream) {
					t.Errorf("got %v, want an error with %q", err, want)
				}
			})
		})
	}
}

func TestWhatAnOperatorChoosesAnewIsTakenOver(t *testing.T) {
	onDisk(t, journal.Options{}, func(t *testing.T, d *disk) {
		publish(t, d.open(t), "kept")
		d.options = journal.Options{AlertsMaxAge: 30 * 24 * time.Hour, AlertsMaxBytes: 1 << 20, Subjects: []string{"monitoring.>"}}
		j := d.open(t)
		if _, err := d.js.Publish(t.Context(), "monitoring.nagios.fra", []byte("taken in")); err != nil {
			t.Fatal(err)
		}
		want := []string{"1 holdfast.alerts.prom kept", "2 monitoring.nagios.fra taken in"}
		if diff := cmp.Diff(want, hear(t, j, 0, 2)); diff != "" {
			t.Error(diff)
		}
		alerts, err := d.js.Stream(t.Context(), journal.AlertsStream)
		if err != nil {
			t.Fatal(err)
		}
		if c := alerts.CachedInfo().Config; c.MaxAge != d.options.AlertsMaxAge || c.MaxBytes != d.options.AlertsMaxBytes || c.Discard != jetstream.DiscardNew {
			t.Errorf("the stream has %+v", c)
		}
	})
}

// What the daemon says itself is taken in once it was set up so, also by a daemon that may not change a stream.
func TestWhatTheDaemonSaysItselfIsTakenInWhereItWasSetUp(t *testing.T) {
	onDisk(t, journal.Options{}, func(t *testing.T, d *disk) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := d.open(t).Publish(ctx, "holdfast.own.probes", nil, []byte("lost")); err == nil {
			t.Error("nobody listens, and it was acknowledged")
		}
		for _, own := range []bool{true, false} {
			d.options = journal.Options{Own: own}
			if _, err := d.open(t).Publish(t.Context(), "holdfast.own.probes", nil, []byte("seen")); err != nil {
				t.Errorf("set up %v: %v", own, err)
			}
		}
		want := []string{"1 holdfast.own.probes seen", "2 holdfast.own.probes seen"}
		if diff := cmp.Diff(want, hear(t, d.open(t), 0, 2)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAStreamThatATeamHasAlreadyIsTakenIn(t *testing.T) {
	onDisk(t, journal.Options{Sources: []journal.Source{{Stream: "PAGES", Filter: "pages.critical.>"}}}, func(t *testing.T, d *disk) {
		d.start(t)
		if _, err := d.js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "PAGES", Subjects: []string{"pages.>"}}); err != nil {
			t.Fatal(err)
		}
		j, err := journal.Open(t.Context(), d.js, d.options)
		if err != nil {
			t.Fatal(err)
		}
		for _, subject := range []string{"pages.chatter.a", "pages.critical.b"} {
			if _, err := d.js.Publish(t.Context(), subject, []byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]string{"1 pages.critical.b x"}, hear(t, j, 0, 1)); diff != "" {
			t.Error(diff)
		}
		publish(t, j, "directly")
		for sequence, borrowed := range map[uint64]bool{1: true, 2: false} {
			if m, err := j.Message(t.Context(), sequence); err != nil || m.Borrowed() != borrowed {
				t.Errorf("message %d came by another stream: %v, %v", sequence, m.Borrowed(), err)
			}
		}
	})
}

func TestOptionsThatCannotBeAreRefused(t *testing.T) {
	for want, o := range map[string]journal.Options{
		"2 replicas":                     {Replicas: 2},
		`subject "holdfast.>"`:           {Subjects: []string{"holdfast.>"}},
		`subject ">"`:                    {Subjects: []string{">"}},
		`subject "*.alerts"`:             {Subjects: []string{"*.alerts"}},
		`subject "$JS.EVENT.ADVISORY.>"`: {Subjects: []string{"$JS.EVENT.ADVISORY.>"}},
		"replicas > 1 not supported":     {Replicas: 3},
	} {
		t.Run(want, func(t *testing.T) {
			onDisk(t, o, func(t *testing.T, d *disk) {
				d.start(t)
				_, err := journal.Open(t.Context(), d.js, o)
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want an error with %q", err, want)
				}
			})
		})
	}
}
