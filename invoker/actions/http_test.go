package actions

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"holdfast/incident"
	"holdfast/playbooks"
)

func TestARequestCarriesItsKeyAndEpochWhateverThePlaybookWrites(t *testing.T) {
	var method, body string
	var header http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		method, body, header = r.Method, string(text), r.Header
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, "fenced")
	}))
	defer server.Close()

	r := hands(t, Config{HTTP: []Target{at(t, server)}}).Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{
		URL:    server.URL + "/fra1",
		Header: map[string]playbooks.Text{"X-Reason": {Plain: "drill"}, "idempotency-key": {Plain: "mine"}, "holdfast-epoch": {Plain: "99"}},
		Body:   map[string]any{"site": "fra1", "count": int64(3)},
	}}))

	expect(t, r, "", "")
	got := map[string]string{"method": method, "body": body, "output": r.Output}
	for _, name := range []string{"Idempotency-Key", "Holdfast-Incident", "Holdfast-Epoch", "X-Reason", "Content-Type"} {
		got[name] = strings.Join(header.Values(name), "|")
	}
	want := map[string]string{
		"method": "POST", "body": `{"count":3,"site":"fra1"}`, "output": "fenced",
		"Idempotency-Key": "payments-api-0412/1/fence/1", "Holdfast-Incident": "payments-api-0412", "Holdfast-Epoch": "7",
		"X-Reason": "drill", "Content-Type": "application/json",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAStatusIsSuccessOnlyIfItIsTheOneExpected(t *testing.T) {
	for _, c := range []struct {
		status, expect int
		want           incident.Outcome
	}{
		{200, 0, ""}, {204, 0, ""}, {409, 409, ""}, {302, 302, ""}, {502, 502, ""},
		{200, 201, incident.Failed}, {400, 0, incident.Failed}, {404, 0, incident.Failed}, {500, 0, incident.Failed}, {503, 0, incident.Failed},
		{502, 0, incident.TimedOut}, {504, 0, incident.TimedOut}, // a gateway does not know what became of it
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(c.status) }))
		r := hands(t, Config{HTTP: []Target{at(t, server)}}).Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: server.URL, Expect: c.expect}}))
		if r.Outcome != c.want {
			t.Errorf("answered %d, expected %d: outcome %q (%s), want %q", c.status, c.expect, r.Outcome, r.Reason, c.want)
		}
		server.Close()
	}
}

func TestARefusedConnectionHadNoEffect(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	target := at(t, server)
	server.Close()
	r := hands(t, Config{HTTP: []Target{target}}).Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: target.String() + "/secret-path?token=x"}}))
	expect(t, r, incident.Failed, "not sent: "+target.String())
	if strings.Contains(r.Reason, "secret-path") || strings.Contains(r.Reason, "token") {
		t.Errorf("the reason quotes the URL: %s", r.Reason)
	}
}

func TestATargetThatTakesARequestAndNeverAnswersMayHaveDoneIt(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer server.Close()
	e := effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: server.URL}})
	e.Until = time.Now().Add(100 * time.Millisecond)
	expect(t, hands(t, Config{HTTP: []Target{at(t, server)}}).Carry(t.Context(), e), incident.TimedOut, "not known whether it was done")
}

func TestAConnectionThatBreaksOffAfterTheRequestMayHaveDoneIt(t *testing.T) {
	hits := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits++
		_, _ = io.Copy(io.Discard, r.Body)
		c, _, _ := http.NewResponseController(w).Hijack()
		_ = c.Close()
	}))
	r := hands(t, Config{HTTP: []Target{at(t, server)}}).Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: server.URL, Body: "x"}}))
	server.Close()
	expect(t, r, incident.TimedOut, "not known whether it was done")
	if hits != 1 {
		t.Errorf("the request was sent %d times; only the journal may decide to send it again", hits)
	}
}

func TestAStoppedDaemonStopsWaiting(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	defer server.Close()
	expect(t, hands(t, Config{HTTP: []Target{at(t, server)}}).Carry(ctx, effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: server.URL}})), incident.TimedOut, "cancel")
}

func TestAnEndlessAnswerIsReadNoFurtherThanNeeded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := fmt.Fprint(w, strings.Repeat("ä\xff", 1000)); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	r := hands(t, Config{HTTP: []Target{at(t, server)}}).Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: server.URL}}))
	expect(t, r, "", "")
	if len(r.Output) > keep || len(r.Output) < keep/2 || !utf8.ValidString(r.Output) {
		t.Errorf("kept %d bytes, valid %v", len(r.Output), utf8.ValidString(r.Output))
	}
}

func TestABodyThatBreaksOffDoesNotTakeBackTheStatus(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "half")
	}))
	defer server.Close()
	r := hands(t, Config{HTTP: []Target{at(t, server)}}).Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: server.URL}}))
	expect(t, r, "", "")
	if r.Output != "half" {
		t.Errorf("output %q", r.Output)
	}
}

func TestWhatCannotBeSentFails(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	h := hands(t, Config{HTTP: []Target{at(t, server)}})
	for name, do := range map[string]playbooks.HTTP{
		"a method with a space":      {Method: "GET /x"},
		"a header with a line break": {Header: map[string]playbooks.Text{"X": {Plain: "a\r\nHost: evil"}}},
		"a body that is no JSON":     {Body: math.NaN()},
	} {
		do.URL = server.URL
		if r := h.Carry(t.Context(), effect(playbooks.Run{HTTP: &do})); r.Outcome != incident.Failed || !strings.HasPrefix(r.Reason, "not sent") {
			t.Errorf("%s: %q (%s)", name, r.Outcome, r.Reason)
		}
	}
}
