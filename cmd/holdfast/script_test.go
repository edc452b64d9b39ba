package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite what the scripts expect; review it as prose")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"holdfast": main})
}

// Each script is a session as it is typed: commands, what they print, how they end.
func TestCommandsAsTyped(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			for name, path := range map[string]string{"ROOT": "../..", "EXAMPLE": "../../examples/parcels/continuity", "SCENARIOS": "testdata/scenarios"} {
				absolute, err := filepath.Abs(path)
				if err != nil {
					return err
				}
				env.Setenv(name, absolute)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    exitsWith,
			"metric":   awaitMetric,
			"incident": nameIncident,
			"publish":  publishFile,
			"flip":     flipByte,
			"signal":   signalDaemon,
			"ready":    awaitReady,
			"post":     postFile,
			"until":    awaitOutput,
			"token":    giveToken,
			"printed":  runPrinted,
			"taken":    takePrinted,
			"called":   callGroup,
		},
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// exitsWith (exits) runs a command and wants an exit code: exits 3 holdfast check.
func exitsWith(ts *testscript.TestScript, _ bool, args []string) {
	want, args := args[0], args[1:]
	code := "0"
	if err := ts.Exec(args[0], args[1:]...); err != nil {
		m := exitStatus.FindStringSubmatch(err.Error())
		if m == nil {
			ts.Fatalf("%s: %v", strings.Join(args, " "), err)
		}
		code = m[1]
	}
	if code != want {
		ts.Fatalf("%s: exit code %s, want %s", strings.Join(args, " "), code, want)
	}
}

var exitStatus = regexp.MustCompile(`exit status ([0-9]+)`)

// patient is how long anything a script waits for may take on a slow machine.
const patient = 2 * time.Minute

// awaitReady (ready) waits for a daemon's ready file, and puts its addresses into HOLDFAST_URL and NATS_URL.
func awaitReady(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.MkAbs(args[0])
	for deadline := time.Now().Add(patient); ; time.Sleep(20 * time.Millisecond) {
		var at address
		text, err := os.ReadFile(file)
		if err == nil && json.Unmarshal(text, &at) == nil {
			ts.Setenv("HOLDFAST_URL", at.HTTP)
			ts.Setenv("NATS_URL", at.NATS)
			ts.Setenv("DAEMON", strconv.Itoa(at.PID))
			ts.Check(os.Remove(file))
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("no daemon got ready within %s: %v", patient, err)
		}
	}
}

// postFile (post) sends a file to a path of the daemon, as JSON, with the token in a file where one is named:
// post alert.json /api/v1/alerts/alertmanager 200 prom.token.
func postFile(ts *testscript.TestScript, _ bool, args []string) {
	token := ""
	if len(args) > 3 {
		token = strings.TrimSpace(ts.ReadFile(args[3]))
	}
	status, answer := askAs(ts, token, http.MethodPost, args[1], ts.ReadFile(args[0]))
	if !strings.HasPrefix(status, args[2]+" ") {
		ts.Fatalf("POST %s: %s, want %s: %s", args[1], status, args[2], answer)
	}
}

// ask sends the daemon a request.
func ask(ts *testscript.TestScript, method, path, body string) (status, answer string) {
	return askAs(ts, "", method, path, body)
}

// askAs does so with a token.
func askAs(ts *testscript.TestScript, token, method, path, body string) (status, answer string) {
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, ts.Getenv("HOLDFAST_URL")+path, strings.NewReader(body))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	text, err := io.ReadAll(res.Body)
	ts.Check(errors.Join(err, res.Body.Close()))
	return res.Status, string(text)
}

// publishFile sends a file over NATS, as anybody on this machine may, and wants it stored: publish alert.json holdfast.alerts.prom.
func publishFile(ts *testscript.TestScript, _ bool, args []string) {
	nc, err := nats.Connect(ts.Getenv("NATS_URL"))
	ts.Check(err)
	defer nc.Close()
	answer, err := nc.Request(args[1], []byte(ts.ReadFile(args[0])), patient)
	ts.Check(err)
	if !strings.Contains(string(answer.Data), `"seq":`) {
		ts.Fatalf("publish to %s: %s", args[1], answer.Data)
	}
}

// awaitMetric waits until a line is on the daemon's /metrics: metric 'holdfast_armed 1'.
func awaitMetric(ts *testscript.TestScript, _ bool, args []string) {
	for deadline := time.Now().Add(patient); ; time.Sleep(50 * time.Millisecond) {
		if _, page := ask(ts, http.MethodGet, "/metrics", ""); strings.Contains("\n"+page, "\n"+args[0]+"\n") {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("no line %q on /metrics within %s", args[0], patient)
		}
	}
}

// nameIncident waits for the one incident, and puts its id into a variable: incident ID.
func nameIncident(ts *testscript.TestScript, neg bool, args []string) {
	awaitOutput(ts, neg, []string{`"id": ?"[a-z]`, "holdfast", "status", "-o", "json"})
	ts.Setenv(args[0], regexp.MustCompile(`"id": ?"([^"]+)"`).FindStringSubmatch(ts.ReadFile("stdout"))[1])
}

// signalDaemon sends the daemon that got ready last a signal: signal TERM.
func signalDaemon(ts *testscript.TestScript, _ bool, args []string) {
	pid, err := strconv.Atoi(ts.Getenv("DAEMON"))
	ts.Check(err)
	process, err := os.FindProcess(pid)
	ts.Check(err)
	ts.Check(process.Signal(map[string]syscall.Signal{"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}[args[0]]))
}

// flipByte changes one letter of what was decided, on disk.
func flipByte(ts *testscript.TestScript, _ bool, args []string) {
	blocks, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "jetstream", "*", "streams", "HOLDFAST_LOG", "msgs", "*.blk"))
	ts.Check(err)
	for _, block := range blocks {
		text, err := os.ReadFile(block)
		ts.Check(err)
		if at := bytes.Index(text, []byte(`"automatic":true`)); at >= 0 {
			text[at+1] ^= 1
			ts.Check(os.WriteFile(block, text, 0o600))
			return
		}
	}
	ts.Fatalf("no automatic declaration in %v", blocks)
}

// awaitOutput (until) runs a command again and again until its output matches: until 'disaster' holdfast status.
func awaitOutput(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile(args[0])
	for deadline := time.Now().Add(patient); ; time.Sleep(100 * time.Millisecond) {
		err := ts.Exec(args[1], args[2:]...)
		out := ts.ReadFile("stdout")
		if err == nil && want.MatchString(out) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s: no output like %s within %s; the last was (%v)\n%s", strings.Join(args[1:], " "), args[0], patient, err, out)
		}
	}
}

// giveToken (token) makes a person's token: the token goes into a file of that name, its hash into people.yaml.
func giveToken(ts *testscript.TestScript, _ bool, args []string) {
	person, people := args[0], ts.MkAbs(args[1])
	secret, hash := newToken()
	ts.Check(os.WriteFile(ts.MkAbs(person+".token"), []byte(secret+"\n"), 0o600))
	text, err := os.ReadFile(people)
	ts.Check(err)
	found := regexp.MustCompile(`(?m)^  ` + person + `: *\{`)
	if !found.Match(text) {
		ts.Fatalf("%s has nobody called %s", args[1], person)
	}
	text = found.ReplaceAll(text, []byte("  "+person+`: {token_hash: "`+hash+`", `))
	ts.Check(os.WriteFile(people, text, 0o600))
}

// runPrinted (printed) runs a command that README.md prints, word for word but for the incident, whose name has the day.
func runPrinted(ts *testscript.TestScript, _ bool, args []string) {
	var words []string
	for _, a := range args {
		if strings.Contains(a, " ") {
			a = strconv.Quote(a)
		}
		words = append(words, a)
	}
	line := strings.Join(words, " ")
	if id := ts.Getenv("ID"); id != "" {
		line = strings.ReplaceAll(line, id, "booking-api-1123")
	}
	if readme := ts.ReadFile(filepath.Join(ts.Getenv("ROOT"), "README.md")); !strings.Contains(readme, line) {
		ts.Fatalf("README.md does not print %s", line)
	}
	ts.Check(ts.Exec(args[0], args[1:]...))
}

// callGroup (called) puts into a variable what a group of a regular expression finds in the last output: called ID '^id: (.*)$'.
func callGroup(ts *testscript.TestScript, _ bool, args []string) {
	m := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if m == nil {
		ts.Fatalf("nothing like %s was said", args[1])
	}
	ts.Setenv(args[0], m[1])
}

// takePrinted (taken) writes into a file what a group of a regular expression finds in README.md.
func takePrinted(ts *testscript.TestScript, _ bool, args []string) {
	m := regexp.MustCompile("(?s)" + args[1]).FindStringSubmatch(ts.ReadFile(filepath.Join(ts.Getenv("ROOT"), "README.md")))
	if m == nil {
		ts.Fatalf("README.md has nothing like %s", args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(m[1]), 0o600))
}
