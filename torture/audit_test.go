package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"holdfast/console"
	"holdfast/incident"
	"holdfast/internal/failpoint"
	"holdfast/journal"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// decidedLog is a log of decisions with one envelope for each event, a second apart.
func decidedLog(t *testing.T, events ...incident.Event) logs {
	t.Helper()
	l := logs{alerts: map[uint64]journal.Message{}, dead: map[uint64]int{}}
	for n, e := range events {
		kind, data, err := incident.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		l.decided = append(l.decided, journal.Committed{Sequence: uint64(n + 1), Hash: "sha256:" + string(rune('a'+n)), Envelope: journal.Envelope{
			Epoch: 1, At: noon.Add(time.Duration(n) * time.Second), Entries: []journal.Entry{{Incident: "shop-1", Kind: string(kind), Data: data}}}})
	}
	return l
}

func started(attempt int, key, by string) incident.StepStarted {
	return incident.StepStarted{Run: "1", Step: "call", Attempt: attempt, Key: key, Epoch: 1, By: incident.Actor{Person: by}}
}

func sent(after time.Duration, attempt int, key string) effect {
	return effect{At: noon.Add(after), Way: "http", Key: key, Incident: "shop-1", Run: "1", Step: "call", Attempt: attempt, Epoch: 1}
}

func TestTheAuditFindsWhatItIsThereToFind(t *testing.T) {
	one := decidedLog(t, started(1, "shop-1/1/call/1", ""))
	two := decidedLog(t, started(1, "shop-1/1/call/1", ""), started(2, "shop-1/1/call/1", ""))
	acting := func(l logs, fenced bool, calls ...effect) func(*audit) {
		return func(a *audit) { a.acted(a.judged(l), calls, nil, fenced) }
	}
	stored := logs{alerts: map[uint64]journal.Message{1: {Sequence: 1, Body: []byte("one")}}, dead: map[uint64]int{}}
	invoked := incident.Invoked{Run: "1", Service: "shop-1", Playbook: "recover"}
	late := sent(time.Second, 1, "shop-1/1/call/1")
	late.Epoch, late.Stale = 0, true
	beside := sent(time.Second, 1, "shop-1/1/call/1")
	beside.Way, beside.Beside = "exec", "shop-1/1/call/1#1"

	for name, c := range map[string]struct {
		check func(*audit)
		finds string // "": nothing is wrong
	}{
		"an effect after its record":             {acting(one, false, sent(time.Second, 1, "shop-1/1/call/1")), ""},
		"an effect without a record":             {acting(one, false, sent(time.Second, 1, "shop-1/1/call/2")), "UNRECORDED"},
		"an attempt without a record":            {acting(one, false, sent(time.Second, 2, "shop-1/1/call/1")), "UNRECORDED"},
		"an effect before its record":            {acting(one, false, sent(-time.Second, 1, "shop-1/1/call/1")), "UNRECORDED"},
		"a step that may not be sent twice":      {acting(two, false, sent(2*time.Second, 1, "shop-1/1/call/1"), sent(3*time.Second, 2, "shop-1/1/call/1")), "TWICE"},
		"an effect of an older epoch":            {acting(one, false, late), "after a higher one"},
		"a notice that nobody recorded":          {acting(one, false, effect{At: noon, Way: "notice", Key: "shop-1/notice/1", Incident: "shop-1", Person: "ann"}), "UNRECORDED"},
		"two commands of a step at once":         {func(a *audit) { a.overlaps([]effect{beside}) }, "OVERLAP"},
		"a new key that a person ordered":        {func(a *audit) { a.judged(decidedLog(t, started(1, "k/1", ""), started(2, "k/2", "ann"))) }, ""},
		"a new key that nobody ordered":          {func(a *audit) { a.judged(decidedLog(t, started(1, "k/1", ""), started(2, "k/2", ""))) }, "nobody ordered it"},
		"an attempt that is ordered twice":       {func(a *audit) { a.judged(decidedLog(t, started(1, "k/1", ""), started(1, "k/1", ""))) }, "ordered twice"},
		"two invocations of one playbook":        {func(a *audit) { a.judged(decidedLog(t, invoked, invoked)) }, "invoked 2 times"},
		"an alert that is there":                 {func(a *audit) { a.heard(stored, []acked{{1, "one", false}}, true) }, ""},
		"an alert that is lost":                  {func(a *audit) { a.heard(stored, []acked{{2, "two", false}}, true) }, "LOST"},
		"an alert that is another one":           {func(a *audit) { a.heard(stored, []acked{{1, "two", false}}, true) }, "LOST"},
		"an unreadable alert that is not buried": {func(a *audit) { a.heard(stored, []acked{{1, "one", true}}, true) }, "not buried"},
		"an order that is lost": {func(a *audit) {
			a.obeyed(a.judged(one), []console.Changed{{Incident: "shop-1", Kind: incident.KindNoted, Event: incident.Noted{}}})
		}, "LOST"},
		"an order that is there": {func(a *audit) {
			a.obeyed(a.judged(one), []console.Changed{{Incident: "shop-1", Kind: incident.KindStepStarted, Event: started(1, "shop-1/1/call/1", "")}})
		}, ""},
		"a verify that says something else": {func(a *audit) { a.whole(one, verified{Envelopes: 1, Sequence: 1, Hash: "sha256:b"}, nil) }, "verify says"},
	} {
		var a audit
		c.check(&a)
		switch found := strings.Join(a.wrong, "\n"); {
		case c.finds == "" && found != "":
			t.Errorf("%s: nothing is wrong, and it found: %s", name, found)
		case !strings.Contains(found, c.finds):
			t.Errorf("%s: want it to find %q, in: %q", name, c.finds, found)
		}
	}
}

func TestEpochAndTimeOfTheLogNeverGoBack(t *testing.T) {
	l := decidedLog(t, incident.Noted{}, incident.Noted{})
	l.decided[0].Epoch, l.decided[1].At = 2, noon.Add(-time.Second)
	var a audit
	a.judged(l)
	if len(a.wrong) != 2 {
		t.Errorf("found %q", a.wrong)
	}
}

func TestTheSystematicPlanHasEveryPointOnceFirst(t *testing.T) {
	seen := map[string]bool{}
	for _, target := range plan(200, 1) {
		seen[target.point] = true
		if _, err := json.Marshal(target.planted()); err != nil {
			t.Error(err)
		}
	}
	for _, target := range systematic()[:len(failpoint.Points)] {
		if !seen[target.point] || target.index != 1 || target.about != "" {
			t.Errorf("%s does not come first", target)
		}
	}
}
