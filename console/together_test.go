package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"holdfast/detector/watch"
	"holdfast/journal/embedded"
)

// The real way: HTTP, JetStream synced to a disk, the ears.
func TestWhatManySendAtOnceIsStoredInFewMessagesAndHeardWhole(t *testing.T) {
	server, err := embedded.Start(embedded.Options{Store: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	_, log := openJournal(t, server)
	h := newHouse(t)
	web := httptest.NewServer(New(Config{House: h, Publisher: log, Authenticate: h.authenticate, Now: nowOf(h), Logger: zerolog.Nop(), LoopbackOpen: true}))
	t.Cleanup(web.Close)

	const senders, each = 32, 8
	var all sync.WaitGroup
	var want []string
	for s := range senders {
		for n := range each {
			want = append(want, fmt.Sprintf("c-%d-%d", s, n))
		}
		all.Go(func() {
			for n := range each {
				post(t, web.URL, fmt.Sprintf(`{"holdfast":1,"alerts":[{"status":"firing","labels":{"component":"c-%d-%d"}}]}`, s, n))
			}
			post(t, web.URL, `{"nobody": "reads this"}`)
		})
	}
	all.Wait()

	var heard []string
	messages, unread := 0, 0
	enough := errors.New("enough")
	err = watch.Run(t.Context(), log, 0, func(_ context.Context, h watch.Heard) error {
		for _, a := range h.Batch.Alerts {
			component := a.Labels.Get("component")
			heard = append(heard, component)
		}
		if h.Unreadable != nil {
			unread++
		} else if h.Subject != "" {
			messages++
		}
		if h.CaughtUp {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Fatal(err)
	}
	slices.Sort(want)
	slices.Sort(heard)
	if diff := cmp.Diff(want, heard); diff != "" {
		t.Error(diff)
	}
	if unread != senders {
		t.Errorf("%d of %d messages that nobody reads are by themselves", unread, senders)
	}
	if messages >= senders*each {
		t.Errorf("%d bodies became %d messages: nothing was stored together", senders*each, messages)
	}
}

func post(t *testing.T, url, body string) {
	t.Helper()
	answer, err := http.Post(url+"/api/v1/alerts/many", "application/json", strings.NewReader(body)) //nolint:noctx // it ends with the server
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("%s: %v", answer.Status, err)
	}
}

func TestWhereAMessageOfManyIsNotStoredAllItsSendersAreToldToSendAgain(t *testing.T) {
	h := &house{t: t, down: errDown}
	web := bridgeTo(h, "", true)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() { wantStatus(t, request("POST", "/api/v1/alerts/many", oneAlert).of(web), 503) })
	}
	all.Wait()
}

// A stuckLog stores nothing until it is let go.
type stuckLog struct {
	busy chan struct{}
	free chan struct{}
	many atomic.Int64 // bytes that it was given
}

func (l *stuckLog) Publish(_ context.Context, _ string, _ map[string][]string, body []byte) (uint64, error) {
	l.busy <- struct{}{}
	<-l.free
	return uint64(l.many.Add(int64(len(body)))), nil
}

// While the log is stuck its senders give up and send again: what they gave up is not kept beside what they send.
func TestWhatItsSenderGaveUpDoesNotPileUp(t *testing.T) {
	log := &stuckLog{busy: make(chan struct{}, 100), free: make(chan struct{})}
	all := newTogether(log)
	var flying sync.WaitGroup
	flying.Go(func() {
		if _, err := all.publish(t.Context(), "holdfast.alerts.x", []byte(oneAlert)); err != nil {
			t.Error(err)
		}
	})
	<-log.busy
	for range 50 {
		gone, giveUp := context.WithCancel(t.Context())
		giveUp()
		if _, err := all.publish(gone, "holdfast.alerts.x", []byte(oneAlert)); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	close(log.free)
	flying.Wait()
	if stored := log.many.Load(); stored != int64(len(oneAlert)) {
		t.Errorf("%d bytes are stored of a body of %d", stored, len(oneAlert))
	}
}
