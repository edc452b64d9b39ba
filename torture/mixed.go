package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"holdfast/console"
	"holdfast/incident"
)

// mixed runs the harness of two versions side by side: one is in charge and the other stands by, and they take over from each
// other as in an upgrade and in a rollback. The newer one knows a kind of event that the older does not, and writes it.
//
// The older is this source, and the newer the same with the tag newer, so that it does not depend on what of the history is
// there. With -older COMMIT it is that commit, beside this source with the tag.
func mixed(o options) row {
	begun := time.Now()
	r := row{Name: "two versions side by side"}
	var total audit
	newer, older := filepath.Join(o.dir, "holdfast-newer"), o.program
	err := build(newer, "..", "failpoint,newer")
	if err == nil && o.older != "" {
		older, err = buildCommit(o.dir, o.older)
	}
	if err != nil {
		total.fail("%v", err)
		o.mixed = 0
	}
	var gaps []time.Duration
	for n := range o.mixed {
		dir := filepath.Join(o.dir, fmt.Sprintf("mixed-%d", n))
		s := &succession{o: o, number: n, programs: [2]string{older, newer}}
		if err := s.versions(dir); err != nil {
			s.audit.fail("%v", err)
		}
		for i := range s.audit.wrong {
			s.audit.wrong[i] += "  [" + dir + "]"
		}
		total.add(s.audit)
		gaps = append(gaps, s.gaps...)
		r.Cycles++
		if len(s.audit.wrong) == 0 && !o.keep {
			_ = os.RemoveAll(dir)
		}
	}
	r.Took, r.Wrong = time.Since(begun), total.wrong
	r.Figures = append(total.figures(), figure{"hand-over to next effect p50", percentile(gaps, 50).String()}, figure{"most", percentile(gaps, 100).String()})
	return r
}

// buildCommit builds a daemon of a commit of the history.
func buildCommit(dir, commit string) (program string, err error) {
	source := filepath.Join(dir, "older")
	if err := os.MkdirAll(source, 0o700); err != nil {
		return "", err
	}
	archive := filepath.Join(dir, "older.tar")
	export := exec.CommandContext(context.Background(), "git", "archive", "-o", archive, commit)
	export.Dir = ".."
	if out, err := export.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the commit %s is not in the history that is here (a shallow clone?): %w\n%s", commit, err, out)
	}
	if out, err := exec.CommandContext(context.Background(), "tar", "-xf", archive, "-C", source).CombinedOutput(); err != nil {
		return "", fmt.Errorf("unpack %s: %w\n%s", commit, err, out)
	}
	program = filepath.Join(dir, "holdfast-older")
	return program, build(program, source, "failpoint")
}

// versions goes up, back, and up again: by order, and by a crash.
func (s *succession) versions(dir string) error {
	n, w, err := s.begin(dir)
	if n != nil {
		defer n.kill()
	}
	if err != nil {
		return err
	}
	const older, newer = 0, 1
	w.crowd.turn(s.houses[older].url())
	time.Sleep(500 * time.Millisecond)              // so that something is under way
	if err := s.pass(w, older, false); err != nil { // the upgrade: the older goes, the newer goes on
		return fmt.Errorf("upgrade: %w", err)
	}
	if err := s.start(older, 0); err != nil {
		return err
	}
	id, err := s.entangle(w) // the older one reads it as a standby
	if err != nil {
		return err
	}
	if err := s.pass(w, newer, true); err != nil { // the rollback
		return fmt.Errorf("rollback: %w", err)
	}
	if err := s.shown(w, id); err != nil {
		return err
	}
	if err := s.start(newer, 0); err != nil {
		return err
	}
	if err := s.pass(w, older, true); err != nil {
		return fmt.Errorf("upgrade after a rollback: %w", err)
	}
	if err := s.start(older, 0); err != nil {
		return err
	}
	return s.finish(w, newer, n)
}

// pass ends who is in charge, in order or not, and waits until the other acts.
func (s *succession) pass(w *world, from int, crash bool) error {
	p := s.daemons[from]
	lost := time.Now()
	if crash {
		p.kill()
	} else if p.signal(sigTerm); !p.within(15 * time.Second) {
		return errors.New("it did not end within 15 s of SIGTERM")
	}
	return s.succeed(w, 1-from, lost)
}

// entangle has the newer version write what the older does not know, of an incident that is under way.
func (s *succession) entangle(w *world) (id string, err error) {
	return id, until(15*time.Second, "an incident with a run is entangled", func() error {
		status, err := w.crowd.api().status(context.Background())
		if err != nil {
			return err
		}
		n := slices.IndexFunc(status.Incidents, func(i console.IncidentStatus) bool {
			return slices.ContainsFunc(i.Runs, func(r console.RunStatus) bool { return r.Ended.IsZero() && r.Done < r.Steps/2 })
		})
		if n < 0 {
			return errors.New("nothing has just begun")
		}
		id = status.Incidents[n].ID
		done, err := w.crowd.api().order(context.Background(), w.house.tokens[people[0]], incident.Command{Verb: incident.VerbNote, Incident: id, Reason: "entangle another"})
		if err == nil && len(done.Changes) != 2 {
			err = fmt.Errorf("a note comes to %d events: it is no newer version", len(done.Changes))
		}
		return err
	})
}

// shown wants the older version to show the incident and not to drive it, and everything else to go on.
func (s *succession) shown(w *world, id string) error {
	before, err := readBook(filepath.Join(w.dir, callsFile))
	if err != nil {
		return err
	}
	if err := until(20*time.Second, "the older version shows the incident, and brings another to its end", func() error {
		status, err := w.crowd.api().status(context.Background())
		if err != nil {
			return err
		}
		n := slices.IndexFunc(status.Incidents, func(i console.IncidentStatus) bool { return i.ID == id })
		if n < 0 {
			return fmt.Errorf("%s is not shown", id)
		}
		if why := status.Incidents[n].HandsOff; !strings.Contains(why, "entangled") {
			return fmt.Errorf("%s is driven (hands off: %q)", id, why)
		}
		all, err := readBook(filepath.Join(w.dir, callsFile))
		if err == nil && !slices.ContainsFunc(all[len(before):], func(e effect) bool { return e.Incident != id && e.Step == "last" }) {
			err = errors.New("nothing else comes to its end")
		}
		return err
	}); err != nil {
		return err
	}
	all, err := readBook(filepath.Join(w.dir, callsFile))
	for _, e := range all[len(before):] {
		if e.Incident == id && e.Way != "notice" {
			s.audit.fail("%s reached the world by a version that does not know what became of its run", e.Key)
		}
	}
	return err
}
