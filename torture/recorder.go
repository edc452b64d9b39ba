package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// An effect is what the world was asked to do, as the world wrote it down: it is on disk before it is answered.
type effect struct {
	At       time.Time `json:"at"`
	Way      string    `json:"way"` // http, nats, exec, notice, verify
	Key      string    `json:"key,omitempty"`
	Incident string    `json:"incident"`
	Run      string    `json:"run,omitempty"`
	Step     string    `json:"step,omitempty"`
	Attempt  int       `json:"attempt"`
	Epoch    uint64    `json:"epoch"`
	Person   string    `json:"person,omitempty"`
	Stale    bool      `json:"stale,omitempty"`  // a higher epoch had called before; it was refused
	PID      int       `json:"pid,omitempty"`    // of a command
	End      bool      `json:"end,omitempty"`    // of a command: it is over
	Beside   string    `json:"beside,omitempty"` // of a command: another one of the same step that still ran when it began
}

// A book is a file of effects. Several processes may add to it.
type book struct {
	mu    sync.Mutex
	file  *os.File
	epoch uint64
}

func openBook(path string) (*book, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	return &book{file: f}, err
}

// write puts an effect on disk, and reports whether a higher epoch had called before.
func (b *book) write(e effect) (stale bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e.At = time.Now().UTC()
	e.Stale = e.Epoch < b.epoch
	b.epoch = max(b.epoch, e.Epoch)
	text, err := json.Marshal(e)
	if err != nil {
		return e.Stale, err
	}
	if _, err := b.file.Write(append(text, '\n')); err != nil {
		return e.Stale, err
	}
	return e.Stale, b.file.Sync()
}

// readBook is all that a book says, in the order in which it was written.
func readBook(path string) (all []effect, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if end := bytes.LastIndexByte(text, '\n'); end >= 0 { // somebody may be writing
		text = text[:end]
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		var e effect
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, e)
	}
	return all, lines.Err()
}

// Books of a world: what came over HTTP and NATS, and what commands wrote.
const (
	callsFile    = "calls.jsonl"
	commandsFile = "commands.jsonl"
)

// record is the process of the world outside: it writes down whatever it is asked, and answers.
func record(dir, listen, natsURLs string) error {
	b, err := openBook(filepath.Join(dir, callsFile))
	if err != nil {
		return err
	}
	nc, err := nats.Connect(natsURLs, nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond), nats.ReconnectJitter(0, 0))
	if err != nil {
		return err
	}
	if _, err := nc.Subscribe("torture.>", func(m *nats.Msg) { answer(b, m) }); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /do/{step}", func(w http.ResponseWriter, r *http.Request) {
		e := of(r.Header.Get)
		e.Way, e.Key = "http", r.Header.Get("Idempotency-Key")
		note(b, w, e)
	})
	mux.HandleFunc("POST /tell", func(w http.ResponseWriter, r *http.Request) {
		var to struct{ Person string }
		if body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20)); err != nil || json.Unmarshal(body, &to) != nil {
			http.Error(w, "whom?", http.StatusBadRequest)
			return
		}
		e := of(r.Header.Get)
		e.Way, e.Key, e.Person = "notice", r.Header.Get("Idempotency-Key"), to.Person
		note(b, w, e)
	})
	mux.HandleFunc("GET /seen", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"seen":true}`) })
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", listen)
	if err != nil {
		return err
	}
	return (&http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}).Serve(l)
}

// of reads the marks that every effect carries.
func of(header func(string) string) effect {
	attempt, _ := strconv.Atoi(header("Holdfast-Attempt"))
	epoch, _ := strconv.ParseUint(header("Holdfast-Epoch"), 10, 64)
	return effect{Incident: header("Holdfast-Incident"), Run: header("Holdfast-Run"), Step: header("Holdfast-Step"), Attempt: attempt, Epoch: epoch}
}

// note writes an effect down and answers it; a fenced target refuses what an older epoch asks.
func note(b *book, w http.ResponseWriter, e effect) {
	switch stale, err := b.write(e); {
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	case stale:
		http.Error(w, "a higher epoch has called since", http.StatusConflict)
	default:
		_, _ = io.WriteString(w, `{"done":true}`)
	}
}

func answer(b *book, m *nats.Msg) {
	e := of(m.Header.Get)
	e.Way, e.Key = "nats", m.Header.Get("Holdfast-Key")
	reply := nats.NewMsg(m.Reply)
	stale, err := b.write(e)
	switch {
	case err != nil:
		reply.Header.Set("Holdfast-Error", err.Error())
	case stale:
		reply.Header.Set("Holdfast-Error", "a higher epoch has called since")
	default:
		reply.Data = []byte(`{"done":true}`)
	}
	_ = m.RespondMsg(reply) // whoever asked may be gone
}

// command is what a step's command does: it writes down that it began, takes a while, and writes down that it is over.
func command(dir, takes string) error {
	b, err := openBook(filepath.Join(dir, commandsFile))
	if err != nil {
		return err
	}
	var number [2]uint64
	for i, name := range []string{"HOLDFAST_ATTEMPT", "HOLDFAST_EPOCH"} {
		if number[i], err = strconv.ParseUint(os.Getenv(name), 10, 64); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	e := effect{Way: "exec", Key: os.Getenv("HOLDFAST_KEY"), Incident: os.Getenv("HOLDFAST_INCIDENT"), Run: os.Getenv("HOLDFAST_RUN"),
		Step: os.Getenv("HOLDFAST_STEP"), Attempt: int(number[0]), Epoch: number[1]}
	e.PID = os.Getpid()
	if e.Beside, err = stillRuns(dir, e); err != nil {
		return err
	}
	if b.epoch, err = highest(dir); err != nil {
		return err
	}
	if stale, err := b.write(e); stale || err != nil {
		return errors.Join(err, errors.New("a higher epoch has called since"))
	}
	pause, err := time.ParseDuration(takes)
	if err != nil {
		return err
	}
	time.Sleep(pause)
	e.End = true
	_, err = b.write(e)
	return err
}

// highest is the highest epoch that any call or command came with.
func highest(dir string) (epoch uint64, err error) {
	for _, file := range []string{callsFile, commandsFile} {
		all, err := readBook(filepath.Join(dir, file))
		if err != nil {
			return 0, err
		}
		for _, e := range all {
			epoch = max(epoch, e.Epoch)
		}
	}
	return epoch, nil
}

// stillRuns is the command of the same step that began before, has not written that it is over, and was not killed.
func stillRuns(dir string, e effect) (string, error) {
	all, err := readBook(filepath.Join(dir, commandsFile))
	if err != nil {
		return "", err
	}
	began := map[int]effect{}
	for _, before := range all {
		if before.Incident != e.Incident || before.Run != e.Run || before.Step != e.Step {
			continue
		}
		if began[before.PID] = before; before.End {
			delete(began, before.PID)
		}
	}
	for pid, before := range began {
		if runs(pid) {
			return fmt.Sprintf("%s#%d", before.Key, before.Attempt), nil
		}
	}
	return "", nil
}

// runs reports whether a process does anything any more: one that is dead and that nobody has asked after is still in the table.
func runs(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z") && !strings.HasPrefix(state, "X")
}
