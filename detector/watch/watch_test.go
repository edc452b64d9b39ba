package watch_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/detector/alert"
	"holdfast/detector/watch"
	"holdfast/journal"
)

func down(component string) []byte {
	return fmt.Appendf(nil, `{"holdfast":1,"alerts":[{"status":"firing","labels":{"component":%q}}]}`, component)
}

func say(t *testing.T, alerts journal.Alerts, body []byte) {
	t.Helper()
	if _, err := alerts.Publish(t.Context(), "holdfast.alerts.probe", nil, body); err != nil {
		t.Fatal(err)
	}
}

// line is what was heard, in a line.
func line(h watch.Heard) string {
	text := fmt.Sprintf("%d %s", h.Sequence, h.Subject)
	for _, a := range h.Batch.Alerts {
		text += " " + a.Labels.Get("component")
	}
	if h.Unreadable != nil {
		text += " unreadable: " + string(h.Unreadable.Reason)
	}
	if h.Lost > 0 {
		text += fmt.Sprintf(" %d lost", h.Lost)
	}
	if h.CaughtUp {
		text += " caught up"
	}
	return text
}

// listen runs the ears in the background; the lines of what they heard can be read once everything has come to rest.
func listen(t *testing.T, alerts journal.Alerts, after uint64) *[]string {
	t.Helper()
	var heard []string
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- watch.Run(ctx, alerts, after, func(_ context.Context, h watch.Heard) error {
			heard = append(heard, line(h))
			return nil
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the ears ended with %v", err)
		}
	})
	synctest.Wait()
	return &heard
}

func TestMessagesAreHeardInOrderAndTheLastOneWaitingCatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := journal.NewMemory()
		for _, c := range []string{"a", "b", "c"} {
			say(t, m, down(c))
		}
		heard := listen(t, m, 1)
		say(t, m, down("d"))
		synctest.Wait()
		want := []string{
			"2 holdfast.alerts.probe b",
			"3 holdfast.alerts.probe c caught up",
			"4 holdfast.alerts.probe d caught up",
		}
		if diff := cmp.Diff(want, *heard); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWhereNothingWaitsThatIsSaidAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := journal.NewMemory()
		say(t, m, down("a"))
		heard := listen(t, m, 1)
		if diff := cmp.Diff([]string{"1  caught up"}, *heard); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAMessageIsHeardWithTheTimeAtWhichItWasStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := journal.NewMemory()
		stored := time.Now().UTC()
		say(t, m, down("a"))
		time.Sleep(3 * time.Hour)
		stop := errors.New("enough")
		err := watch.Run(t.Context(), m, 0, func(_ context.Context, h watch.Heard) error {
			if !h.Received.Equal(stored) {
				t.Errorf("received %s, stored %s", h.Received, stored)
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Errorf("Run ended with %v, not with what hear said", err)
		}
	})
}

func TestAnEventWhoseAttributesAreHeadersIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := journal.NewMemory()
		header := map[string][]string{"ce-specversion": {"1.0"}, "ce-id": {"1"}, "ce-source": {"/probe"}, "ce-type": {"answer"}}
		if _, err := m.Publish(t.Context(), "holdfast.alerts.probe", header, []byte(`{"status":"firing","component":"a"}`)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"1 holdfast.alerts.probe a caught up"}, *listen(t, m, 0)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAnAlertThatHoldsUntilAnInstantIsResolvedIfItWasStoredAfterThat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := journal.NewMemory()
		end := time.Now().Add(time.Minute)
		posted := fmt.Appendf(nil, `[{"labels":{"component":"a"},"endsAt":%q}]`, end.Format(time.RFC3339))
		say(t, m, posted)
		time.Sleep(time.Hour)
		say(t, m, posted)
		var heard []alert.Status
		stop := errors.New("enough")
		_ = watch.Run(t.Context(), m, 0, func(_ context.Context, h watch.Heard) error {
			if heard = append(heard, h.Batch.Alerts[0].Status); h.CaughtUp {
				return stop
			}
			return nil
		})
		if diff := cmp.Diff([]alert.Status{alert.Firing, alert.Resolved}, heard); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAMessageIsHeardWithItsBodyUnlessOnlyItsBeginningWasKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := journal.NewMemory()
		bodies := []string{`{"odd":1}`, `{"holdfast":1`, string(down("a"))}
		for _, body := range bodies {
			say(t, m, []byte(body))
		}
		if _, err := m.Publish(t.Context(), "holdfast.alerts.probe", map[string][]string{"Holdfast-Reason": {"too_large"}}, []byte(`{"beg`)); err != nil {
			t.Fatal(err)
		}
		var got []string
		enough := errors.New("enough")
		_ = watch.Run(t.Context(), m, 0, func(_ context.Context, h watch.Heard) error {
			if got = append(got, string(h.Batch.Body)); h.CaughtUp {
				return enough
			}
			return nil
		})
		if diff := cmp.Diff(append(bodies, ""), got); diff != "" {
			t.Error(diff)
		}
	})
}

// unread tells of messages that a hearer could not read; whoever has been told of all of them waits.
func unread(all ...alert.Unread) func(context.Context, uint64) ([]alert.Unread, error) {
	return func(ctx context.Context, after uint64) (found []alert.Unread, _ error) {
		for _, u := range all {
			if u.Sequence > after {
				found = append(found, u)
			}
		}
		if len(found) == 0 {
			<-ctx.Done()
		}
		return found, ctx.Err()
	}
}

// undertake buries in the background until everything has come to rest; it returns what was told.
func undertake(t *testing.T, alerts journal.Alerts, sequences ...uint64) (told []string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	var all []alert.Unread
	for _, n := range sequences {
		all = append(all, alert.Unread{Sequence: n, Subject: "holdfast.alerts.probe", Why: alert.Unreadable{Reason: alert.NotJSON, Detail: "it ends"}})
	}
	go func() {
		done <- watch.Bury(ctx, alerts, unread(all...), func(u alert.Unread, err error) {
			told = append(told, fmt.Sprintf("%d %v", u.Sequence, err))
		})
	}()
	time.Sleep(10 * time.Minute) // so much is no use
	stop()
	if err := <-done; err != nil {
		t.Errorf("the undertaker ended with %v", err)
	}
	return told
}

func TestWhatNobodyCouldReadIsBuriedOnceHoweverOftenItIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := journal.NewMemory()
		say(t, m, []byte(`{"holdfast":1`))
		say(t, m, down("a"))
		say(t, m, []byte("?"))
		for _, life := range []struct {
			unread []uint64
			told   []string
		}{
			{[]uint64{1}, []string{"1 <nil>"}},
			{[]uint64{1, 3}, []string{"3 <nil>"}}, // after a restart
			{[]uint64{1, 3}, nil},
		} {
			if diff := cmp.Diff(life.told, undertake(t, m, life.unread...)); diff != "" {
				t.Error(diff)
			}
		}
		dead := m.Dead()
		if len(dead) != 2 || dead[0].Sequence != 1 || dead[0].Reason != string(alert.NotJSON) || dead[0].Detail != "it ends" || string(dead[0].Body) != `{"holdfast":1` || string(dead[1].Body) != "?" {
			t.Errorf("buried: %+v", dead)
		}
	})
}

// A shaky alert log is one in memory in which things go wrong.
type shaky struct {
	*journal.Memory
	follow func(context.Context, uint64) iter.Seq2[journal.Message, error]
	bury   error
}

func (s shaky) Follow(ctx context.Context, after uint64) iter.Seq2[journal.Message, error] {
	if s.follow != nil {
		return s.follow(ctx, after)
	}
	return s.Memory.Follow(ctx, after)
}

func (s shaky) Bury(ctx context.Context, m journal.Message, reason, detail string) error {
	if s.bury != nil {
		return s.bury
	}
	return s.Memory.Bury(ctx, m, reason, detail)
}

func TestADeadLetterThatCannotBeKeptDoesNotHoldUpTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := journal.NewMemory()
		say(t, m, []byte("?"))
		want := []string{"1 no room", "7 bury message 7 of holdfast.alerts.probe: read message 7 of the alert log: it holds 1"}
		if diff := cmp.Diff(want, undertake(t, shaky{Memory: m, bury: errors.New("no room")}, 1, 7)); diff != "" {
			t.Error(diff)
		}
	})
}

// A leaderless alert log takes nothing for a while.
type leaderless struct {
	*journal.Memory
	tries *int  // that get no answer
	says  error // at once, instead of none
}

func (l leaderless) Message(ctx context.Context, sequence uint64) (journal.Message, error) {
	if *l.tries > 0 && l.says != nil {
		*l.tries--
		return journal.Message{}, l.says
	}
	return l.Memory.Message(ctx, sequence)
}

func (l leaderless) Bury(ctx context.Context, m journal.Message, reason, detail string) error {
	if *l.tries > 0 {
		*l.tries--
		<-ctx.Done()
		return ctx.Err()
	}
	return l.Memory.Bury(ctx, m, reason, detail)
}

func TestADeadLetterThatGetsNoAnswerForAWhileIsNotPassedOver(t *testing.T) {
	for why, says := range map[string]error{
		"nobody answers":                     nil,
		"the connection is being made anew":  nats.ErrReconnectBufExceeded,
		"nobody is there":                    nats.ErrNoResponders,
		"the cluster has no leader":          &jetstream.APIError{Code: 503, ErrorCode: 10008, Description: "JetStream system temporarily unavailable"},
		"a leader that has just been woken":  &jetstream.APIError{Code: 404, ErrorCode: jetstream.JSErrCodeMessageNotFound, Description: "no message found"},
		"a leader that hears nothing of one": context.DeadlineExceeded,
	} {
		synctest.Test(t, func(t *testing.T) {
			m := journal.NewMemory()
			say(t, m, []byte("?"))
			say(t, m, []byte("!"))
			tries := 4
			ctx, stop := context.WithCancel(t.Context())
			var told []string
			var end error
			found := []alert.Unread{{Sequence: 1, Subject: "holdfast.alerts.probe"}, {Sequence: 2, Subject: "holdfast.alerts.probe"}}
			go func() {
				end = watch.Bury(ctx, leaderless{m, &tries, says}, unread(found...), func(u alert.Unread, err error) { told = append(told, fmt.Sprintf("%d %v", u.Sequence, err)) })
			}()
			time.Sleep(time.Minute)
			stop()
			synctest.Wait()
			if diff := cmp.Diff([]string{"1 <nil>", "2 <nil>"}, told); diff != "" || end != nil || len(m.Dead()) != 2 {
				t.Errorf("%s: %v; it ended with %v; buried: %+v", why, diff, end, m.Dead())
			}
		})
	}
}

func TestHoweverLongTheJournalIsAwayNoDeadLetterIsPassedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := journal.NewMemory()
		say(t, m, []byte("?"))
		tries := 4 * 3600
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go func() {
			_ = watch.Bury(ctx, leaderless{m, &tries, nats.ErrReconnectBufExceeded}, unread(alert.Unread{Sequence: 1, Subject: "holdfast.alerts.probe"}), func(alert.Unread, error) {})
		}()
		time.Sleep(2 * time.Hour)
		if len(m.Dead()) != 1 {
			t.Errorf("buried: %+v", m.Dead())
		}
		stop()
		synctest.Wait()
	})
}

func TestWhereNobodyTellsTheUndertakerEnds(t *testing.T) {
	over := errors.New("it is over")
	err := watch.Bury(t.Context(), journal.NewMemory(), func(context.Context, uint64) ([]alert.Unread, error) { return nil, over }, nil)
	if !errors.Is(err, over) {
		t.Errorf("it ended with %v", err)
	}
}

func TestLostMessagesAreSaidInTheirPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := journal.NewMemory()
		for _, c := range []string{"a", "b", "c", "d"} {
			say(t, m, down(c))
		}
		holed := shaky{Memory: m, follow: func(ctx context.Context, after uint64) iter.Seq2[journal.Message, error] {
			return func(yield func(journal.Message, error) bool) {
				for msg, err := range m.Follow(ctx, after) {
					switch {
					case msg.Sequence == 2:
						if !yield(journal.Message{}, &journal.Hole{From: 2, Through: 3}) {
							return
						}
					case msg.Sequence == 3:
					case !yield(msg, err):
						return
					}
				}
			}
		}}
		heard := listen(t, holed, 0)
		want := []string{
			"1 holdfast.alerts.probe a",
			"3  2 lost",
			"4 holdfast.alerts.probe d caught up",
		}
		if diff := cmp.Diff(want, *heard); diff != "" {
			t.Error(diff)
		}
	})
}

// Or a daemon that starts on a house where nobody has sent anything for as long as alerts are kept would never come up.
func TestWhereEverythingHasExpiredNothingWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := journal.NewMemory()
		say(t, m, down("a"))
		say(t, m, down("b"))
		empty := shaky{Memory: m, follow: func(ctx context.Context, after uint64) iter.Seq2[journal.Message, error] {
			return func(yield func(journal.Message, error) bool) {
				if !yield(journal.Message{}, &journal.Hole{From: 1, Through: 2, Expired: true}) {
					return
				}
				for msg, err := range m.Follow(ctx, 2) {
					if !yield(msg, err) {
						return
					}
				}
			}
		}}
		heard := listen(t, empty, 0)
		say(t, m, down("c"))
		synctest.Wait()
		if diff := cmp.Diff([]string{"2  caught up", "3 holdfast.alerts.probe c caught up"}, *heard); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAfterABreakInTheConnectionThePresentIsNotKnownUntilTheBacklogIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := journal.NewMemory()
		cut := make(chan struct{})
		late := shaky{Memory: m, follow: func(ctx context.Context, after uint64) iter.Seq2[journal.Message, error] {
			<-cut
			return m.Follow(ctx, after)
		}}
		heard := listen(t, late, 0)
		for _, c := range []string{"a", "b"} {
			say(t, m, down(c))
		}
		time.Sleep(time.Minute)
		close(cut)
		synctest.Wait()
		want := []string{
			"0  caught up",
			"1 holdfast.alerts.probe a",
			"2 holdfast.alerts.probe b caught up",
		}
		if diff := cmp.Diff(want, *heard); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAFailingLogEndsTheEarsWithItsError(t *testing.T) {
	dead := errors.New("the stream is gone")
	failing := shaky{Memory: journal.NewMemory(), follow: func(context.Context, uint64) iter.Seq2[journal.Message, error] {
		return func(yield func(journal.Message, error) bool) { yield(journal.Message{}, dead) }
	}}
	err := watch.Run(t.Context(), failing, 0, func(context.Context, watch.Heard) error { return nil })
	if !errors.Is(err, dead) {
		t.Errorf("got %v", err)
	}
}

// A stream of the team's own may hold any subject; who may write there must not be able to say what holdfast sees.
func TestNobodySpeaksAsHoldfastByAStreamThatIsTakenIn(t *testing.T) {
	body := []byte(`{"holdfast": 1, "alerts": [{"status": "firing", "labels": {"component": "web"}}]}`)
	for _, c := range []struct {
		subject, source string
		read            bool
	}{
		{"holdfast.own.probes", "", true},
		{"holdfast.own.probes", "ALERTS 7", false},
		{"monitoring.web", "ALERTS 7", true},
	} {
		m := journal.Message{Sequence: 1, Subject: c.subject, Body: body, Header: map[string][]string{}}
		if c.source != "" {
			m.Header["Nats-Stream-Source"] = []string{c.source}
		}
		if batch, why := watch.MakeOut(nil, m); (why == nil) != c.read || len(batch.Alerts) > 0 != c.read {
			t.Errorf("on %s by %q it says %v, %v", c.subject, c.source, batch.Alerts, why)
		}
	}
}
