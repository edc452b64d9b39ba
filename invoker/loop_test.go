package invoker

import (
	"bytes"
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"holdfast/detector/alert"
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
type reached struct{ atomic.Int32 }

func (r *reached) Carry(_ context.Context, e incident.Effect) incident.Result {
	r.Add(1)
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
		if hands.Load() != 0 {
			t.Error("it was started")
		}
	})
}

// twoServices is a house of two services, each on a component of its own, for which a machine is called as soon as it is lost.
func twoServices(t *testing.T) *incident.Documents {
	t.Helper()
	files := map[string]string{
		"people.yaml": "people: {ann: {channels: [{log: true}]}}\nroles: {director: {people: [ann]}}\n",
		"bia.yaml": `
organisation: Two services
defaults: {confirm_for: 1m, max_backdate: 15m, decision_margin: 10m}
observers: {prom: {}}
declaration: {authority: director, mode: automatic, automatic_for: [decision_point]}
services:
  a: {vital: true, mtpd: 4h, rto: 1h, rtc: 55m, needs: [on-a]}
  b: {vital: true, mtpd: 4h, rto: 1h, rtc: 55m, needs: [on-b]}
components: {on-a: {observers: [prom]}, on-b: {observers: [prom]}}
`}
	for _, service := range []string{"a", "b"} {
		files["playbooks/"+service+".yaml"] = "playbook: bring-back-" + service + "\nfor: {services: [" + service + "]}\nrtc: 55m\nsteps:\n" +
			"  - {id: call, phase: recovery, run: {http: {url: \"https://machine.test/" + service + "\", method: POST}}, timeout: 10s, repeat: safe}\n"
	}
	docs, problems := incident.ParseDocuments(files)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	return docs
}

func TestADisasterThatWasHeardIsAnsweredBeforeItIsRecordedHowAnythingWent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hands reached
		log := journal.NewMemory()
		v := New(Config{Log: log, Documents: twoServices(t), Hands: &hands, Instance: "one", Version: "test", Now: time.Now})
		ctx, cancel := context.WithCancel(t.Context())
		lost := func(sequence uint64, component string) Heard {
			return Heard{Sequence: sequence, Received: time.Now(), Subject: "holdfast.alerts.prom", CaughtUp: true, Batch: alert.Batch{Alerts: []alert.Alert{{
				Status: alert.Firing, StartsAt: time.Now().Add(-5 * time.Minute), Labels: alert.LabelsOf(map[string]string{"component": component, "observer": "prom"})}}}}
		}
		bring := func(h Heard) {
			if err := v.Hear(ctx, h); err != nil {
				t.Fatal(err)
			}
		}
		bring(Heard{CaughtUp: true})
		if err := v.wake(ctx); err != nil {
			t.Fatal(err)
		}
		v.take(lost(1, "on-a"))
		v.turn(ctx, ctx)
		result := v.stage.Wait(ctx, Results, time.Minute)
		bring(lost(2, "on-b"))
		v.takeIn(ctx, ctx, result)
		var order []string
		for c, err := range log.Read(ctx, 0) {
			if err != nil {
				t.Fatal(err)
			}
			if id := c.Entries[0].Incident; id != "" {
				order = append(order, id[:1])
			}
		}
		if got := strings.Join(order, " "); got != "a b a" {
			t.Errorf("the incidents were recorded in the order %s: first that a is lost, then that b is, then how it went with a", got)
		}
		cancel()
		close(v.over)
		v.flying.Wait()
	})
}

func TestStepsAreStartedBeforeNoticesOfTheSameInstant(t *testing.T) {
	f := newFlights()
	step, notice := incident.Effect{Key: "a/1/call/1", Incident: "a", Run: "1"}, incident.Effect{Key: "a/notice/1", Incident: "a", Notice: &incident.Notice{}}
	f.want("a", []incident.Effect{notice, step})
	if starts := f.next(); len(starts) != 2 || starts[0].Run != "1" {
		t.Errorf("the order is %v", starts)
	}
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
