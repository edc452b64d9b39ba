package embedded

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A store that is damaged in the wrong byte makes nats-server loop for ever and take all memory there is, and in process
// that is the daemon's loop and the daemon's memory: on every start, on the day of the disaster. So a child of the same
// program opens and closes the store first. It may be killed.

// ErrDamaged says that the store cannot be opened, or makes the server hang or grow without bound.
var ErrDamaged = errors.New("the store is damaged")

// Limits of the child.
const (
	probePatience = 20 * time.Second
	patiencePer   = 100 << 20 // bytes beyond the first GiB for which it has another second: after a crash all are read
	probeMemory   = 1 << 30
)

// A finding is what the child says on its standard output. Saying nothing, it died.
type finding struct {
	Damaged string `json:"damaged,omitempty"` // in what way; empty: it is not
	Other   string `json:"other,omitempty"`   // what else keeps it from being opened; the daemon will find out itself
}

// Examine has a child open and close the store: command is one that runs [Probe] on it. ErrDamaged: it must not be opened by
// this process. Where the child cannot be run, nothing is known against the store.
//
// A store that is not there yet is whole, and so is one that cannot be opened for a reason that the daemon will meet itself,
// such as another process that holds it. A child that dies without a word is given a second try: what killed it may have
// been meant for somebody else.
func Examine(ctx context.Context, store string, command func(context.Context) *exec.Cmd) (err error) {
	if _, err := os.Stat(filepath.Join(store, "jetstream")); err != nil {
		return nil //nolint:nilerr // what cannot be found is not damaged
	}
	ctx, cancel := context.WithTimeout(ctx, patienceFor(store))
	defer cancel()
	for range 2 {
		var died bool
		if died, err = examine(ctx, command(ctx)); !died {
			return err
		}
	}
	return err
}

func examine(ctx context.Context, child *exec.Cmd) (died bool, err error) {
	var out, said bytes.Buffer
	child.Stdout, child.Stderr = &out, &said
	here, err := child.StdinPipe() // is closed when this process ends, however it does
	if err != nil {
		return false, nil //nolint:nilerr // the daemon opens it all the same
	}
	defer func() { _ = here.Close() }()
	start := time.Now()
	if err := child.Start(); err != nil {
		return false, nil //nolint:nilerr // the daemon opens it all the same
	}
	end := child.Wait()
	var f finding
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return false, ctx.Err()
	case ctx.Err() != nil:
		return false, fmt.Errorf("%w: it could not be opened and closed within %s", ErrDamaged, time.Since(start).Round(time.Second))
	case json.Unmarshal(out.Bytes(), &f) != nil:
		first, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
		return true, fmt.Errorf("%w: opening it ends the process that does (%w: %s)", ErrDamaged, errors.Join(end, errSilent), first)
	case f.Damaged != "":
		return false, fmt.Errorf("%w: %s", ErrDamaged, f.Damaged)
	}
	return false, nil
}

// errSilent is of a child that ended without saying what it found.
var errSilent = errors.New("it said nothing")

// patienceFor is how long opening a store may take.
func patienceFor(store string) time.Duration {
	var size int64
	_ = filepath.WalkDir(filepath.Join(store, "jetstream"), func(_ string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil //nolint:nilerr // what cannot be counted does not count
		}
		if info, err := entry.Info(); err == nil {
			size += info.Size()
		}
		return nil
	})
	return probePatience + time.Duration(max(0, size-1<<30)/patiencePer)*time.Second
}

// Probe is what the child does: it opens the store, loads the blocks that look odd, closes it, and says what it found. When whoever
// sent it is gone it ends, since it holds the store, and the next daemon would find it held.
func Probe(ctx context.Context, store string) error {
	debug.SetMemoryLimit(probeMemory)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	say := func(f finding) error { return json.NewEncoder(os.Stdout).Encode(f) }
	go watchMemory(ctx, func(bytes uint64) {
		_ = say(finding{Damaged: fmt.Sprintf("opening it takes more than %d MiB of memory", bytes>>20)})
		os.Exit(0)
	})
	odd, err := suspects(store)
	if err == nil {
		err = probe(ctx, store, odd)
	}
	switch {
	case errors.Is(err, ErrDamaged):
		return say(finding{Damaged: strings.TrimPrefix(err.Error(), ErrDamaged.Error()+": ")})
	case err != nil:
		return say(finding{Other: err.Error()})
	}
	return say(finding{})
}

func probe(ctx context.Context, store string, odd []suspect) error {
	s, err := Start(Options{Store: store, Listen: None})
	if err != nil {
		return err
	}
	if err := s.answers(ctx, store, odd); err != nil {
		return err // what hangs cannot be stopped; the process is about to end
	}
	return s.Stop()
}

// answers looks whether every stream on disk is one that the server has, and whether it can load what looks odd.
func (s *Server) answers(ctx context.Context, store string, odd []suspect) error {
	nc, err := s.Connect()
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	dirs, err := filepath.Glob(filepath.Join(store, "jetstream", holdfast, "streams", "*"))
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		if _, err := js.Stream(ctx, filepath.Base(dir)); err != nil {
			return fmt.Errorf("%w: stream %s is on disk, and the server does not have it: %w", ErrDamaged, filepath.Base(dir), err)
		}
	}
	for _, o := range odd {
		if err := load(ctx, js, o); err != nil {
			return err
		}
	}
	return nil
}

// load has the server load one block. That a message is gone is not for it to judge.
func load(ctx context.Context, js jetstream.JetStream, o suspect) error {
	stream, err := js.Stream(ctx, o.stream)
	if err == nil {
		_, err = stream.GetMsg(ctx, o.first)
	}
	if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return fmt.Errorf("%w: stream %s: %s, and the server does not get over that: %w", ErrDamaged, o.stream, o.why, err)
	}
	return nil
}

// watchMemory calls once this process has more than it should.
func watchMemory(ctx context.Context, over func(bytes uint64)) {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(20 * time.Millisecond):
		}
		metrics.Read(sample)
		if sample[0].Value.Uint64()-sample[1].Value.Uint64() > probeMemory {
			over(probeMemory)
			return
		}
	}
}
