package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"holdfast/console"
	"holdfast/incident"
)

// typed runs a client command as it is typed, and gives what it wrote, what it said in the end, and its exit code.
func typed(t *testing.T, args ...string) (out, said string, code int) {
	t.Helper()
	root := &cobra.Command{Use: "holdfast", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(clientCommands()...)
	var stdout, stderr bytes.Buffer
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	root.SetArgs(args)
	code = report(&stderr, root.ExecuteContext(t.Context()))
	return stdout.String(), stderr.String(), code
}

// withToken makes a token file the identity of the commands that follow.
func withToken(t *testing.T, token string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(envTokenFile, file)
	t.Setenv(envToken, "")
}

// A daemon that answers as it is told.
func daemon(t *testing.T, answer http.HandlerFunc) {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	t.Setenv(envServer, s.URL)
	t.Setenv(envTokenFile, "")
	t.Setenv(envToken, "")
}

func says(v any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v) // who asks tells what is missing
	}
}

func refuses(p console.Problem) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(p.Status)
		_ = json.NewEncoder(w).Encode(p)
	}
}

func TestAnOrderCarriesAnIdentity(t *testing.T) {
	var sent incident.Command
	var bearer string
	daemon(t, func(w http.ResponseWriter, r *http.Request) {
		bearer = r.Method + " " + r.URL.Path + " " + r.Header.Get("Authorization")
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &sent); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, `{"changes":[{"incident":"booking-1","kind":"acknowledged","event":{"run":"1","step":"page","by":{"person":"nora"}}}]}`)
	})
	withToken(t, "t0ken")
	out, said, code := typed(t, "ack", "booking-1", "page")
	if code != 0 || said != "" {
		t.Fatalf("exit code %d: %s", code, said)
	}
	if bearer != "POST /api/v1/commands Bearer t0ken" {
		t.Errorf("sent %s", bearer)
	}
	if diff := cmp.Diff(incident.Command{Verb: "ack", Incident: "booking-1", Step: "page"}, sent); diff != "" {
		t.Error(diff)
	}
	if want := "booking-1: nora acknowledged step page of run 1.\n"; out != want {
		t.Errorf("wrote %q", out)
	}
}

func TestEveryOrderSaysWhatWasTyped(t *testing.T) {
	until := time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC)
	for line, want := range map[string]incident.Command{
		"done a 1/assess -a eta=6h -a by=x=y --evidence T-1 -r ok": {Verb: "done", Incident: "a", Step: "1/assess", Reason: "ok", Evidence: "T-1", Answers: map[string]string{"eta": "6h", "by": "x=y"}},
		"approve a":    {Verb: "approve", Incident: "a"},
		"approve a go": {Verb: "approve", Incident: "a", Step: "go", Digest: "sha256:shown"},
		"approve a go --digest sha256:seen -r ok":         {Verb: "approve", Incident: "a", Step: "go", Digest: "sha256:seen", Reason: "ok"},
		"decline a go -r no":                              {Verb: "decline", Incident: "a", Step: "go", Reason: "no"},
		"decline a --until 2026-11-23T16:00:00Z -r later": {Verb: "decline", Incident: "a", Reason: "later", Until: until},
		"failed a x -r broken":                            {Verb: "failed", Incident: "a", Step: "x", Reason: "broken"},
		"cannot a x -r impossible":                        {Verb: "cannot", Incident: "a", Step: "x", Reason: "impossible"},
		"retry a x -r again":                              {Verb: "retry", Incident: "a", Step: "x", Reason: "again"},
		"skip a x -r unneeded":                            {Verb: "skip", Incident: "a", Step: "x", Reason: "unneeded"},
		"declare a -r lost":                               {Verb: "declare", Incident: "a", Reason: "lost"},
		"declare -s pay -s book -r lost":                  {Verb: "declare", Services: []string{"pay", "book"}, Reason: "lost"},
		"invoke a move -s pay -r better":                  {Verb: "invoke", Incident: "a", Playbook: "move", Services: []string{"pay"}, Reason: "better"},
		"stand-down a -r over":                            {Verb: "stand-down", Incident: "a", Reason: "over"},
		"arm -r ready":                                    {Verb: "arm", Reason: "ready"},
		"disarm -r exercise":                              {Verb: "disarm", Reason: "exercise"},
		"note a the provider called":                      {Verb: "note", Incident: "a", Reason: "the provider called"},
	} {
		var sent incident.Command
		daemon(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet { // what is shown, before it is approved
				_, _ = io.WriteString(w, `{"runs":[{"id":"1","steps":[{"id":"go","status":"waiting","release":{"digest":"sha256:shown"}}]}]}`)
				return
			}
			if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
				t.Error(err)
			}
			_, _ = io.WriteString(w, `{"changes":[]}`)
		})
		withToken(t, "t0ken")
		if _, said, code := typed(t, strings.Fields(line)...); code != 0 {
			t.Errorf("%s: exit code %d: %s", line, code, said)
		}
		if diff := cmp.Diff(want, sent); diff != "" {
			t.Errorf("%s:\n%s", line, diff)
		}
	}
}

func TestWhatTheDaemonSaysBecomesAnExitCode(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 5, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		problem console.Problem
		code    int
		said    string
	}{
		"refused": {console.Problem{Status: 409, Detail: "go was already approved", By: &incident.Actor{Person: "tom"}, At: at}, exitRefused,
			"holdfast: error: refused: go was already approved (by tom at 2026-11-23 09:05:00Z)\n"},
		"refused, and says by whom": {console.Problem{Status: 409, Detail: "declared by tom at 09:05", By: &incident.Actor{Person: "tom"}, At: at}, exitRefused,
			"holdfast: error: refused: declared by tom at 09:05\n"},
		"nobody":     {console.Problem{Status: 401, Detail: "nobody has this token", Hint: "make one"}, exitRefused, "holdfast: error: nobody has this token\nholdfast: hint: make one\n"},
		"not there":  {console.Problem{Status: 404, Detail: `there is no incident "a"`, Hint: "open: b"}, exitNotFound, "holdfast: error: there is no incident \"a\"\nholdfast: hint: open: b\n"},
		"misread":    {console.Problem{Status: 400, Detail: "this is no command"}, exitUsage, "holdfast: error: this is no command\n"},
		"no journal": {console.Problem{Status: 503, Detail: "not recorded"}, exitFailure, "holdfast: error: not recorded\n"},
		"hostile":    {console.Problem{Status: 404, Detail: "\x1b[2J\u202egone\nholdfast: hint: rm -rf"}, exitNotFound, "holdfast: error: [2Jgone\n  holdfast: hint: rm -rf\n"},
	} {
		daemon(t, refuses(c.problem))
		withToken(t, "t0ken")
		_, said, code := typed(t, "approve", "a", "go")
		if code != c.code || said != c.said {
			t.Errorf("%s: exit code %d, said %q", name, code, said)
		}
	}
}

func TestNoOrderIsSentForNobody(t *testing.T) {
	daemon(t, func(http.ResponseWriter, *http.Request) { t.Error("something was sent") })
	_, said, code := typed(t, "ack", "a", "page")
	if code != exitUsage || !strings.Contains(said, "who you are") || !strings.Contains(said, "hint: name the file") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

func TestATokenDoesNotTravelReadable(t *testing.T) {
	withToken(t, "t0ken")
	_, said, code := typed(t, "status", "--server", "http://holdfast.example:9464")
	if code != exitUsage || !strings.Contains(said, "readable") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

func TestATokenDoesNotFollowARedirect(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("followed with %q", r.Header.Get("Authorization"))
	}))
	t.Cleanup(elsewhere.Close)
	daemon(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	withToken(t, "t0ken")
	if _, said, code := typed(t, "status"); code != exitFailure || !strings.Contains(said, "307") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

func TestATokenFileHoldsATokenAndNothingElse(t *testing.T) {
	daemon(t, func(http.ResponseWriter, *http.Request) { t.Error("something was sent") })
	for _, content := range []string{"", "\n", "two words", "token: x"} {
		withToken(t, content)
		if _, said, code := typed(t, "ack", "a", "b"); code != exitUsage || !strings.Contains(said, "holds no token") {
			t.Errorf("%q: exit code %d: %s", content, code, said)
		}
	}
	t.Setenv(envTokenFile, "/nowhere/token")
	if _, said, code := typed(t, "ack", "a", "b"); code != exitUsage || !strings.Contains(said, "read your token") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

func TestNoDaemonIsUnreachable(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	_, said, code := typed(t, "status", "--server", s.URL)
	if code != exitUnreachable || !strings.Contains(said, "no daemon answers at "+s.URL) || !strings.Contains(said, "holdfast serve") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

func TestADaemonThatDoesNotAnswerTimesOut(t *testing.T) {
	release := make(chan struct{})
	daemon(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	if _, said, code := typed(t, "status", "--timeout", "20ms"); code != exitTimedOut || !strings.Contains(said, "did not answer in time") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

func TestSomethingElseIsToldApart(t *testing.T) {
	daemon(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(404)
		_, _ = io.WriteString(w, "<html>nginx")
	})
	_, said, code := typed(t, "status")
	if code != exitFailure || !strings.Contains(said, "is it a holdfast daemon") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

func TestWrongWordsAreUsage(t *testing.T) {
	daemon(t, func(http.ResponseWriter, *http.Request) { t.Error("something was sent") })
	withToken(t, "t0ken")
	for _, line := range []string{"status -o yaml", "status --color sometimes", "status --server host:9464", "status --server ftp://host", "decline a go", "declare -r x",
		"declare a -s b -r x", "invoke a b -r x", "done a b -a nothing", "done a b -a x=1 -a x=2", "decline a --until tomorrow -r x", "incident a --wait-for luck", "incident --wait-for closed", "oncall --at noon"} {
		if _, said, code := typed(t, strings.Fields(line)...); code != exitUsage || !strings.Contains(said, "holdfast: hint: ") && !strings.Contains(line, "x=2") {
			t.Errorf("%s: exit code %d: %s", line, code, said)
		}
	}
}

func TestJSONIsWhatTheDaemonSaidAndCannotDriveATerminal(t *testing.T) {
	daemon(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "{\"organisation\":\"\u202eA\u009b2J\U000e0001\",\"more\":1}")
	})
	out, said, code := typed(t, "status", "-o", "json")
	if code != 0 {
		t.Fatal(said)
	}
	if want := "{\n  \"organisation\": \"\\u202eA\\u009b2J\\udb40\\udc01\",\n  \"more\": 1\n}\n"; out != want {
		t.Errorf("wrote %q", out)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(out), &got); err != nil || got["organisation"] != "\u202eA\u009b2J\U000e0001" {
		t.Errorf("no longer the same JSON: %v, %v", got, err)
	}
}

func incidentOnDay(change func(*console.Incident)) console.Incident {
	at := func(minute int) time.Time { return time.Date(2026, 11, 23, 9, minute, 0, 0, time.UTC) }
	i := console.Incident{Now: at(10)}
	i.ID, i.Opened = "booking-1", at(0)
	i.Recoveries = []incident.Recovery{{Service: "booking", Since: at(0)}}
	i.Recoveries[0].Clocks.Deadline, i.Recoveries[0].Clocks.DeadlineBy = at(30), "rto"
	if change != nil {
		change(&i)
	}
	return i
}

func TestWaitingEndsAsItShould(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 11, 23, 9, minute, 0, 0, time.UTC) }
	for name, c := range map[string]struct {
		goal   string
		become func(*console.Incident)
		code   int
	}{
		"recovered in time":     {"recovered", func(i *console.Incident) { i.Recoveries[0].Restored = at(20) }, exitFine},
		"recovered late":        {"recovered", func(i *console.Incident) { i.Recoveries[0].Restored = at(40); i.Recoveries[0].Missed = at(30) }, exitMissed},
		"declared":              {"declared", func(i *console.Incident) { i.DeclaredAt = at(5) }, exitFine},
		"closed":                {"closed", func(i *console.Incident) { i.Closed = at(50); i.Recoveries[0].Restored = at(20) }, exitFine},
		"closed, not declared":  {"declared", func(i *console.Incident) { i.Closed = at(50) }, exitFailure},
		"closed, not recovered": {"recovered", func(i *console.Incident) { i.Closed = at(50) }, exitFailure},
		"nothing":               {"recovered", nil, exitTimedOut},
	} {
		daemon(t, says(incidentOnDay(c.become)))
		if _, said, code := typed(t, "incident", "booking-1", "--wait-for", c.goal, "--timeout", "50ms"); code != c.code {
			t.Errorf("%s: exit code %d: %s", name, code, said)
		}
	}
}

func TestStepsCompleteThemselves(t *testing.T) {
	daemon(t, says(console.Status{Incidents: []console.IncidentStatus{{ID: "booking-1", Summary: "north\x1b lost", Runs: []console.RunStatus{{Waiting: []console.WaitingStep{{Step: "go", Kind: "decide", Text: "Move?"}}}}}}}))
	out, _, _ := typed(t, "__complete", "approve", "")
	if !strings.HasPrefix(out, "booking-1\tnorth lost\n") {
		t.Errorf("incidents complete as %q", out)
	}
	out, _, _ = typed(t, "__complete", "approve", "booking-1", "")
	if !strings.HasPrefix(out, "go\tdecide: Move?\n") {
		t.Errorf("steps complete as %q", out)
	}
}
