package invoker_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/incident"
	"holdfast/invoker"
	"holdfast/journal"
)

// everything is all that can be asked of a desk.
func everything(t *testing.T, d *incident.Desk, now time.Time) string {
	t.Helper()
	next, ok := d.NextAt()
	text, err := json.MarshalIndent([]any{d.Incidents(), d.Verdicts(now), d.Components(), d.Counts(), d.Unread(0), d.AlertsThrough(), d.Wants(), d.Due(now), next, ok}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWhateverIsKeptOfAJournalTheRestOfItComesToTheSame(t *testing.T) {
	files, err := filepath.Glob("testdata/journals/*.jsonl")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d journals, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			log, heard := openJournal(t, file)
			steps := wayOf(t, log, heard)
			now := steps[len(steps)-1].at.Add(time.Minute)
			follow := func(d *incident.Desk, from, to int, deaf bool) *incident.Desk {
				for _, s := range steps[from:to] {
					if !deaf || !s.heard {
						s.follow(d)
					}
				}
				return d
			}
			want := everything(t, follow(incident.NewDesk(), 0, len(steps), false), now)
			compared := 0
			for cut := range steps {
				lived := follow(incident.NewDesk(), 0, cut, false)
				if cut%2 == 0 && cut > 0 { // it was asked what is due, as a daemon is
					lived.Due(steps[cut-1].at)
				}
				written, ok := lived.Recollection()
				if !ok {
					continue
				}
				again := follow(incident.NewDesk(), 0, cut, true)
				if err := recall(again, written); err != nil {
					t.Fatalf("after %d of %d: %v", cut, len(steps), err)
				}
				compared++
				if diff := cmp.Diff(want, everything(t, follow(again, cut, len(steps), false), now)); diff != "" {
					t.Fatalf("kept after %d of %d it comes to something else (-all heard +some kept)\n%s", cut, len(steps), diff)
				}
			}
			if compared < 10 {
				t.Errorf("only %d prefixes were compared", compared)
			}
		})
	}
}

func TestWhatWasKeptOfAnotherJournalIsNotRecalled(t *testing.T) {
	log, messages := openJournal(t, "testdata/journals/2026-11-words.jsonl")
	lived, early := incident.NewDesk(), incident.NewDesk()
	for _, s := range wayOf(t, log, messages) {
		s.follow(lived)
		if !s.heard && early.Documents() == nil {
			s.follow(early) // only the first documents
		}
	}
	written, _ := lived.Recollection()
	if err := recall(early, written); err == nil || !strings.Contains(err.Error(), "judged by the texts") {
		t.Errorf("what was judged by one text is recalled for another: %v", err)
	}
	if err := recall(lived, written); err == nil {
		t.Error("it is recalled on top of what was heard")
	}
	if _, ok := incident.NewDesk().Recollection(); ok {
		t.Error("a desk without documents has heard something")
	}
	heard, err := incident.MakeOut(written)
	if err != nil {
		t.Fatal(err)
	}
	first, second := incident.NewDesk(), incident.NewDesk()
	for _, s := range wayOf(t, log, messages) {
		if !s.heard {
			s.follow(first)
			s.follow(second)
		}
	}
	if err := first.Recall(heard); err != nil {
		t.Error(err)
	}
	if err := second.Recall(heard); err == nil {
		t.Error("two desks have one memory")
	}
}

// recall makes out what was written, and has a desk recall it.
func recall(d *incident.Desk, written []byte) error {
	heard, err := incident.MakeOut(written)
	if err != nil {
		return err
	}
	return d.Recall(heard)
}

// lived is a world in which an incident has come into its run, with what was kept on the way.
func lived(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	p := w.boot()
	for time.Since(w.start) < 5*time.Minute {
		w.monitor()
		time.Sleep(time.Second)
	}
	k, ok := p.inv.Keep()
	if !ok {
		t.Fatal("nothing can be kept")
	}
	w.kept = &k
	w.say("firing")
	time.Sleep(time.Minute)
	p.end()
	return w
}

func TestALifeHearsOnlyWhatHasComeSinceItWasKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := lived(t)
		p := w.boot()
		time.Sleep(time.Minute)
		s := p.inv.Status()
		if !s.Live || s.Recalled != w.kept.Heard || s.AlertsThrough <= s.Recalled {
			t.Errorf("%+v, of %d kept", s, w.kept.Heard)
		}
		some := p.counts()
		p.end()
		w.kept = nil
		p = w.boot()
		time.Sleep(time.Minute)
		if s := p.inv.Status(); s.Recalled != 0 {
			t.Errorf("without anything kept, %d was recalled", s.Recalled)
		}
		if diff := cmp.Diff(p.counts(), some); diff != "" {
			t.Errorf("it has heard something else (-all +some kept)\n%s", diff)
		}
		p.end()
	})
}

func (p *process) counts() (c incident.Counts) {
	p.inv.Look(func(d *incident.Desk) { c = d.Counts() })
	return c
}

// Whatever has become of the logs since something was kept, a life that begins with it sees it, and one without it takes over,
// which finds what it would have found if nothing had been kept.
func TestOnTheLeastDoubtALifeWithoutWhatWasKeptHasToBegin(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, w *world)
		why    string
	}{
		"another envelope":       {func(_ *testing.T, w *world) { w.kept.Hash = "sha256:00" }, "is another one"},
		"the log ends before it": {func(_ *testing.T, w *world) { w.kept.Sequence += 100 }, "the log ends at envelope"},
		"it cannot be read": {func(_ *testing.T, w *world) {
			w.kept.Desk = func() (*incident.Recollected, error) { return nil, errors.New("a torn page") }
		}, "a torn page"},
		"it is not what it should be": {func(_ *testing.T, w *world) {
			w.kept.Desk = func() (*incident.Recollected, error) { return incident.MakeOut([]byte("something else")) }
		}, "not what a desk has written down"},
		"envelopes are missing": {func(t *testing.T, w *world) {
			w.journal.Tamper(w.kept.Sequence-2, func([]byte) []byte { return nil })
		}, "missing"},
		"the last envelope is missing": {func(t *testing.T, w *world) {
			w.journal.Tamper(w.kept.Sequence, func([]byte) []byte { return nil })
		}, "missing"},
		"an envelope was changed": {func(t *testing.T, w *world) {
			w.journal.Tamper(2, func(body []byte) []byte { return []byte(strings.Replace(string(body), "daemon", "nomead", 1)) })
		}, "names hash"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := lived(t)
				c.change(t, w)
				p := w.boot()
				time.Sleep(time.Minute)
				p.end()
				if !errors.Is(p.err, invoker.ErrAnew) || !errors.Is(p.err, invoker.ErrKept) || !strings.Contains(p.err.Error(), c.why) {
					t.Errorf("it ended with %v", p.err)
				}
				if _, ok := p.inv.Keep(); ok {
					t.Error("something is kept of it")
				}
				w.kept = nil
				p = w.boot()
				time.Sleep(time.Minute)
				if s := p.inv.Status(); !s.Live && s.HandsOff == "" {
					t.Errorf("without it: %+v", s)
				}
				p.end()
			})
		})
	}
}

func TestALifeRecallsWhatWasHeardAcrossAGapThatWasAdoptedAndAcrossNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.boot()
		for time.Since(w.start) < 5*time.Minute {
			w.monitor()
			time.Sleep(time.Second)
		}
		p.end()
		gone := p.inv.Status().Head - 2
		var was []byte
		w.journal.Tamper(gone, func(body []byte) []byte { was = body; return nil })

		p = w.boot()
		time.Sleep(time.Minute)
		if _, ok := p.inv.Keep(); ok {
			t.Error("something is kept though nobody has adopted the gap")
		}
		gap := fmt.Sprintf("%d-%d", gone, gone)
		if _, err := p.inv.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbAdoptGap, Gap: gap, Reason: "looked at"}); err != nil {
			t.Fatal(err)
		}
		w.say("firing")
		time.Sleep(time.Minute)
		k, ok := p.inv.Keep()
		if !ok || len(k.Gaps) != 1 || k.Gaps[0].String() != gap {
			t.Fatalf("once it is adopted: %t, with the gaps %v", ok, k.Gaps)
		}
		p.end()

		w.kept = &k
		p = w.boot()
		time.Sleep(time.Minute)
		p.wantGate(t, "")
		if s := p.inv.Status(); !s.Live || s.Recalled != k.Heard || s.Gap != "" {
			t.Errorf("the life after it: %+v", s)
		}
		some := p.counts()
		if _, ok := p.inv.Keep(); !ok {
			t.Error("it keeps nothing itself")
		}
		p.end()
		w.kept = nil
		p = w.boot()
		time.Sleep(time.Minute)
		if diff := cmp.Diff(p.counts(), some); diff != "" {
			t.Errorf("it has heard something else (-all +some kept)\n%s", diff)
		}
		p.end()

		thrown := func(why string) {
			t.Helper()
			w.kept = &k
			p := w.boot()
			time.Sleep(time.Minute)
			p.end()
			if !errors.Is(p.err, invoker.ErrKept) || !strings.Contains(p.err.Error(), why) {
				t.Errorf("it ended with %v", p.err)
			}
		}
		var other []byte
		w.journal.Tamper(2, func(body []byte) []byte { other = body; return nil })
		thrown("envelope 2 is missing")
		w.journal.Tamper(2, func([]byte) []byte { return other })
		w.journal.Tamper(gone, func([]byte) []byte { return was }) // a copy that has it was found
		thrown("and it was kept with [" + gap + "]")
	})
}

// By which documents a message is read depends on whether it was heard before they were adopted.
func TestDocumentsThatSomebodyElseAdoptedOnFewerAlertsAreNotPassedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.boot()
		time.Sleep(time.Second)
		head := p.inv.Status().Head
		w.say("firing")
		time.Sleep(time.Second)
		k, ok := p.inv.Keep()
		if !ok || k.Heard != 1 || k.Sequence != head {
			t.Fatalf("kept: %+v (%v), the head was %d", k, ok, head)
		}
		p.end()
		docs := documents(t, func(files map[string]string) { files["bia.yaml"] += odd })
		kind, data, err := incident.Encode(incident.DocumentsAdopted{Digest: docs.Digest, Files: docs.Files, By: incident.Actor{Rule: "reload"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.journal.Append(t.Context(), journal.Envelope{Version: 1, Epoch: 1, CommitID: "elsewhere", PrevSequence: k.Sequence, PrevHash: k.Hash, At: time.Now(),
			Entries: []journal.Entry{{Kind: string(kind), Data: data}}}); err != nil {
			t.Fatal(err)
		}
		w.kept = &k
		p = w.boot()
		time.Sleep(time.Minute)
		p.end()
		if !errors.Is(p.err, invoker.ErrKept) || !strings.Contains(p.err.Error(), "documents were adopted after alert 0") {
			t.Errorf("it ended with %v", p.err)
		}
	})
}

func TestWhatIsInDoubtAndNotInTheLogIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.boot()
		if _, ok := p.inv.Keep(); ok {
			t.Error("something is kept of a life that has not read the log")
		}
		time.Sleep(time.Second)
		lost := invoker.Heard{Sequence: 3, Lost: 2} // it is not caught up, so nothing is decided
		if err := p.inv.Hear(t.Context(), lost); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if _, ok := p.inv.Keep(); ok {
			t.Error("the doubt about what was lost would be forgotten")
		}
		if err := p.inv.Hear(t.Context(), invoker.Heard{Sequence: 3, CaughtUp: true}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if _, ok := p.inv.Keep(); !ok {
			t.Error("once it is in the log, it may be kept")
		}
		p.end()
	})
}

func TestWhatWasLostOfMessagesThatWereHeardBeforeLeavesDeclarationsToPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := lived(t)
		p := w.boot()
		time.Sleep(time.Minute)
		p.wantGate(t, "")
		if err := p.inv.Hear(t.Context(), invoker.Heard{Sequence: 1, Lost: 1, Before: true}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		p.wantGate(t, "alerts were lost")
		if s := p.inv.Status(); !s.CaughtUp || s.AlertsThrough < 2 {
			t.Errorf("the present is lost with it: %+v", s)
		}
		p.end()
	})
}

// With a million alerts the first verdict takes a while, and whoever asks meanwhile waits for it.
func TestThatAnInstanceIsInChargeIsSaidBeforeItDecidesAnything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := lived(t)
		var p *process
		var told []invoker.Status
		booted := make(chan struct{})
		p = w.boot(func(c *invoker.Config) {
			c.InCharge = func() {
				<-booted
				told = append(told, p.inv.Status())
			}
		})
		close(booted)
		time.Sleep(time.Hour)
		last := p.inv.Status()
		p.end()
		if len(told) != 1 || !told[0].Live || told[0].Epoch == 0 || last.Head <= told[0].Head {
			t.Errorf("it was told %+v, and ended at envelope %d", told, last.Head)
		}
	})
}
