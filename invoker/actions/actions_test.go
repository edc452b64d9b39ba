package actions

import (
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server/ats"
	"go.uber.org/goleak"

	"holdfast/incident"
	"holdfast/playbooks"
)

// TestMain starts the server's shared clock outside every bubble of virtual time.
func TestMain(m *testing.M) {
	if dir := os.Getenv(beADaemon); dir != "" { // the process that a test kills
		daemon(dir)
		return
	}
	ats.Register()
	code := m.Run()
	ats.Unregister()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// hands are hands that may do what the test's configuration says.
func hands(t *testing.T, c Config) *Hands {
	t.Helper()
	h, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// at is the allow-list entry for a test server.
func at(t *testing.T, s *httptest.Server) Target {
	t.Helper()
	target, err := ParseTarget(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// effect is a machine step's effect, with time enough for a slow machine.
func effect(do playbooks.Run) incident.Effect {
	return incident.Effect{
		Key: "payments-api-0412/1/fence/1", Incident: "payments-api-0412", Run: "1", Step: "fence",
		Attempt: 2, Epoch: 7, Until: time.Now().Add(time.Minute), Do: &do,
	}
}

func expect(t *testing.T, r incident.Result, want incident.Outcome, reason string) {
	t.Helper()
	if r.Outcome != want || !strings.Contains(r.Reason, reason) {
		t.Errorf("outcome %q (%s), want %q with a reason that says %q", r.Outcome, r.Reason, want, reason)
	}
}

func TestAConfigurationThatCannotBeMeantIsRefused(t *testing.T) {
	for name, c := range map[string]Config{
		"a command by a bare name":       {Commands: map[string]Command{"x": {Argv: []string{"sh"}}}},
		"a command without a program":    {Commands: map[string]Command{"x": {}}},
		"a command in a relative folder": {Commands: map[string]Command{"x": {Argv: []string{"/bin/sh"}, Dir: "tmp"}}},
		"every subject":                  {Subjects: []string{">"}},
		"any first word":                 {Subjects: []string{"*.promote"}},
		"NATS' own subjects":             {Subjects: []string{"$JS.>"}},
		"holdfast's own logs":            {Subjects: []string{"holdfast.>"}},
		"words after the last":           {Subjects: []string{"ledger.>.promote"}},
		"an empty word":                  {Subjects: []string{"ledger..promote"}},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestAnEffectWithNothingToDoFails(t *testing.T) {
	expect(t, hands(t, Config{}).Carry(t.Context(), effect(playbooks.Run{})), incident.Failed, "nothing to carry out")
}
