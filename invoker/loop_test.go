package invoker

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/rs/zerolog"

	"holdfast/incident"
	"holdfast/journal"
)

func note(id string, bytes int) incident.Change {
	return incident.Change{Incident: id, Event: incident.Noted{Text: strings.Repeat("x", bytes)}}
}

func ids(changes []incident.Change) string {
	var all []string
	for _, c := range changes {
		all = append(all, c.Incident)
	}
	return strings.Join(all, " ")
}

// reached counts what hands were set to.
type reached int

func (r *reached) Carry(_ context.Context, e incident.Effect) incident.Result {
	*r++
	return incident.Result{Effect: e}
}

func TestAnEffectIsNotStartedOnceSomebodyElseTookOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hands reached
		v := New(Config{Hands: &hands})
		v.status.Epoch = 1
		v.desk.Apply(incident.Record{Event: incident.TookOver{Epoch: 2}})
		ctx, cancel := context.WithCancel(t.Context())
		e := incident.Effect{Key: "a/1/fence/1", Incident: "a", Run: "1", Epoch: 1}
		v.flights.want("a", []incident.Effect{e})
		v.start(ctx, e)
		synctest.Wait()
		cancel()
		v.flying.Wait()
		if hands != 0 {
			t.Error("it was started")
		}
	})
}

func TestMoreThanOneEnvelopeTakesIsCommittedInSeveral(t *testing.T) {
	v := New(Config{})
	half := journal.MaxEnvelope / 4
	got := v.fitting([]incident.Change{note("a", half), note("b", half-100), note("c", half), note("d", 1)})
	if ids(got) != "a b" {
		t.Errorf("the first envelope takes %s", ids(got))
	}
}

func TestAnEventThatNoEnvelopeTakesHoldsUpItsOwnIncidentOnly(t *testing.T) {
	var log bytes.Buffer
	v := New(Config{Logger: zerolog.New(&log)})
	for range 3 {
		got := v.fitting([]incident.Change{note("a", 1), note("b", journal.MaxEnvelope), note("b", 1), note("c", 1)})
		if ids(got) != "a c" {
			t.Errorf("the envelope takes %s", ids(got))
		}
	}
	if n := strings.Count(log.String(), "cannot be recorded"); n != 1 {
		t.Errorf("it was said %d times: %s", n, log.String())
	}
}
