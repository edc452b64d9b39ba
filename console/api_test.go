package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/bia"
	"holdfast/detector"
	"holdfast/detector/alert"
	"holdfast/incident"
	"holdfast/oncall"
)

func decoded[V any](t *testing.T, w *httptest.ResponseRecorder) (v V) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	return v
}

func TestStatusShowsWhatWaitsForWhomUntilWhen(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	w := get("/api/v1/status").of(New(h.config()))
	wantStatus(t, w, 200)
	s := decoded[Status](t, w)
	if s.Organisation != "Example Parcels" || !s.Armed || s.Epoch != 1 || !s.NATSConnected || s.Documents.BIA != "2026.1" || !strings.HasPrefix(s.Documents.Digest, "sha256:") {
		t.Errorf("the house is %+v", s)
	}
	if len(s.Incidents) != 1 || s.Incidents[0].ID != id || s.Incidents[0].Level != detector.Disaster || s.Incidents[0].LTI.IsZero() || s.Incidents[0].DeclaredBy == nil {
		t.Fatalf("the incidents are %+v", s.Incidents)
	}
	page := s.Incidents[0].Runs[0].Waiting[0]
	want := WaitingStep{Step: "page", Kind: "notify", Text: page.Text, Status: incident.Waiting, Role: "on-call-platform", Who: []string{"platform-1", "platform-2"},
		Asked: page.Asked, Until: page.Asked.Add(10 * time.Second), Verbs: []incident.Verb{incident.VerbAck}, HoldsUp: true}
	if diff := cmp.Diff(want, page); diff != "" {
		t.Error(diff)
	}
	if len(s.Components) != 7 || s.Components[0].Component != "booking-entrance" || s.Components[0].State != detector.Down {
		t.Errorf("not up: %+v", s.Components)
	}
	if s.Counts.Received["probes"] == 0 || s.Counts.Samples == nil {
		t.Errorf("counted %+v", s.Counts)
	}
}

// Whoever comes back to a daemon that was away has to see what it missed: it is open nowhere, and nobody was told.
func TestWhatWasOverBeforeAnybodyCouldDecideIsShownForADay(t *testing.T) {
	h := newHouse(t)
	h.beat()
	h.pass(10 * time.Second)
	says := func(effect string) {
		for _, observer := range []string{"prom-south", "probes"} {
			for _, c := range []string{"booking-entrance", "ledger-writes", "ledger-north"} {
				h.hear(alert.Alert{Status: alert.Firing, StartsAt: h.now, Labels: alert.LabelsOf(map[string]string{"component": c, "effect": effect, "observer": observer})})
			}
		}
	}
	for beat := range 1800 { // nobody decides meanwhile
		h.now = h.now.Add(2 * time.Second)
		h.beat()
		switch beat {
		case 300:
			says("down")
		case 900:
			says("up")
		}
	}
	h.settle()
	s := decoded[Status](t, get("/api/v1/status").of(New(h.config())))
	if len(s.Incidents) != 0 || len(s.Retrospect) != 1 || !s.Retrospect[0].Retrospect {
		t.Fatalf("open are %+v, found in retrospect %+v", s.Incidents, s.Retrospect)
	}
	id := s.Retrospect[0].ID
	wantIn(t, text(t, get("/").as("token-platform").of(New(h.config()))), "Found in retrospect", id, "nobody was told")
	wantIn(t, text(t, get("/incidents/"+id).as("token-platform").of(New(h.config()))), "found in retrospect", "nobody was told")
	wantIn(t, text(t, get("/api/v1/incidents?all=true").of(New(h.config()))), `"retrospect": true`)
	h.pass(25 * time.Hour)
	if s := decoded[Status](t, get("/api/v1/status").of(New(h.config()))); len(s.Retrospect) != 0 {
		t.Errorf("a day later it is still shown: %+v", s.Retrospect)
	}
}

func TestAnEmptyHouseHasListsAndNoNulls(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/api/v1/status", "/api/v1/incidents", "/api/v1/situations", "/api/v1/oncall"} {
		body := text(t, get(path).of(New(h.config())))
		wantOut(t, body, "null")
	}
	bare := &house{t: t, desk: incident.NewDesk(), now: morning}
	for _, path := range []string{"/api/v1/status", "/api/v1/incidents", "/api/v1/situations", "/api/v1/oncall", "/metrics", "/"} {
		wantStatus(t, get(path).of(New(bare.config())), 200) // before documents were ever adopted
	}
}

func TestAnIncidentIsShownWhole(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	i := decoded[Incident](t, get("/api/v1/incidents/"+id).of(New(h.config())))
	if i.ID != id || i.Declared == nil || len(i.Runs) != 1 || len(i.Recoveries) == 0 || !i.Now.Equal(h.now) || len(i.Status.Runs) != 1 {
		t.Errorf("shown as %+v", i)
	}
	if len(i.Story) == 0 || i.Story[0].Kind != incident.KindClassified || i.Story[0].Text == "" {
		t.Errorf("its story is %v", i.Story)
	}
	list := decoded[Incidents](t, get("/api/v1/incidents").of(New(h.config())))
	if len(list.Incidents) != 1 || list.Incidents[0].ID != id {
		t.Errorf("listed as %+v", list)
	}
}

func TestIncidentsAreListedUpToALimit(t *testing.T) {
	h := newHouse(t)
	for _, id := range []string{"first-1123", "second-1123", "third-1123"} {
		h.commit([]incident.Change{{Incident: id, Event: incident.Classified{Verdict: detector.Verdict{Key: id, Level: detector.Impaired, Open: true, Since: h.now}}}})
	}
	list := decoded[Incidents](t, get("/api/v1/incidents?all=true&limit=2").of(New(h.config()))).Incidents
	if len(list) != 2 || list[0].ID != "third-1123" || list[1].ID != "second-1123" {
		t.Errorf("the two newest are %+v", list)
	}
	if all := decoded[Incidents](t, get("/api/v1/incidents?limit=100").of(New(h.config()))).Incidents; len(all) != 3 {
		t.Errorf("of three, at most a hundred are %d", len(all))
	}
	for _, limit := range []string{"0", "-1", "many", "1e3"} {
		wantStatus(t, get("/api/v1/incidents?limit="+limit).of(New(h.config())), 400)
	}
}

func TestAnExplanationIsOfThisInstant(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	h.now = h.now.Add(time.Second)
	e := decoded[Explained](t, get(path("/api/v1/incidents/%s/explain", id)).of(New(h.config())))
	if !e.Fresh || !e.Verdict.At.Equal(h.now) || len(e.Verdict.Explanation.Criteria) == 0 {
		t.Errorf("explained as %+v", e)
	}
	want := []PlaybookFit{{Playbook: "move-booking-to-south", Title: "Move parcel booking to the southern data centre", Fits: true, Running: "1",
		Preconditions: []incident.Condition{{Needs: "ledger-south up", Answer: detector.Met, Else: "refuse"}, {Needs: "gateway-south up", Answer: detector.Met, Else: "refuse"}}}}
	if diff := cmp.Diff(want, e.Playbooks); diff != "" {
		t.Error(diff)
	}
}

func TestSituationsAreThereBeforeAnIncident(t *testing.T) {
	h := newHouse(t)
	h.beat()
	s := decoded[Situations](t, get("/api/v1/situations").of(New(h.config())))
	if len(s.Situations) != 0 || len(s.Components) != 13 {
		t.Errorf("%d situations, %d components", len(s.Situations), len(s.Components))
	}
}

func TestAReportIsMarkdownOrJSON(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	console := New(h.config())
	w := get(path("/api/v1/incidents/%s/report", id)).of(console)
	wantIn(t, text(t, w), "# "+id)
	wantIn(t, w.Header().Get("Content-Type"), "text/markdown")
	if r := decoded[incident.Report](t, get(path("/api/v1/incidents/%s/report?format=json", id)).of(console)); r.Incident != id || len(r.Runs) != 1 {
		t.Errorf("reported as %+v", r)
	}
	wantStatus(t, get(path("/api/v1/incidents/%s/report?format=pdf", id)).of(console), 400)
	wantStatus(t, get("/api/v1/incidents/other/report").of(console), 404)
}

func TestTheRosterOfAnInstant(t *testing.T) {
	h := newHouse(t)
	o := decoded[OnCall](t, get("/api/v1/oncall?at=2027-01-01T00:00:00Z").of(New(h.config())))
	want := RoleLine{Role: "incident-director", People: []string{"director-1", "director-2"}}
	if len(o.Roles) != 5 || cmp.Diff(want, o.Roles[1]) != "" || o.At.Year() != 2027 {
		t.Errorf("on call are %+v", o)
	}
	wantStatus(t, get("/api/v1/oncall?at=noon").of(New(h.config())), 400)
}

func TestWhatIsNotThereIsNamedWithWhatIs(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	p := decoded[Problem](t, get("/api/v1/incidents/payments").of(New(h.config())))
	want := Problem{Type: "urn:holdfast:not-found", Title: "Not Found", Status: 404, Detail: `there is no incident "payments"`, Hint: "open: " + id}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
}

func TestACommandIsCarriedOutOnceAndThenRefusedWithWhoAndWhen(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	console := New(h.config())
	ack := path(`{"verb":"ack","incident":%q,"step":"page"}`, id)
	w := order("token-platform", ack).of(console)
	wantStatus(t, w, 200)
	done := decoded[Ordered](t, w)
	if len(done.Changes) != 2 || done.Changes[0].Kind != incident.KindAcknowledged || done.Changes[0].Incident != id {
		t.Errorf("it changed %+v", done)
	}
	if e, ok := done.Changes[0].Event.(incident.Acknowledged); !ok || e.By.Person != "platform-1" {
		t.Errorf("the event came back as %+v", done.Changes[0].Event)
	}
	at := h.now
	h.now = h.now.Add(time.Second)
	w = order("token-platform", ack).of(console)
	wantStatus(t, w, 409)
	p := decoded[Problem](t, w)
	if p.Type != "urn:holdfast:refused" || p.By == nil || p.By.Person != "platform-1" || !p.At.Equal(at) {
		t.Errorf("refused with %+v", p)
	}
	wantIn(t, w.Header().Get("Content-Type"), "application/problem+json")
}

func TestCommandsThatCannotBeTaken(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	console := New(h.config())
	ack := path(`{"verb":"ack","incident":%q,"step":"page"}`, id)
	for name, c := range map[string]struct {
		ask    ask
		status int
	}{
		"by nobody":             {request("POST", "/api/v1/commands", ack).with("Content-Type", "application/json"), 401},
		"by somebody unknown":   {order("wrong", ack), 401},
		"with a basic password": {order("", ack).with("Authorization", "Basic dG9rZW4tcGxhdGZvcm06"), 401},
		"by the wrong role":     {order("token-ledger", ack), 409},
		"of a pending step":     {order("token-director", path(`{"verb":"approve","incident":%q,"step":"go"}`, id)), 409},
		"of no incident":        {order("token-platform", `{"verb":"ack","incident":"other","step":"page"}`), 404},
		"of no step":            {order("token-platform", path(`{"verb":"ack","incident":%q,"step":"pgae"}`, id)), 404},
		"that does not exist":   {order("token-platform", path(`{"verb":"ignite","incident":%q,"step":"page"}`, id)), 404},
		"as a form":             {order("token-platform", ack).with("Content-Type", "text/plain"), 415},
		"with two verbs":        {order("token-platform", path(`{"verb":"ack","Verb":"skip","incident":%q}`, id)), 400},
		"too long":              {order("token-platform", `{"verb":"note","reason":"`+strings.Repeat("x", maxCommand)+`"}`), 413},
		"by GET":                {get("/api/v1/commands").as("token-platform"), 405},
	} {
		if w := c.ask.of(console); w.Code != c.status {
			t.Errorf("a command %s is answered %d: %s", name, w.Code, w.Body)
		}
	}
	i, _ := h.desk.Incident(id)
	if i.Runs[0].Steps[0].Acked != (incident.Actor{}) {
		t.Errorf("one of them was carried out by %v", i.Runs[0].Steps[0].Acked)
	}
}

func TestAnOrderThatCannotBeRecordedIsNotSaidToBe(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	h.down = errDown
	w := order("token-platform", path(`{"verb":"ack","incident":%q,"step":"page"}`, id)).of(New(h.config()))
	wantStatus(t, w, 503)
	wantIn(t, text(t, w), "no responders", "look at the incident before you order it again")
}

func TestAnOrderIsCarriedThroughThoughWhoSentItHangsUp(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	a := order("token-platform", path(`{"verb":"ack","incident":%q,"step":"page"}`, id))
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	a.Request = a.WithContext(gone)
	cfg := h.config()
	cfg.House = watchful{h}
	wantStatus(t, a.of(New(cfg)), 200)
}

// watchful is a house that minds whether anybody still waits.
type watchful struct{ *house }

func (w watchful) Order(ctx context.Context, by *oncall.Person, c incident.Command) ([]incident.Change, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return w.house.Order(ctx, by, c)
}

func TestReadinessIsWhatTheChecksSay(t *testing.T) {
	h := newHouse(t)
	cfg := h.config()
	checks := []Check{{Name: "journal", OK: true}, {Name: "alerts", OK: true, Detail: "caught up"}}
	cfg.Ready = func() []Check { return checks }
	console := New(cfg)
	wantStatus(t, get("/-/ready").of(console), 200)
	checks[1] = Check{Name: "alerts", Detail: "a backlog is being heard"}
	w := get("/-/ready").of(console)
	wantStatus(t, w, 503)
	wantIn(t, text(t, w), "not ready: alerts")
	w = get("/-/ready?verbose").of(console)
	wantStatus(t, w, 503)
	if diff := cmp.Diff(checks, decoded[[]Check](t, w)); diff != "" {
		t.Error(diff)
	}
	wantStatus(t, get("/-/healthy").of(console), 200)
}

func TestAReloadThatFailsSaysWhy(t *testing.T) {
	h := newHouse(t)
	wantStatus(t, request("POST", "/-/reload", "").of(New(h.config())), 404)
	cfg := h.config()
	cfg.Reload = func(context.Context) error { return nil }
	wantStatus(t, request("POST", "/-/reload", "").of(New(cfg)), 200)
	cfg.Reload = func(context.Context) error { return errors.New("bia.yaml:3:1: error: unknown key") }
	w := request("POST", "/-/reload", "").of(New(cfg))
	wantStatus(t, w, 500)
	wantIn(t, text(t, w), "bia.yaml:3:1", "still lived by")
}

func TestOnceItIsInvokedTheLatestTimeToInvokePressesNobody(t *testing.T) {
	api := incident.Recovery{Service: "api", Since: morning, Clocks: bia.Clocks{LTI: morning.Add(time.Hour)}}
	run := incident.Run{Service: "web", Covers: []string{"web", "api"}, Started: morning.Add(time.Minute)}
	ended := func(result string, after time.Duration) incident.Run {
		r := run
		r.Result, r.Ended = result, morning.Add(after)
		return r
	}
	other := run
	other.Service, other.Covers = "other", nil
	for name, c := range map[string]struct {
		run     incident.Run
		invoked bool
	}{
		"goes on": {run, true}, "completed": {ended("completed", time.Hour), true}, "completed before": {ended("completed", -time.Hour), false},
		"declined": {ended("declined", time.Hour), false}, "for another": {other, false},
	} {
		if at := Invoked(incident.Incident{Runs: []incident.Run{c.run}}, api); at.IsZero() == c.invoked {
			t.Errorf("%s: invoked at %v", name, at)
		}
	}
	web := ServiceStatus{Service: "web", Clocks: api.Clocks}
	if at := allInvoked([]ServiceStatus{{Service: "api", Clocks: api.Clocks, Invoked: morning}, web}); !at.IsZero() {
		t.Errorf("nobody invoked anything for web, and all is said to be invoked at %v", at)
	}
	web.Restored = morning
	if at := allInvoked([]ServiceStatus{{Service: "api", Clocks: api.Clocks, Invoked: morning}, web}); !at.Equal(morning) {
		t.Errorf("web is back, and all else invoked; not %v", at)
	}
}
