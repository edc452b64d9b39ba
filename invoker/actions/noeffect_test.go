//go:build unix

package actions

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"

	"holdfast/incident"
	"holdfast/playbooks"
)

// What failed counts as having done nothing only where that is certain: an abort asks a person about all the rest.
func TestOnlyAFailureThatCertainlyDidNothingSaysSo(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(r.URL.Path[1:])
		w.WriteHeader(status)
	}))
	defer server.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	u, _ := url.Parse(gone.URL)
	h := hands(t, Config{HTTP: []Target{at(t, server), at(t, gone)}, Commands: map[string]Command{
		"no":      script(t, "exit 3"),
		"killed":  script(t, "kill -9 $$"),
		"missing": {Argv: []string{"/nonexistent/program"}},
	}})
	call := func(url string) playbooks.Run { return playbooks.Run{HTTP: &playbooks.HTTP{URL: url}} }
	run := func(name string, args ...string) playbooks.Run {
		return playbooks.Run{Exec: &playbooks.Exec{Command: name, Args: args}}
	}
	for name, c := range map[string]struct {
		do      playbooks.Run
		outcome incident.Outcome
		nothing bool
	}{
		"a refused connection":           {call("http://" + u.Host + "/"), incident.Failed, true},
		"a target that nothing allows":   {call("http://elsewhere.test/"), incident.Failed, true},
		"a request that is refused":      {call(server.URL + "/403"), incident.Failed, true},
		"a target that took too long":    {call(server.URL + "/408"), incident.Failed, false},
		"a target that is at it already": {call(server.URL + "/409"), incident.Failed, false},
		"a target that broke down":       {call(server.URL + "/500"), incident.Failed, false},
		"a gateway that lost sight":      {call(server.URL + "/502"), incident.TimedOut, false},
		"a command with an exit code":    {run("no"), incident.Failed, false},
		"a command that was killed":      {run("killed"), incident.TimedOut, false},
		"a command that is not there":    {run("missing"), incident.Failed, true},
		"a command that nothing allows":  {run("rm"), incident.Failed, true},
		"an argument that is an option":  {run("no", "-f"), incident.Failed, true},
	} {
		if r := h.Carry(t.Context(), effect(c.do)); r.Outcome != c.outcome || r.NoEffect != c.nothing {
			t.Errorf("%s: outcome %s, certainly nothing: %v (%s)", name, r.Outcome, r.NoEffect, r.Reason)
		}
	}
}
