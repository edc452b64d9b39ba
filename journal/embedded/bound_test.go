package embedded_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/journal"
	"holdfast/journal/embedded"
)

func TestTheConnectionThatADaemonRunsOnCannotMakeTheJournalForget(t *testing.T) {
	s := start(t, embedded.Options{})
	open(t, s, journal.Options{}) // sets the streams up
	violations := make(chan string, 16)
	nc, err := s.ConnectBound(nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { violations <- err.Error() }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.Context(), js, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Append(t.Context(), decision); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Publish(t.Context(), "holdfast.alerts.prom", nil, []byte("x")); err != nil {
		t.Fatal(err)
	}
	for m, err := range j.Follow(t.Context(), 0) {
		if err != nil || string(m.Body) != "x" {
			t.Errorf("heard %q, %v", m.Body, err)
		}
		break
	}

	bound := caller{nc, violations}
	for _, stream := range []string{journal.LogStream, journal.AlertsStream, journal.DeadStream} {
		for _, order := range []string{"DELETE", "PURGE", "UPDATE", "RESTORE", "MSG.DELETE"} {
			subject := "$JS.API.STREAM." + order + "." + stream
			if reply, err := nc.Request(subject, nil, 100*time.Millisecond); err == nil {
				t.Errorf("%s is answered with %s", subject, reply.Data)
			}
			bound.refused(t, subject)
		}
	}
	if got := read(t, j); len(got) != 1 {
		t.Errorf("the log has %d envelopes", len(got))
	}
	if got := head(t, j); got != 1 {
		t.Errorf("the alert log has %d messages", got)
	}
}
