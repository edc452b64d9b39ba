package actions

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"pgregory.net/rapid"

	"holdfast/incident"
	"holdfast/oncall"
	"holdfast/playbooks"
)

// rehearsed is an effect of an exercise.
func rehearsed(do playbooks.Run) incident.Effect {
	e := effect(do)
	e.Exercise = incident.Full
	return e
}

func TestAnExerciseDoesNotReachWhatIsForLiveRuns(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the live target was called") }))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "ran")
	h := hands(t, Config{HTTP: []Target{at(t, server)}, Commands: map[string]Command{"promote": {Argv: []string{"/usr/bin/touch", file}}}})
	for what, do := range map[string]playbooks.Run{
		"a target":  {HTTP: &playbooks.HTTP{URL: server.URL}},
		"a command": {Exec: &playbooks.Exec{Command: "promote"}},
	} {
		t.Run(what, func(t *testing.T) {
			r := h.Carry(t.Context(), rehearsed(do))
			expect(t, r, incident.Failed, "it is for live runs only")
			if !r.NoEffect {
				t.Error("it is not said that nothing was sent")
			}
		})
	}
	e := rehearsed(playbooks.Run{})
	e.Do, e.Verify = nil, &playbooks.Verify{HTTP: &playbooks.HTTP{URL: server.URL}}
	expect(t, h.Carry(t.Context(), e), incident.Failed, "it is for live runs only")
	if _, err := os.Stat(file); err == nil {
		t.Error("the live command was run")
	}
}

func TestALiveRunDoesNotReachWhatIsForExercises(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the exercise's target was called") }))
	defer server.Close()
	h := hands(t, Config{Exercise: Reach{HTTP: []Target{at(t, server)}}})
	expect(t, h.Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: server.URL}})), incident.Failed, "allow-list")
}

func TestWhatAnExerciseDoesSaysThatItIsOne(t *testing.T) {
	var mark string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { mark = r.Header.Get("Holdfast-Exercise") }))
	defer server.Close()
	both := at(t, server)
	h := hands(t, Config{HTTP: []Target{both}, Exercise: Reach{HTTP: []Target{both}, Commands: map[string]Command{"env": {Argv: []string{"/usr/bin/env"}}}}})
	call := playbooks.Run{HTTP: &playbooks.HTTP{URL: server.URL}}
	if expect(t, h.Carry(t.Context(), rehearsed(call)), "", ""); mark != "full" {
		t.Errorf("Holdfast-Exercise: %q, want full", mark)
	}
	if expect(t, h.Carry(t.Context(), effect(call)), "", ""); mark != "" {
		t.Errorf("a live call says Holdfast-Exercise: %q", mark)
	}
	r := h.Carry(t.Context(), rehearsed(playbooks.Run{Exec: &playbooks.Exec{Command: "env"}}))
	if expect(t, r, "", ""); !slices.Contains(strings.Split(r.Output, "\n"), "HOLDFAST_EXERCISE=full") {
		t.Errorf("the command was given %q", r.Output)
	}
}

func TestPeopleAreToldOfAnExerciseByTheirOwnChannels(t *testing.T) {
	var mark string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { mark = r.Header.Get("Holdfast-Exercise") }))
	defer server.Close()
	h := hands(t, Config{HTTP: []Target{at(t, server)}, Channels: func(string) []oncall.Channel { return []oncall.Channel{{Webhook: server.URL}} }})
	e := rehearsed(playbooks.Run{})
	e.Do, e.Notice = nil, &incident.Notice{Person: "anna"}
	if expect(t, h.Carry(t.Context(), e), "", ""); mark != "full" {
		t.Errorf("Holdfast-Exercise: %q, want full", mark)
	}
}

// A fate is one of the three ways in which something can be named, a kind of run, and whether they go together.
type fate struct {
	named string
	run   incident.Exercise
}

func (f fate) allowed() bool {
	return f.run == "" && f.named != "exercise" || f.run != "" && f.named != "live"
}

func drawFate(t *rapid.T) fate {
	return fate{
		named: rapid.SampledFrom([]string{"live", "exercise", "both"}).Draw(t, "for"),
		run:   rapid.SampledFrom([]incident.Exercise{"", incident.Tabletop, incident.Simulation, incident.Parallel, incident.Full}).Draw(t, "run"),
	}
}

// judge holds what became of an effect against what may become of it.
func (f fate) judge(t interface{ Fatalf(string, ...any) }, r incident.Result, touched bool) {
	if f.allowed() != (r.Outcome == "") || f.allowed() != touched {
		t.Fatalf("%q run, named for %s: outcome %q (%s), touched %v", f.run, f.named, r.Outcome, r.Reason, touched)
	}
}

// Invariant I15: no effect of an exercise touches what is for live runs only, whatever the step.
func TestNoEffectOfAnExerciseTouchesWhatIsForLiveRunsOnly(t *testing.T) {
	touched := map[string]int{}
	c, urls := Config{Commands: map[string]Command{}, Exercise: Reach{Commands: map[string]Command{}}}, map[string]string{}
	files := t.TempDir()
	for _, named := range []string{"live", "exercise", "both"} {
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { touched[named]++ }))
		defer server.Close()
		urls[named] = server.URL + "/x"
		command := Command{Argv: []string{"/usr/bin/touch", filepath.Join(files, named)}}
		if named != "exercise" {
			c.HTTP, c.Commands[named] = append(c.HTTP, at(t, server)), command
		}
		if named != "live" {
			c.Exercise.HTTP, c.Exercise.Commands[named] = append(c.Exercise.HTTP, at(t, server)), command
		}
	}
	h := hands(t, c)
	rapid.Check(t, func(rt *rapid.T) {
		f := drawFate(rt)
		e := effect(playbooks.Run{})
		e.Exercise, e.Until = f.run, time.Now().Add(10*time.Second)
		before := touched[f.named]
		switch rapid.IntRange(0, 2).Draw(rt, "step") {
		case 0:
			e.Do.HTTP = &playbooks.HTTP{URL: urls[f.named]}
		case 1:
			e.Do, e.Verify = nil, &playbooks.Verify{HTTP: &playbooks.HTTP{URL: urls[f.named]}}
		case 2:
			e.Do.Exec = &playbooks.Exec{Command: f.named}
			_ = os.Remove(filepath.Join(files, f.named))
			r := h.Carry(t.Context(), e)
			_, err := os.Stat(filepath.Join(files, f.named))
			f.judge(rt, r, err == nil)
			return
		}
		f.judge(rt, h.Carry(t.Context(), e), touched[f.named] > before)
	})
}

func TestNoRequestOfAnExerciseGoesToASubjectForLiveRunsOnly(t *testing.T) {
	withNATS(t, func(t *testing.T, nc *nats.Conn) {
		touched := map[string]int{}
		for _, named := range []string{"live", "exercise", "both"} {
			respond(t, nc, "ledger."+named+".promote", func(*nats.Msg) *nats.Msg { touched[named]++; return &nats.Msg{} })
		}
		h := hands(t, Config{Conn: nc, Subjects: []string{"ledger.live.*", "ledger.both.*"}, Exercise: Reach{Subjects: []string{"ledger.exercise.*", "ledger.both.*"}}})
		for _, named := range []string{"live", "exercise", "both"} {
			for _, run := range []incident.Exercise{"", incident.Tabletop, incident.Simulation, incident.Parallel, incident.Full} {
				f, e := fate{named, run}, effect(playbooks.Run{NATS: &playbooks.NATS{Subject: "ledger." + named + ".promote"}})
				e.Exercise = run
				before := touched[named]
				f.judge(t, h.Carry(t.Context(), e), touched[named] > before)
			}
		}
	})
}
