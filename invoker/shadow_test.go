package invoker_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"holdfast/incident"
	"holdfast/invoker"
)

func asShadow(c *invoker.Config) { c.Shadow, c.Hands = true, nil }

// kinds are the kinds of everything in the journal.
func (w *world) kinds() (kinds []string) {
	w.t.Helper()
	for c, err := range w.journal.Read(w.t.Context(), 0) {
		if err != nil {
			w.t.Fatal(err)
		}
		for _, entry := range c.Entries {
			kinds = append(kinds, entry.Kind)
		}
	}
	return kinds
}

// watched lets the world go on for a while.
func (w *world) watched(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Second) {
		w.monitor()
	}
}

func TestAShadowJudgesRecordsAndDoesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.boot(asShadow)
		w.watched(5 * time.Minute)
		i, ok := p.incident()
		if !ok || i.Recommended == nil || i.Recommended.Would == nil {
			t.Fatalf("nothing was foreseen: %+v", i)
		}
		if got := *i.Recommended.Would; got.Rule != "automatic_for decision_point" || len(got.Invoke) != 1 || got.Invoke[0].Playbook != "promote-south" {
			t.Errorf("it would have: %+v", got)
		}
		for _, kind := range w.kinds() {
			if slices.Contains([]string{"declared", "invoked", "step_started", "notified"}, kind) {
				t.Errorf("a shadow recorded %s", kind)
			}
		}
		if n := len(w.sent()); n > 0 {
			t.Errorf("a shadow had %d effects", n)
		}
		if !p.inv.Status().Shadow || !strings.Contains(w.log.String(), "SHADOW") {
			t.Error("it does not say that it is a shadow")
		}
		_, err := p.inv.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbDeclare, Incident: i.ID, Reason: "it burns"})
		var refused *incident.Refusal
		if !errors.As(err, &refused) {
			t.Errorf("an order to a shadow: %v", err)
		}
	})
}

func TestAShadowThatStartsAgainGoesOnAsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.boot(asShadow)
		w.watched(150 * time.Second) // not yet missed
		p.end()
		before := w.kinds()
		p = w.boot(asShadow)
		w.watched(10 * time.Second)
		if got := w.kinds()[len(before):]; !slices.Equal(got, []string{"took_over"}) {
			t.Errorf("the second start recorded %v", got)
		}
		if i, _ := p.incident(); i.Recommended == nil || i.Recommended.Would == nil {
			t.Error("what would have been done is forgotten")
		}
	})
}

func TestTheLogOfADaemonThatActsTakesNoShadow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.watched(5 * time.Second)
		p := w.boot()
		w.watched(5 * time.Second)
		p.end()
		before := w.kinds()
		shadow := w.boot(asShadow)
		w.watched(5 * time.Second)
		shadow.end()
		var refused *incident.Refusal
		if !errors.As(shadow.err, &refused) {
			t.Errorf("the shadow ended with %v", shadow.err)
		}
		if got := w.kinds(); !slices.Equal(got, before) {
			t.Errorf("the shadow recorded %v", got[len(before):])
		}
	})
}

func TestAHouseThatHasWatchedAsAShadowActsOnceItIsStartedToAct(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.boot(asShadow)
		w.watched(3 * time.Minute)
		p.end()
		i, ok := w.live(w.boot()).incident()
		if !ok || i.Declared == nil || i.StoodDown == nil || !w.south {
			t.Errorf("it has not acted: %s", summary(i))
		}
	})
}
