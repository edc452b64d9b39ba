package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// A world is a house with its crowd and the world outside, in a directory of its own.
type world struct {
	dir      string
	house    *house
	crowd    *crowd
	recorder *process
	program  string
}

// newWorld builds a world on an embedded server whose store is in a directory; "" is one below the world's own.
func newWorld(program, dir, store string, seed uint64) (*world, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if store == "" {
		store = filepath.Join(dir, "nats")
	}
	w := &world{dir: dir, program: program}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	w.house = &house{dir: dir, store: store, recorder: fmt.Sprintf("http://127.0.0.1:%d", port), effects: dir}
	if err := w.house.build(); err != nil {
		return nil, err
	}
	at := fmt.Sprintf("127.0.0.1:%d", w.house.natsPort)
	if err := w.record(port, "nats://recorder:"+w.house.password+"@"+at); err != nil {
		return nil, err
	}
	w.crowd = newCrowd(w.house, "nats://"+at, seed)
	return w, nil
}

// record starts the world outside.
func (w *world) record(port int, natsURLs string) (err error) {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	w.recorder, err = spawn(filepath.Join(w.dir, "recorder.log"), nil, self, "record", w.dir, fmt.Sprintf("127.0.0.1:%d", port), natsURLs)
	return err
}

// settle lets the daemon run without faults until all that was begun is at its end; what is still open then is stuck.
func (w *world) settle(p *process, patience time.Duration) error {
	w.crowd.calm.Store(true)
	w.crowd.reload.Store(0)
	return until(patience, "every incident comes to its end once nothing goes wrong any more", func() error {
		if p.dead() {
			return errors.New("the daemon ended by itself")
		}
		s, err := w.crowd.api.status(context.Background())
		switch {
		case err != nil:
			return err
		case len(s.Incidents) > 0:
			return fmt.Errorf("%d are open; %s", len(s.Incidents), waiting(s))
		}
		return nil
	})
}

// finish settles, ends everything in order and audits.
func (w *world) finish(p *process) (a audit) {
	defer w.end()
	if err := w.house.await(p, 30*time.Second); err != nil {
		a.fail("%v: %s", err, p.lastWords())
	}
	if err := w.settle(p, 40*time.Second); err != nil {
		a.fail("STUCK: %v", err)
	}
	w.crowd.leave()
	w.stop(p, &a)
	v, err := verify(w.program, w.house.config())
	l, readErr := readStore(context.Background(), w.house.store)
	if readErr != nil {
		a.fail("the store cannot be read: %v", errors.Join(readErr, err))
		return a
	}
	a.whole(l, v, err)
	a.books(w, l, false)
	return a
}

// books holds all that anybody remembers against the logs.
func (a *audit) books(w *world, l logs, fenced bool) {
	a.heard(l, w.crowd.acks(), true)
	d := a.judged(l)
	calls, err := readBook(filepath.Join(w.dir, callsFile))
	commands, alsoErr := readBook(filepath.Join(w.dir, commandsFile))
	if err := errors.Join(err, alsoErr); err != nil {
		a.fail("%v", err)
	}
	a.acted(d, calls, commands, fenced)
	a.obeyed(d, w.crowd.ordered())
}

// stop ends the daemon as a supervisor does.
func (w *world) stop(p *process, a *audit) {
	p.signal(sigTerm)
	if !p.within(15 * time.Second) {
		a.fail("the daemon did not end within 15 s of SIGTERM")
		p.kill()
	}
}

func (w *world) end() { w.recorder.kill() }
