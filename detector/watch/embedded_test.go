package watch_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/s2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/detector/alert"
	"holdfast/detector/watch"
	"holdfast/journal"
	"holdfast/journal/embedded"
)

// What an Alertmanager, a team's own monitoring and somebody with bad intentions publish over the network is heard and
// buried as it would be in a daemon.
func TestWhatIsPublishedOverTheNetworkIsHeardAndWhatIsHostileIsBuried(t *testing.T) {
	subjects := []string{"monitoring.>"}
	s, err := embedded.Start(embedded.Options{Store: t.TempDir(), Listen: "127.0.0.1:0", Anonymous: true, Subjects: subjects,
		Users: []embedded.User{{Name: "nagios", Password: "p", Publish: subjects}}})
	if err != nil {
		t.Fatal(err)
	}
	inside, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		inside.Close()
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	js, err := jetstream.New(inside)
	if err != nil {
		t.Fatal(err)
	}
	alerts, err := journal.Open(t.Context(), js, journal.Options{Subjects: subjects})
	if err != nil {
		t.Fatal(err)
	}

	for _, m := range []struct {
		subject, body string
		as            nats.Option
		encoding      string
	}{
		{"holdfast.alerts.prom", string(down("a")), nil, ""},
		{"holdfast.alerts.prom", strings.Replace(string(down("b")), `"status"`, `"STATUS":"resolved","status"`, 1), nil, ""},
		{"monitoring.nagios", string(down("c")), nats.UserInfo("nagios", "p"), ""},
		{"holdfast.alerts.prom", strings.Repeat("[", 1<<20), nil, ""},
		{"holdfast.alerts.prom", string(s2.EncodeSnappy(nil, down("squeezed"))), nil, "snappy"},
		{"holdfast.alerts.prom", string(down("e")), nil, "snappy"},
		{"holdfast.alerts.prom", string(down("f")), nil, "gzip"},
		{"holdfast.alerts.prom", string(down("d")), nil, ""},
	} {
		ask(t, s, m.subject, m.body, m.as, m.encoding)
	}

	var heard []string
	var unreadable []alert.Unread
	enough := errors.New("enough")
	err = watch.Run(t.Context(), alerts, 0, func(_ context.Context, h watch.Heard) error {
		if h.Unreadable != nil {
			unreadable = append(unreadable, alert.Unread{Sequence: h.Sequence, Subject: h.Subject, Why: *h.Unreadable})
		}
		if heard = append(heard, line(h)); h.CaughtUp {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	err = watch.Bury(ctx, alerts, unread(unreadable...), func(u alert.Unread, err error) {
		if err != nil {
			t.Error(err)
		}
		if u == unreadable[len(unreadable)-1] {
			stop()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"1 holdfast.alerts.prom a",
		"2 holdfast.alerts.prom unreadable: duplicate_key",
		"3 monitoring.nagios c",
		"4 holdfast.alerts.prom unreadable: too_deep",
		"5 holdfast.alerts.prom squeezed",
		"6 holdfast.alerts.prom unreadable: malformed",
		"7 holdfast.alerts.prom unreadable: malformed",
		"8 holdfast.alerts.prom d caught up",
	}
	if diff := cmp.Diff(want, heard); diff != "" {
		t.Error(diff)
	}
	dead, err := js.Stream(t.Context(), journal.DeadStream)
	if err != nil {
		t.Fatal(err)
	}
	for i, reason := range []string{"duplicate_key", "too_deep", "malformed", "malformed"} {
		m, err := dead.GetMsg(t.Context(), uint64(i)+1)
		if err != nil {
			t.Fatal(err)
		}
		if m.Subject != "holdfast.dead.prom" || m.Header.Get(journal.HeaderReason) != reason {
			t.Errorf("dead letter %d is on %s, for reason %s", i+1, m.Subject, m.Header.Get(journal.HeaderReason))
		}
	}
}

// ask publishes as a client on the network does, and sees the acknowledgement.
func ask(t *testing.T, s *embedded.Server, subject, body string, as nats.Option, encoding string) {
	t.Helper()
	var opts []nats.Option
	if as != nil {
		opts = append(opts, as)
	}
	c, err := nats.Connect("nats://"+s.Address(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m := &nats.Msg{Subject: subject, Data: []byte(body)}
	if encoding != "" {
		m.Header = nats.Header{journal.HeaderEncoding: {encoding}}
	}
	reply, err := c.RequestMsg(m, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(reply.Data), `"stream":"HOLDFAST_ALERTS"`) {
		t.Errorf("%s is answered with %s", subject, reply.Data)
	}
}
