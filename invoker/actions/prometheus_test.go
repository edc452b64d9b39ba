package actions

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"holdfast/incident"
	"holdfast/playbooks"
)

func asked(v float64) *float64 { return &v }

// promQL is a verify step's question to a server, with little time.
func promQL(p playbooks.Prometheus, within time.Duration) incident.Effect {
	return verifying(playbooks.Verify{Prometheus: &p, Every: 10 * time.Millisecond}, within)
}

func vector(series ...string) string {
	return `{"status":"success","data":{"resultType":"vector","result":[` + strings.Join(series, ",") + `]}}`
}

func one(value string) string {
	return `{"metric":{"job":"shop"},"value":[1700000000.123,"` + value + `"]}`
}

func TestOnlyOneNumberWithinTheBoundsIsTrue(t *testing.T) {
	atLeast := playbooks.Prometheus{AtLeast: asked(0.99)}
	for _, c := range []struct {
		answer string
		wants  playbooks.Prometheus
		reason string // empty: it is true
	}{
		{vector(one("0.99")), atLeast, ""},
		{vector(one("1e3")), atLeast, ""},
		{`{"status":"success","data":{"resultType":"scalar","result":[1700000000,"1"]}}`, atLeast, ""},
		{vector(one("3")), playbooks.Prometheus{Equals: asked(3)}, ""},
		{vector(one("0")), playbooks.Prometheus{AtMost: asked(0)}, ""},
		{vector(one("2")), playbooks.Prometheus{AtLeast: asked(1), AtMost: asked(3)}, ""},
		{`{"status":"success","infos":["about the metric's name"],"data":{"resultType":"vector","result":[` + one("1") + `]}}`, atLeast, ""},

		{vector(one("0.98")), atLeast, "the answer is 0.98, which is not at least 0.99"},
		{vector(one("4")), playbooks.Prometheus{AtLeast: asked(1), AtMost: asked(3)}, "not at most 3"},
		{vector(one("2")), playbooks.Prometheus{Equals: asked(3)}, "the answer is 2, not 3"},
		{vector(), atLeast, "no data"},
		{vector(one("1"), one("1")), atLeast, "the query gives 2 series"},
		{vector(one("NaN")), atLeast, "NaN, which proves nothing"},
		{vector(one("+Inf")), atLeast, "+Inf, which proves nothing"},
		{vector(one("high")), atLeast, "no number that can be read"},
		{vector(`{"metric":{},"value":[1700000000]}`), atLeast, "no number that can be read"},
		{vector(`{"metric":{},"value":["1",1]}`), atLeast, "no number that can be read"},
		{vector(`{"metric":{},"histogram":[1700000000,{"count":"3"}]}`), atLeast, "a histogram"},
		{`{"status":"success","warnings":["store 3 did not answer"],"data":{"resultType":"vector","result":[` + one("1") + `]}}`, atLeast, "may not be whole: store 3 did not answer"},
		{`{"status":"error","errorType":"timeout","error":"too slow"}`, atLeast, "answered 200 OK"},
		{`{"status":"success"}`, atLeast, "an unknown type"},
		{`{"status":"success","data":{"resultType":"matrix","result":[]}}`, atLeast, "the query gives a matrix"},
		{`{"status":"success","data":{"resultType":"string","result":[1,"1"]}}`, atLeast, "the query gives a string"},
		{"<html>a proxy's page</html>", atLeast, "not what a Prometheus answers"},
		{vector(one("1")) + " garbage", atLeast, "not what a Prometheus answers"},
		{strings.Repeat(" ", readAtMost) + vector(one("1")), atLeast, "not what a Prometheus answers"},
		{"", atLeast, "not what a Prometheus answers"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, c.answer) }))
		c.wants.URL, c.wants.Query = server.URL, "q"
		r := hands(t, Config{HTTP: []Target{at(t, server)}}).Carry(t.Context(), promQL(c.wants, 100*time.Millisecond))
		if (r.Outcome == "") != (c.reason == "") || !strings.Contains(r.Reason, c.reason) {
			t.Errorf("%.120s: outcome %q (%s), want a reason that says %q", c.answer, r.Outcome, r.Reason, c.reason)
		}
		server.Close()
	}
}

func TestAQueryGoesToTheServersPathWithItsKeylessMarks(t *testing.T) {
	_, secret := kept(t, "holdfast:"+canary)
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		got = append(got, r.Method+" "+r.URL.Path+" "+r.FormValue("query")+" "+user+" "+r.Header.Get("Holdfast-Incident")+r.Header.Get("Idempotency-Key"))
		if password != canary {
			w.WriteHeader(http.StatusUnauthorized)
		}
		fmt.Fprint(w, vector(one("1")))
	}))
	defer server.Close()
	h := hands(t, Config{HTTP: []Target{at(t, server)}, Secrets: map[string]Secret{"prom": secret}})
	r := h.Carry(t.Context(), promQL(playbooks.Prometheus{URL: server.URL + "/prometheus/", Query: `sum(up{job="shop"}) & x`, Equals: asked(1),
		Header: map[string]playbooks.Text{"Authorization": {Secret: "prom", As: "basic"}}}, time.Minute))
	expect(t, r, "", "")
	if want := `POST /prometheus/api/v1/query sum(up{job="shop"}) & x holdfast payments-api-0412`; len(got) != 1 || got[0] != want {
		t.Errorf("asked %q, want %q once", got, want)
	}
}

func TestAQueryThatCannotBeReadFailsAtOnceAndADeadServerIsAskedAgain(t *testing.T) {
	asks := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asks++
		switch {
		case r.FormValue("query") == "sum(":
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"status":"error","errorType":"bad_data","error":"parse error: unclosed left parenthesis"}`)
		case asks < 4:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			fmt.Fprint(w, vector(one("1")))
		}
	}))
	defer server.Close()
	h := hands(t, Config{HTTP: []Target{at(t, server)}})
	begun := time.Now()
	expect(t, h.Carry(t.Context(), promQL(playbooks.Prometheus{URL: server.URL, Query: "sum(", Equals: asked(1)}, time.Minute)), incident.Failed, "cannot read the query: parse error")
	expect(t, h.Carry(t.Context(), promQL(playbooks.Prometheus{URL: server.URL, Query: "up", Equals: asked(1)}, time.Minute)), "", "")
	expect(t, h.Carry(t.Context(), promQL(playbooks.Prometheus{URL: "https://prometheus.internal", Query: "up", Equals: asked(1)}, time.Minute)), incident.Failed, "not on the allow-list")
	expect(t, h.Carry(t.Context(), promQL(playbooks.Prometheus{URL: server.URL, Query: "up"}, time.Minute)), incident.Failed, "nothing says when the answer is good")
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestATruthThatIsInterruptedByNoDataStartsAnew(t *testing.T) {
	begun, gap := time.Now(), false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if at := time.Since(begun); at > 100*time.Millisecond && !gap {
			gap = true
			fmt.Fprint(w, vector())
			return
		}
		fmt.Fprint(w, vector(one("1")))
	}))
	defer server.Close()
	h := hands(t, Config{HTTP: []Target{at(t, server)}})
	e := verifying(playbooks.Verify{Prometheus: &playbooks.Prometheus{URL: server.URL, Query: "up", Equals: asked(1)}, For: 300 * time.Millisecond, Every: 20 * time.Millisecond}, time.Minute)
	expect(t, h.Carry(t.Context(), e), "", "")
	if took := time.Since(begun); !gap || took < 400*time.Millisecond {
		t.Errorf("it was true after %s (interrupted: %t): the time before the gap was counted", took, gap)
	}
}
