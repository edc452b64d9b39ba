package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"holdfast/console"
	"holdfast/incident"
	"holdfast/journal"
	"holdfast/journal/embedded"
)

// append adds an envelope to the log of a daemon that has ended, as another daemon would have: one of another version, or one
// whose clock was another. change makes it what it is.
func appendTo(h *house, change func(*journal.Envelope)) error {
	s, err := embedded.Start(embedded.Options{Store: h.store, Listen: embedded.None, Log: zerolog.Nop()})
	if err != nil {
		return err
	}
	defer func() { _ = s.Stop() }()
	nc, err := s.Connect()
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	streams, err := journal.Open(ctx, js, journal.Options{HeadFile: filepath.Join(h.store, journal.HeadFile)})
	if err != nil {
		return err
	}
	var last journal.Committed
	for c, err := range streams.Read(ctx, 0) {
		if err != nil {
			return err
		}
		last = c
	}
	e := journal.Envelope{Version: last.Version, Epoch: last.Epoch, CommitID: rand.Text(), PrevSequence: last.Sequence, PrevHash: last.Hash,
		AlertsThrough: last.AlertsThrough, At: last.At}
	change(&e)
	_, err = streams.Append(ctx, e)
	return err
}

// withAnOpenIncident is a world whose daemon has ended in the middle of a run.
func withAnOpenIncident(o options, dir string, seed uint64) (w *world, id string, err error) {
	if w, err = newWorld(o.program, dir, "", seed, nil); err != nil {
		return nil, "", err
	}
	w.crowd.sites.Store(false)
	p, err := w.house.start(o.program, "")
	if err != nil {
		return nil, "", err
	}
	if err := w.house.await(p, 30*time.Second); err != nil {
		return nil, "", err
	}
	_, err = w.crowd.api().order(context.Background(), w.house.tokens[people[0]], incident.Command{Verb: incident.VerbDeclare, Services: []string{"shop-1"}, Reason: "torture"})
	if err != nil {
		return nil, "", err
	}
	err = until(10*time.Second, "an incident with a run", func() error {
		s, err := w.crowd.api().status(context.Background())
		if err != nil || len(s.Incidents) == 0 || len(s.Incidents[0].Runs) == 0 {
			return errors.Join(err, errors.New("none"))
		}
		id = s.Incidents[0].ID
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	time.Sleep(200 * time.Millisecond)
	p.signal(sigTerm)
	if !p.within(15 * time.Second) {
		p.kill()
		err = errors.New("it did not end within 15 s of SIGTERM")
	}
	return w, id, err
}

// versions runs the harness of mixed versions: a newer one has written what this one does not know, in the middle of a run. The
// incident is shown and not driven; every other goes on.
func versions(o options) row {
	begun := time.Now()
	r := row{Name: "an event kind of a newer version"}
	var total audit
	for n := range o.versions {
		dir := filepath.Join(o.dir, fmt.Sprintf("versions-%d", n))
		a := newer(o, dir, o.seed+uint64(n))
		total.add(a)
		r.Cycles++
		if len(a.wrong) == 0 && !o.keep {
			_ = os.RemoveAll(dir)
		}
	}
	r.Took, r.Wrong, r.Figures = time.Since(begun), total.wrong, total.figures()
	return r
}

func newer(o options, dir string, seed uint64) (a audit) {
	w, id, err := withAnOpenIncident(o, dir, seed)
	if err != nil {
		a.fail("%v", err)
		return a
	}
	defer w.end()
	if err := appendTo(w.house, func(e *journal.Envelope) {
		e.At = time.Now().UTC()
		e.Entries = []journal.Entry{{Incident: id, Kind: "entangled", Data: json.RawMessage(`{"with":"another"}`)}}
	}); err != nil {
		a.fail("%v", err)
		return a
	}
	before, _ := readBook(filepath.Join(dir, callsFile))
	w.crowd.gather()
	p, err := w.house.start(o.program, "")
	if err == nil {
		err = w.house.await(p, 30*time.Second)
	}
	if err != nil {
		a.fail("%v", err)
		w.crowd.leave()
		return a
	}
	var handsOff string
	err = until(15*time.Second, "another incident is driven to its end, and this one is shown", func() error {
		s, err := w.crowd.api().status(context.Background())
		if err != nil {
			return err
		}
		n := slices.IndexFunc(s.Incidents, func(i console.IncidentStatus) bool { return i.ID == id })
		if n < 0 {
			return fmt.Errorf("%s is not shown", id)
		}
		handsOff = s.Incidents[n].HandsOff
		all, _ := readBook(filepath.Join(dir, callsFile))
		if !slices.ContainsFunc(all, func(e effect) bool { return e.Incident != id && e.Step == "last" }) {
			return errors.New("nothing else comes to its end")
		}
		return nil
	})
	if err != nil {
		a.fail("%v", err)
	}
	if !strings.Contains(handsOff, "entangled") {
		a.fail("%s is driven though its log has an event that is not understood (hands off: %q)", id, handsOff)
	}
	after, _ := readBook(filepath.Join(dir, callsFile))
	for _, e := range after[min(len(before), len(after)):] {
		if e.Incident == id && e.Way != "notice" {
			a.fail("%s reached the world though nobody knows what became of its run", e.Key)
		}
	}
	w.crowd.leave()
	w.stop(p, &a)
	l, err := readStore(context.Background(), w.house.store)
	if err != nil {
		a.fail("%v", err)
		return a
	}
	a.heard(l, w.crowd.acks(), false)
	return a
}

// clocks runs the harness of clock steps: the log of a daemon ends ahead of this machine's clock. A little: deadlines wait, and
// that is said. Far: declarations are left to people, and that is in the log. Its time never goes back.
func clocks(o options) row {
	begun := time.Now()
	r := row{Name: "clock steps"}
	var total audit
	for n := range o.clocks {
		dir := filepath.Join(o.dir, fmt.Sprintf("clock-%d", n))
		a := stepped(o, dir, o.seed+uint64(n), n%2 == 1)
		total.add(a)
		r.Cycles++
		if len(a.wrong) == 0 && !o.keep {
			_ = os.RemoveAll(dir)
		}
	}
	r.Took, r.Wrong, r.Figures = time.Since(begun), total.wrong, total.figures()
	return r
}

const aLittle, far = 5 * time.Second, 10 * time.Minute

func stepped(o options, dir string, seed uint64, farAhead bool) (a audit) {
	w, id, err := withAnOpenIncident(o, dir, seed)
	if err != nil {
		a.fail("%v", err)
		return a
	}
	ahead := aLittle
	if farAhead {
		ahead = far
	}
	kind, data, err := incident.Encode(incident.Noted{By: incident.Actor{Person: people[0]}, Text: "the clock was ahead"})
	if err == nil {
		err = appendTo(w.house, func(e *journal.Envelope) {
			e.At = time.Now().UTC().Add(ahead)
			e.Entries = []journal.Entry{{Incident: id, Kind: string(kind), Data: data}}
		})
	}
	if err != nil {
		a.fail("%v", err)
		w.end()
		return a
	}
	w.skew = 2 * time.Second // that much nobody waits for
	begin := time.Now()
	p, err := w.house.start(o.program, "")
	if err == nil {
		err = w.house.await(p, 30*time.Second)
	}
	if err != nil {
		a.fail("%v: %s", err, p.lastWords())
		w.end()
		return a
	}
	if err := until(3*time.Second, "it says that its clock is behind", func() error {
		s, err := w.rawStatus()
		if err != nil {
			return err
		}
		if farAhead && !s.Armed && strings.Contains(s.Disarmed, "clock") {
			return nil
		}
		for _, check := range s.Ready {
			if !check.OK && strings.Contains(check.Detail, "clock") {
				return nil
			}
		}
		return fmt.Errorf("it says %+v, armed %v %s", s.Ready, s.Armed, s.Disarmed)
	}); err != nil {
		a.fail("%v", err)
	}
	if !farAhead {
		if err := until(aLittle+5*time.Second, "it is ready once its clock has caught up", func() error {
			if said := notReady(w.house.url()); said != "" {
				return errors.New(said)
			}
			return nil
		}); err != nil {
			a.fail("%v", err)
		}
		if waited := time.Since(begin); waited < aLittle-2500*time.Millisecond {
			a.fail("it went on %s before its clock had caught up", aLittle-waited)
		}
		w.crowd.gather()
		time.Sleep(500 * time.Millisecond)
		a.add(w.finish(p))
		return a
	}
	defer w.end()
	w.stop(p, &a)
	l, err := readStore(context.Background(), w.house.store)
	if err != nil {
		a.fail("%v", err)
		return a
	}
	d := a.judged(l)
	if !slices.ContainsFunc(d.events, func(e journal.Entry) bool { return e.Kind == string(incident.KindDisarmed) }) {
		a.fail("a clock that was put back by %s left nobody disarmed", far)
	}
	return a
}

// rawStatus is the status of a daemon that is not ready.
func (w *world) rawStatus() (s console.Status, err error) {
	body, err := w.crowd.api().send(context.Background(), "GET", "/api/v1/status", "", nil)
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(body, &s)
}

// slow runs the harness of slow disks: an append takes seconds. That is said, nothing is decided meanwhile by halves, and
// afterwards all goes on.
func slow(o options) row {
	begun := time.Now()
	r := row{Name: "slow disk"}
	var total audit
	for n := range o.slows {
		dir := filepath.Join(o.dir, fmt.Sprintf("slow-%d", n))
		w, err := newWorld(o.program, dir, "", o.seed+uint64(n), nil)
		if err != nil {
			total.fail("%v", err)
			break
		}
		var planted []string
		for index := 6; index < 12; index++ {
			planted = append(planted, fmt.Sprintf("journal/put@%d=sleep(2500ms)", index))
		}
		w.crowd.gather()
		p, err := w.house.start(o.program, strings.Join(planted, ";"))
		if err == nil {
			err = w.house.await(p, 40*time.Second)
		}
		var a audit
		if err != nil {
			a.fail("%v", err)
		}
		if err := until(20*time.Second, "it says that its journal is slow", func() error {
			if s, err := w.rawStatus(); err == nil && slices.ContainsFunc(s.Ready, func(c console.Check) bool { return strings.Contains(c.Detail, "slow") }) {
				return nil
			}
			return errors.New("it does not")
		}); err != nil {
			a.fail("%v", err)
		}
		if err := until(40*time.Second, "it is ready again", func() error {
			if said := notReady(w.house.url()); said != "" {
				return errors.New(said)
			}
			return nil
		}); err != nil {
			a.fail("%v", err)
		}
		a.add(w.finish(p))
		for i := range a.wrong {
			a.wrong[i] += "  [" + dir + "]"
		}
		total.add(a)
		r.Cycles++
	}
	r.Took, r.Wrong, r.Figures = time.Since(begun), total.wrong, total.figures()
	return r
}
