package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// A rot is one way in which a store decays while nobody looks.
type rot struct {
	name string
	// spoil damages one file of the store, and says what it did.
	spoil func(draw *rand.Rand, store string) (string, error)
}

// rots are all of them; each store gets the next.
var rots = []rot{
	{"a flipped bit", func(draw *rand.Rand, store string) (string, error) { return flip(draw, store, "*.blk") }},
	{"a flipped bit, index gone", func(draw *rand.Rand, store string) (string, error) {
		if err := drop(store, "index.db"); err != nil {
			return "", err
		}
		return flip(draw, store, "*.blk")
	}},
	{"truncated", func(draw *rand.Rand, store string) (string, error) { return truncate(draw, store, "*.blk") }},
	{"truncated, index gone", func(draw *rand.Rand, store string) (string, error) {
		if err := drop(store, "index.db"); err != nil {
			return "", err
		}
		return truncate(draw, store, "*.blk")
	}},
	{"index gone", func(_ *rand.Rand, store string) (string, error) {
		return "index.db of each stream", drop(store, "index.db")
	}},
	{"a flipped bit in an index", func(draw *rand.Rand, store string) (string, error) { return flip(draw, store, "index.db") }},
	{"a block of zeroes", zeroes},
	{"a block gone", func(draw *rand.Rand, store string) (string, error) {
		file, err := pick(draw, store, "*.blk")
		if err != nil {
			return "", err
		}
		return file, os.Remove(filepath.Join(store, file))
	}},
	{"a flipped bit in a description", func(draw *rand.Rand, store string) (string, error) { return flip(draw, store, "meta.inf") }},
	{"a flipped bit in the noted head", func(draw *rand.Rand, store string) (string, error) { return flip(draw, store, "holdfast-head") }},
}

// pick draws a file of a name in the store that is not empty.
func pick(draw *rand.Rand, store, name string) (string, error) {
	var found []string
	err := filepath.WalkDir(store, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if ok, _ := filepath.Match(name, d.Name()); ok && err == nil && info.Size() > 0 {
			rel, _ := filepath.Rel(store, path)
			found = append(found, rel)
		}
		return err
	})
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("the store has no %s", name)
	}
	if err != nil {
		return "", err
	}
	return found[draw.IntN(len(found))], nil
}

func flip(draw *rand.Rand, store, name string) (string, error) {
	file, err := pick(draw, store, name)
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(store, file))
	if err != nil {
		return "", err
	}
	at, bit := draw.IntN(len(text)), draw.IntN(8)
	text[at] ^= 1 << bit
	return fmt.Sprintf("%s, byte %d of %d, bit %d", file, at, len(text), bit), os.WriteFile(filepath.Join(store, file), text, 0o600)
}

func truncate(draw *rand.Rand, store, name string) (string, error) {
	file, err := pick(draw, store, name)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(filepath.Join(store, file))
	if err != nil {
		return "", err
	}
	to := draw.Int64N(info.Size())
	return fmt.Sprintf("%s, %d of %d bytes left", file, to, info.Size()), os.Truncate(filepath.Join(store, file), to)
}

func zeroes(draw *rand.Rand, store string) (string, error) {
	file, err := pick(draw, store, "*.blk")
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(store, file))
	if err != nil {
		return "", err
	}
	at := draw.IntN(len(text)) / 512 * 512
	clear(text[at:min(len(text), at+512)])
	return fmt.Sprintf("%s, 512 bytes from %d of %d", file, at, len(text)), os.WriteFile(filepath.Join(store, file), text, 0o600)
}

func drop(store, name string) error {
	return filepath.WalkDir(store, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Name() == name {
			return os.Remove(path)
		}
		return err
	})
}

// loudWithin is how long a daemon may take until it is ready or has said that it cannot be.
const loudWithin = 30 * time.Second

// decay runs the harness of damaged stores: copies of a store that was used in earnest are damaged, each in one place, and each
// time the daemon has to notice, or nothing may be missing.
func decay(o options) row {
	begun := time.Now()
	r := row{Name: "corrupted stores"}
	base, whole, err := usedStore(o)
	if err != nil {
		r.Wrong, r.Took = []string{err.Error()}, time.Since(begun)
		return r
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	var loud []time.Duration
	counts := map[string]int{}
	numbers := make(chan int)
	for range o.workers {
		all.Go(func() {
			for n := range numbers {
				v := judge(o, base, whole, n)
				mu.Lock()
				r.Cycles++
				counts[v.kind]++
				loud = append(loud, v.loud)
				counts["copies"] += v.copies
				if v.wrong != "" {
					r.Wrong = append(r.Wrong, v.wrong)
				}
				mu.Unlock()
			}
		})
	}
	for n := range o.rots {
		numbers <- n
	}
	close(numbers)
	all.Wait()
	r.Took = time.Since(begun)
	for _, kind := range []string{detected, harmless, undetected} {
		r.Figures = append(r.Figures, figure{kind, fmt.Sprint(counts[kind])})
	}
	r.Figures = append(r.Figures, figure{"dead letters gone, whose messages are there", fmt.Sprint(counts["copies"])})
	r.Figures = append(r.Figures, figure{"ready or said p50", percentile(loud, 50).String()}, figure{"most", percentile(loud, 100).String()})
	return r
}

// usedStore is a store in which a crowd has lived, with a death and a reload or two, and what it holds.
func usedStore(o options) (*world, logs, error) {
	w, err := newWorld(o.program, filepath.Join(o.dir, "rot"), "", o.seed, nil)
	if err != nil {
		return nil, logs{}, err
	}
	w.crowd.gather()
	p, err := w.house.start(o.program, "")
	for range 2 {
		if err != nil {
			return nil, logs{}, err
		}
		time.Sleep(1200 * time.Millisecond)
		p.kill()
		p, err = w.house.start(o.program, "")
	}
	if err != nil {
		return nil, logs{}, err
	}
	a := w.finish(p)
	if len(a.wrong) > 0 {
		return nil, logs{}, fmt.Errorf("before anything is damaged: %s", strings.Join(a.wrong, "; "))
	}
	l, err := readStore(context.Background(), w.house.store)
	return w, l, err
}

// What became of a damaged store.
const (
	detected   = "detected"
	harmless   = "harmless"
	undetected = "undetected"
)

type verdict struct {
	kind  string
	loud  time.Duration // until it was ready, or had said that it cannot be
	wrong string

	copies int // dead letters that are gone, of messages that the alert log still holds
}

func judge(o options, base *world, whole logs, n int) (v verdict) {
	draw := rand.New(rand.NewPCG(o.seed, uint64(n)))
	dir := filepath.Join(o.dir, fmt.Sprintf("rot-%d", n))
	h := *base.house
	h.dir, h.store, h.natsPort = dir, filepath.Join(dir, "nats"), 0
	rot := rots[n%len(rots)]
	fail := func(format string, args ...any) verdict {
		return verdict{kind: undetected, loud: v.loud, wrong: fmt.Sprintf("store %d, %s: ", n, rot.name) + fmt.Sprintf(format, args...) + "  [" + dir + "]"}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fail("%v", err)
	}
	if err := run1("cp", "-a", base.house.store, h.store); err != nil {
		return fail("%v", err)
	}
	if err := h.build(); err != nil {
		return fail("%v", err)
	}
	what, err := rot.spoil(draw, h.store)
	if err != nil {
		return fail("%v", err)
	}
	begun := time.Now()
	p, err := h.start(o.program, "")
	if err != nil {
		return fail("%v", err)
	}
	if err := h.await(p, loudWithin); err != nil {
		p.kill()
		return fail("%s: %v: %s", what, err, p.lastWords())
	}
	v.loud = time.Since(begun)
	if err := h.lookedThrough(p); err != nil {
		p.kill()
		return fail("%s: %v", what, err)
	}
	said := complaint(&h, p)
	p.signal(sigTerm)
	if !p.within(15 * time.Second) {
		p.kill()
		return fail("%s: it did not end within 15 s of SIGTERM", what)
	}
	missing := ""
	if said == "" { // it noticed nothing: then nothing may be missing
		missing, v.copies = lacks(&h, whole)
	}
	o.say("store %d, %s (%s): said %.160q, lacks %.100q", n, rot.name, what, said, missing)
	switch {
	case missing != "":
		return fail("%s: UNDETECTED: %s", what, missing)
	case said != "":
		v.kind = detected
	default:
		v.kind = harmless
	}
	_ = os.RemoveAll(dir)
	return v
}

// complaint is what a daemon says of itself that tells people that not all is well: it ended, it is not ready, it keeps its
// hands off, or it leaves declarations to people.
func complaint(h *house, p *process) string {
	if p.dead() {
		return "ended: " + p.lastWords()
	}
	deadline := time.Now().Add(2 * time.Second)
	for {
		said := notReady(h.url())
		if said == "" || !strings.Contains(said, "backlog") || time.Now().After(deadline) {
			if said != "" {
				return said
			}
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errorsIn(h.log())
}

// notReady is what /-/ready says when it is not.
func notReady(url string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/-/ready", nil)
	if err != nil {
		return err.Error()
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode == http.StatusOK {
		return ""
	}
	return string(body)
}

// errorsIn are what a daemon has logged as errors, and that it was disarmed.
func errorsIn(log string) string {
	f, err := os.Open(log)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = f.Close() }()
	var found []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var line struct{ Level, Message, Kind, Part string }
		if json.Unmarshal(lines.Bytes(), &line) != nil {
			continue
		}
		if line.Level == "error" && line.Part != "nats" || line.Kind == "disarmed" {
			found = append(found, line.Message+" "+line.Kind)
		}
	}
	return strings.Join(found, "; ")
}

// lacks says what of a store is not as it was before it was damaged. Dead letters are copies of what the alert log holds.
func lacks(h *house, whole logs) (missing string, copies int) {
	now, err := readStore(context.Background(), h.store)
	if err != nil {
		return err.Error(), 0
	}
	for of := range whole.dead {
		if now.dead[of] == 0 {
			copies++
		}
	}
	for n, c := range whole.decided {
		if n >= len(now.decided) || now.decided[n].Hash != c.Hash {
			return fmt.Sprintf("envelope %d is gone or another one", c.Sequence), copies
		}
	}
	var gone []uint64
	for sequence, m := range whole.alerts {
		if string(now.alerts[sequence].Body) != string(m.Body) {
			gone = append(gone, sequence)
		}
	}
	if len(gone) > 0 {
		slices.Sort(gone)
		return fmt.Sprintf("alerts %v are gone or other ones", gone[:min(len(gone), 5)]), copies
	}
	return "", copies
}

// lookedThrough waits until a daemon that was up quickly, for it did not hear again what a life before it had heard, has looked
// through that: it is then that it says what is missing.
func (h *house) lookedThrough(p *process) error {
	return until(10*time.Second, "what was not heard anew is looked through", func() error {
		text, err := os.ReadFile(h.log())
		if err != nil {
			return err
		}
		page, err := newAPI(h.url()).send(context.Background(), http.MethodGet, "/metrics", "", nil)
		recalled := regexp.MustCompile(`(?m)^holdfast_start_recalled_alert_messages [1-9]`).Match(page)
		if err != nil || p.dead() || !recalled || strings.Contains(string(text), "looked through the alerts that were not heard anew") {
			return nil //nolint:nilerr // it is in no state to look, has nothing to look through, or has done so
		}
		return errors.New("it has not said so")
	})
}
