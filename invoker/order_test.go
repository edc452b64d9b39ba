package invoker_test

import (
	"context"
	"encoding/base64"
	"errors"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"holdfast/incident"
	"holdfast/invoker"
	"holdfast/journal"
)

// untilAsked runs the world until the decision waits for approvals.
func untilAsked(t *testing.T, w *world, p *process) incident.Incident {
	t.Helper()
	for range 1000 {
		w.monitor()
		time.Sleep(time.Second)
		if i, ok := p.incident(); ok && len(i.Runs) > 0 && i.Runs[0].Steps[2].Status == incident.Waiting {
			return i
		}
	}
	t.Fatal("nobody was asked")
	return incident.Incident{}
}

func TestTwoWhoApproveAtOnceAreDecidedOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.boot()
		i := untilAsked(t, w, p)
		answers := make(chan error)
		for _, by := range []string{"ada", "ada", "ada", "ben"} {
			go func() {
				_, err := p.inv.Order(t.Context(), person(by), incident.Command{Verb: incident.VerbApprove, Incident: i.ID, Step: "go", Digest: i.Shown("go")})
				answers <- err
			}()
		}
		refused := 0
		for range 4 {
			var refusal *incident.Refusal
			switch err := <-answers; {
			case errors.As(err, &refusal):
				refused++
			case err != nil:
				t.Error(err)
			}
		}
		if refused != 2 {
			t.Errorf("%d were refused, of three by one person and one by another", refused)
		}
		w.check(w.live(p))
	})
}

func TestAnOrderIsAnsweredOnceItIsInTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.boot()
		i := untilAsked(t, w, p)
		changes, err := p.inv.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbNote, Incident: i.ID, Reason: "the fire brigade is here"})
		if err != nil || len(changes) != 1 {
			t.Fatalf("%v, %v", changes, err)
		}
		found := false
		for c, err := range w.journal.Read(t.Context(), 0) {
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range c.Entries {
				found = found || strings.Contains(string(entry.Data), "the fire brigade is here")
			}
		}
		if !found {
			t.Error("it is not in the journal")
		}
		p.end()
	})
}

func TestWhatDoesNotExistIsNotFoundAndWhatIsNotAllowedRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.boot()
		time.Sleep(time.Second)
		head := p.inv.Status().Head
		var missing *incident.NotFound
		if _, err := p.inv.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbAck, Incident: "nothing-0101"}); !errors.As(err, &missing) {
			t.Errorf("%v", err)
		}
		var refused *incident.Refusal
		if _, err := p.inv.Order(t.Context(), nil, incident.Command{Verb: incident.VerbArm}); !errors.As(err, &refused) {
			t.Errorf("%v", err)
		}
		if now := p.inv.Status().Head; now != head {
			t.Error("a refusal left a record")
		}
		p.end()
	})
}

func TestAnOrderBeforeTheJournalIsReadSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		v := invoker.New(invoker.Config{Log: w.journal, Documents: w.docs, Instance: "a", Now: time.Now})
		if _, err := v.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbArm}); err == nil || !strings.Contains(err.Error(), "still being read") {
			t.Errorf("%v", err)
		}
		ctx, stop := context.WithCancel(t.Context())
		over := make(chan error)
		go func() { over <- v.Run(ctx) }()
		time.Sleep(time.Hour) // the ears have brought nothing yet
		if err := v.Ready(); err == nil || !strings.Contains(err.Error(), "still being read") {
			t.Errorf("%v", err)
		}
		stop()
		if err := <-over; err != nil {
			t.Error(err)
		}
		if err := v.Hear(t.Context(), invoker.Heard{}); err == nil {
			t.Error("an invoker that has ended still hears")
		}
	})
}

func TestDocumentsAreAdoptedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.boot()
		time.Sleep(time.Second)
		head := p.inv.Status().Head
		if head != 2 {
			t.Errorf("a fresh start wrote %d envelopes, want took_over and documents_adopted", head)
		}
		if err := p.inv.Adopt(t.Context(), w.docs, incident.Actor{Person: "ada"}); err != nil {
			t.Fatal(err)
		}
		if now := p.inv.Status().Head; now != head {
			t.Error("the same documents were adopted again")
		}
		docs := documents(t, func(files map[string]string) { files["bia.yaml"] += "\n# reviewed\n" })
		if err := p.inv.Adopt(t.Context(), docs, incident.Actor{Person: "ada"}); err != nil {
			t.Fatal(err)
		}
		p.inv.Look(func(d *incident.Desk) {
			if d.Documents().Digest != docs.Digest {
				t.Error("the new documents are not in force")
			}
		})
		p.end()
	})
}

func TestDocumentsTooLargeForTheJournalEndTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var large strings.Builder
		noise := rand.NewChaCha8([32]byte{}) // what packing makes no smaller
		for line := make([]byte, 48); large.Len() < 4<<20; {
			_, _ = noise.Read(line)
			large.WriteString("# " + base64.StdEncoding.EncodeToString(line) + "\n")
		}
		swollen := *w.docs
		swollen.Files, swollen.Digest = maps.Clone(w.docs.Files), "sha256:other"
		swollen.Files["bia.yaml"] += large.String()
		w.docs = &swollen
		p := w.boot()
		time.Sleep(time.Minute)
		p.end()
		if p.err == nil || !strings.Contains(p.err.Error(), "adopt the documents") {
			t.Errorf("%v", p.err)
		}
	})
}

func TestWhoHasStoppedWaitingDoesNotGetTheirOrderLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		log := &unreliable{Log: w.journal}
		p := w.boot(func(c *invoker.Config) { c.Log = log })
		time.Sleep(time.Second)
		log.away.Store(true)
		_, err := p.inv.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbDisarm, Reason: "x"})
		if err == nil || !strings.Contains(err.Error(), "not known whether it was recorded") {
			t.Errorf("%v", err)
		}
		log.away.Store(false)
		time.Sleep(time.Minute)
		p.inv.Look(func(d *incident.Desk) {
			if armed, why := d.Armed(); !armed {
				t.Errorf("it was carried out after all: %s", why)
			}
		})
	})
}

func TestAnOrderThatWasStoredWithoutAWordIsAnsweredAndRecordedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		log := &unreliable{Log: w.journal}
		p := w.boot(func(c *invoker.Config) { c.Log = log })
		i := untilAsked(t, w, p)
		lost := false
		log.after = func(journal.Committed) error {
			if lost {
				return nil
			}
			lost = true
			return errAway
		}
		if _, err := p.inv.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbNote, Incident: i.ID, Reason: "once"}); err != nil || !lost {
			t.Errorf("%v", err)
		}
		notes := 0
		i, _ = p.incident()
		for _, r := range i.Timeline {
			if _, ok := r.Event.(incident.Noted); ok {
				notes++
			}
		}
		if notes != 1 {
			t.Errorf("it was noted %d times", notes)
		}
	})
}
