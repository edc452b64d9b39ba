package journal_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/journal"
)

func TestWhatWasAppendedIsReadInOrderAndUnchanged(t *testing.T) {
	inEachPlace(t, func(t *testing.T, p place) {
		j := p.open(t)
		first := commit(t, j, after(journal.Committed{}, "first", "took_over", "documents_adopted"))
		want := append([]journal.Committed{first}, grow(t, j, first, 9)...)
		for from := range want {
			got, err := read(t, j, uint64(from))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want[from:], got); diff != "" {
				t.Errorf("from %d on: %s", from, diff)
			}
		}
		if got, err := read(t, j, 10); err != nil || len(got) > 0 {
			t.Errorf("after the end there are %v, %v", got, err)
		}
	})
}

func TestAnEmptyLogHasNothingToRead(t *testing.T) {
	inEachPlace(t, func(t *testing.T, p place) {
		if got, err := read(t, p.open(t), 0); err != nil || len(got) > 0 {
			t.Errorf("there are %v, %v", got, err)
		}
	})
}

func TestReadingCanStopAnywhere(t *testing.T) {
	inEachPlace(t, func(t *testing.T, p place) {
		j := p.open(t)
		grow(t, j, journal.Committed{}, 3)
		for c, err := range j.Read(t.Context(), 0) {
			if err != nil || c.Sequence != 1 {
				t.Fatal(c, err)
			}
			break
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for c, err := range j.Read(ended, 0) {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("after its end a reader gets %v, %v", c, err)
			}
		}
	})
}

func TestWhoDecidedOnAnotherHeadIsRefused(t *testing.T) {
	inEachPlace(t, func(t *testing.T, p place) {
		j := p.open(t)
		log := grow(t, j, journal.Committed{}, 3)
		other := log[2]
		other.Hash = journal.HashOf([]byte("another"))
		ahead := log[2]
		ahead.Sequence = 9
		for name, head := range map[string]journal.Committed{
			"an empty log": {}, "an old head": log[1], "another envelope": other, "a head that is not there yet": ahead,
		} {
			for range 2 { // also where the process has just looked
				if _, err := j.Append(t.Context(), after(head, "late", "declared")); !errors.Is(err, journal.ErrConflict) {
					t.Errorf("decided on %s: got %v", name, err)
				}
			}
		}
		if got, err := read(t, j, 0); err != nil || !cmp.Equal(log, got) {
			t.Errorf("the log is now %v, %v", got, err)
		}
	})
}

func TestAnotherProcessThatAppendsIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk(t, journal.Options{})
		one := d.open(t)
		head := commit(t, one, after(journal.Committed{}, "one", "took_over"))
		two, err := journal.Open(t.Context(), d.js, d.options)
		if err != nil {
			t.Fatal(err)
		}
		commit(t, two, after(head, "two", "took_over"))
		if _, err := one.Append(t.Context(), after(head, "one again", "declared")); !errors.Is(err, journal.ErrConflict) {
			t.Errorf("got %v", err)
		}
	})
}

func TestOfManyWritersOnOneHeadExactlyOneWins(t *testing.T) {
	inEachPlace(t, func(t *testing.T, p place) {
		j := p.open(t)
		head := journal.Committed{}
		for round := range 20 {
			var mu sync.Mutex
			var won []journal.Committed
			var all sync.WaitGroup
			for writer := range 6 {
				all.Go(func() {
					c, err := j.Append(t.Context(), after(head, fmt.Sprintf("%d-%d", round, writer), "took_over"))
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						won = append(won, c)
					} else if !errors.Is(err, journal.ErrConflict) {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if len(won) != 1 {
				t.Fatalf("round %d: %d writers won", round, len(won))
			}
			head = won[0]
		}
	})
}

func TestAnEnvelopeThatCannotBeRightIsNotAppended(t *testing.T) {
	inEachPlace(t, func(t *testing.T, p place) {
		j := p.open(t)
		for want, change := range map[string]func(*journal.Envelope){
			"without a commit id":    func(e *journal.Envelope) { e.CommitID = "" },
			"without a time":         func(e *journal.Envelope) { e.At = time.Time{} },
			"without entries":        func(e *journal.Envelope) { e.Entries = nil },
			"do not belong together": func(e *journal.Envelope) { e.PrevHash = "sha256:00" },
			"unexpected end of JSON": func(e *journal.Envelope) { e.Entries[0].Data = json.RawMessage("{") },
		} {
			e := after(journal.Committed{}, "wrong", "declared")
			change(&e)
			if _, err := j.Append(t.Context(), e); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want an error with %q", err, want)
			}
		}
	})
}

func TestACommitMayHoldTenThousandEventsAndIsRefusedWhereItHoldsTooMuch(t *testing.T) {
	inEachPlace(t, func(t *testing.T, p place) {
		j := p.open(t)
		e := after(journal.Committed{}, "big")
		for i := range 10_000 {
			e.Entries = append(e.Entries, journal.Entry{Kind: "noted", Data: fmt.Appendf(nil, `{"n":%d,"text":%q}`, i, strings.Repeat("x", 40))})
		}
		head := commit(t, j, e)
		got, err := read(t, j, 0)
		if err != nil || len(got) != 1 || len(got[0].Entries) != 10_000 {
			t.Fatalf("read back: %d envelopes, %v", len(got), err)
		}
		e.Entries = append(e.Entries, e.Entries[:5_000]...)
		e.CommitID, e.PrevSequence, e.PrevHash = "bigger", head.Sequence, head.Hash
		if _, err := j.Append(t.Context(), e); !errors.Is(err, journal.ErrTooLarge) {
			t.Errorf("got %v", err)
		}
		commit(t, j, after(head, "the log goes on", "noted"))
	})
}

func TestARestartKeepsEverything(t *testing.T) {
	inEachPlace(t, func(t *testing.T, p place) {
		j := p.open(t)
		log := grow(t, j, journal.Committed{}, 5)
		for i := range 5 {
			publish(t, j, fmt.Sprint("alert ", i))
		}
		heard := hear(t, j, 0, 5)
		p.pass(30 * time.Hour)

		j = p.open(t)
		got, err := read(t, j, 0)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(log, got); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(heard, hear(t, j, 0, 5)); diff != "" {
			t.Error(diff)
		}
		commit(t, j, after(log[4], "and it goes on", "took_over"))
		if sequence := publish(t, j, "and it goes on"); sequence != 6 {
			t.Errorf("the next alert has sequence %d", sequence)
		}
	})
}

func TestAlertsComeInOrderWithWhatTheyCarriedAndWhenTheyWereStored(t *testing.T) {
	inEachPlace(t, func(t *testing.T, p place) {
		j := p.open(t)
		var stored []time.Time
		for i := range 4 {
			p.pass(90 * time.Minute)
			stored = append(stored, time.Now())
			header := map[string][]string{"X-Sender": {"probe", "seven"}}
			sequence, err := j.Publish(t.Context(), "holdfast.alerts.prom.fra", header, fmt.Append(nil, "alert ", i))
			if err != nil || sequence != uint64(i)+1 {
				t.Fatal(sequence, err)
			}
		}
		if head, err := j.Head(t.Context()); err != nil || head != 4 {
			t.Errorf("head %d, %v", head, err)
		}
		for range 2 { // the same on every replay
			next := 1
			for m, err := range j.Follow(t.Context(), 1) {
				if err != nil {
					t.Fatal(err)
				}
				if got, want := fmt.Sprint(m.Sequence, " ", m.Subject, " ", string(m.Body), " ", m.Header["X-Sender"]),
					fmt.Sprint(next+1, " holdfast.alerts.prom.fra alert ", next, " [probe seven]"); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
				if late := m.Received.Sub(stored[next]); late < 0 || late > time.Second || m.Received.Location() != time.UTC {
					t.Errorf("alert %d was published at %s and received at %s", m.Sequence, stored[next], m.Received)
				}
				if next++; next == 4 {
					break
				}
			}
			p.pass(time.Hour)
		}
	})
}

func TestFollowingWaitsForWhatIsYetToBeSaid(t *testing.T) {
	inEachPlace(t, func(t *testing.T, p place) {
		j := p.open(t)
		ctx, stop := context.WithCancel(t.Context())
		heard := make(chan string)
		go func() {
			defer close(heard)
			for m, err := range j.Follow(ctx, 0) {
				heard <- fmt.Sprint(string(m.Body), " ", err)
			}
		}()
		for i := range 3 {
			p.pass(time.Hour)
			publish(t, j, fmt.Sprint("alert ", i))
			if got, want := <-heard, fmt.Sprint("alert ", i, " <nil>"); got != want {
				t.Errorf("heard %s, want %s", got, want)
			}
		}
		stop()
		if got, more := <-heard; more {
			t.Errorf("after its end it still hears %s", got)
		}
	})
}

func TestWhatCannotBePublishedIsRefused(t *testing.T) {
	inEachPlace(t, func(t *testing.T, p place) {
		j := p.open(t)
		for _, c := range []struct {
			subject, header string
			size            int
			want            string
		}{
			{"holdfast.log.0", "", 1, "an alert's subject is holdfast.alerts.<source>"},
			{"holdfast.alerts", "", 1, "an alert's subject is"},
			{"holdfast.alerts.", "", 1, "an alert's subject is"},
			{"holdfast.alerts.>", "", 1, "an alert's subject is"},
			{"holdfast.alerts.a..b", "", 1, "an alert's subject is"},
			{"holdfast.alerts.a b", "", 1, "an alert's subject is"},
			{"holdfast.alerts.a\r\nPUB x", "", 1, "an alert's subject is"},
			{"holdfast.alerts.prom", "Nats-Rollup", 1, "is not for a sender to set"},
			{"holdfast.alerts.prom", "nats-expected-stream", 1, "is not for a sender to set"},
			{"holdfast.alerts.prom", "", 1 << 20, "1048576 bytes, of at most"},
		} {
			var header map[string][]string
			if c.header != "" {
				header = map[string][]string{c.header: {"1"}}
			}
			_, err := j.Publish(t.Context(), c.subject, header, make([]byte, c.size))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q with %q: got %v, want an error with %q", c.subject, c.header, err, c.want)
			}
		}
		if head, err := j.Head(t.Context()); err != nil || head != 0 {
			t.Errorf("head %d, %v", head, err)
		}
		if _, err := j.Publish(t.Context(), "holdfast.alerts.prom", nil, make([]byte, 1<<20-256)); err != nil {
			t.Error(err)
		}
	})
}

func TestAStoredMessageCanBeReadAgainByItsSequence(t *testing.T) {
	inEachPlace(t, func(t *testing.T, p place) {
		j := p.open(t)
		for _, body := range []string{"first", "second"} {
			if _, err := j.Publish(t.Context(), "holdfast.alerts.prom", map[string][]string{"Kind": {"a"}}, []byte(body)); err != nil {
				t.Fatal(err)
			}
		}
		for heard, err := range j.Follow(t.Context(), 0) {
			if err != nil {
				t.Fatal(err)
			}
			m, err := j.Message(t.Context(), heard.Sequence)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(heard, m); diff != "" {
				t.Errorf("followed and read otherwise (-followed +read):\n%s", diff)
			}
			if heard.Sequence == 2 {
				break
			}
		}
		for _, nowhere := range []uint64{0, 3} {
			if m, err := j.Message(t.Context(), nowhere); err == nil {
				t.Errorf("message %d is %q", nowhere, m.Body)
			}
		}
	})
}

func TestAMessageIsBuriedOnceHoweverOftenItIsReplayed(t *testing.T) {
	inEachPlace(t, func(t *testing.T, p place) {
		want := []letter{
			{2, "holdfast.alerts.prom", "not_json", "second"},
			{0, "holdfast.alerts.bridge", "too_large", "never got that far"},
			{4, "holdfast.alerts.prom", "not_utf8", "fourth"},
		}
		for range 3 {
			j := p.open(t)
			for i, l := range want {
				if l.Sequence == 0 && len(p.dead(t)) > i {
					continue
				}
				m := journal.Message{Sequence: l.Sequence, Subject: l.Subject, Received: time.Now(), Body: []byte(l.Body)}
				if err := j.Bury(t.Context(), m, l.Reason, "at byte 7:\r\nInjected: header"); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(want, p.dead(t)); diff != "" {
				t.Fatal(diff)
			}
			if through := p.open(t).Buried(); through != 4 {
				t.Fatalf("buried through %d", through)
			}
			p.pass(24 * time.Hour) // beyond any window in which the server itself would notice
		}
	})
}
