package console

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"holdfast/incident"
	"holdfast/oncall"
)

func TestTheFirstPageSaysWhatYouMustDoNow(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	console := New(h.config())
	body := text(t, get("/").carrying(signIn(t, console, "token-platform")).of(console))
	wantIn(t, body, "You: 1 to do", path(`href="/incidents/%s?step=page"`, id), "DISASTER", "Invoked", "gateway-north", "DOWN", `http-equiv="refresh"`)
	body = text(t, get("/").carrying(signIn(t, console, "token-ledger")).of(console))
	wantOut(t, body, "You:")
	body = text(t, get("/").of(console))
	wantIn(t, body, "Sign in", id)
	wantOut(t, body, "You:")
}

func TestUntilItIsInvokedThePagesCountDownToTheLatestTimeToInvoke(t *testing.T) {
	h := newHouse(t)
	console := New(h.config())
	h.beat()
	h.pass(10 * time.Second)
	h.lose("booking-entrance")
	h.pass(5 * time.Second)
	for _, page := range []string{"/", "/incidents/" + h.desk.Incidents()[0].ID} {
		body := text(t, get(page).of(console))
		wantIn(t, body, "Latest time to invoke", "in 12s")
		wantOut(t, body, "Invoked")
	}
}

func TestAnIncidentsPageHasAFormForEachOrderAndWhatToTypeInstead(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	console := New(h.config())
	cookie := signIn(t, console, "token-platform")
	wantOut(t, text(t, get("/incidents/"+id).of(console)), "Latest time to invoke")
	body := text(t, get("/incidents/"+id).carrying(cookie).of(console))
	wantIn(t, body, `name="verb" value="ack"`, path("holdfast ack %s page", id), "WAITING", "platform-1, platform-2", "site_loss_inferred", "What happened", path("holdfast stand-down %s --reason", id))
	wantStatus(t, form("/orders", url.Values{"verb": {"ack"}, "incident": {id}, "step": {"page"}}).carrying(cookie).of(console), 303)
	h.pass(time.Second)
	body = text(t, get(path("/incidents/%s?step=assess", id)).carrying(cookie).of(console))
	wantIn(t, body, `name="answer.estimated_time_to_restore"`, `name="reason"`, `value="done"`, `value="cannot"`, path("holdfast done %s assess --answer estimated_time_to_restore=…", id))
	wantOut(t, body, `http-equiv="refresh"`) // nobody loses what they are writing
	w := form("/orders", url.Values{"verb": {"done"}, "incident": {id}, "step": {"assess"}, "answer.estimated_time_to_restore": {"6h"}}).carrying(cookie).of(console)
	wantStatus(t, w, 303)
	i, _ := h.desk.Incident(id)
	if got := i.Runs[0].Steps[1].Answers["estimated_time_to_restore"]; got != "6h" || i.Runs[0].Steps[1].By.Person != "platform-1" {
		t.Errorf("answered %q by %v", got, i.Runs[0].Steps[1].By)
	}
}

func TestARefusalOnAPageSaysWhoAndWhen(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	console := New(h.config())
	cookie := signIn(t, console, "token-platform")
	ack := url.Values{"verb": {"ack"}, "incident": {id}, "step": {"page"}}
	wantStatus(t, form("/orders", ack).carrying(cookie).of(console), 303)
	w := form("/orders", ack).carrying(cookie).of(console)
	wantStatus(t, w, 409)
	wantIn(t, text(t, w), "Refused", "platform-1", "09:00:15 UTC")
	wantStatus(t, form("/orders", url.Values{"verb": {"ack"}, "incident": {"other"}}).carrying(cookie).of(console), 404)
	wantStatus(t, form("/orders", url.Values{"verb": {"disarm"}}).carrying(cookie).of(console), 400)
}

func TestNobodyCanOrderFromAPageWithoutSigningIn(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	console := New(h.config())
	body := text(t, get(path("/incidents/%s?step=page", id)).of(console))
	wantOut(t, body, `action="/orders"`)
	wantIn(t, body, "Sign in to answer")
	wantStatus(t, form("/orders", url.Values{"verb": {"ack"}, "incident": {id}, "step": {"page"}}).of(console), 401)
}

func TestHostileTextIsShownAndDoesNothing(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	console := New(h.config())
	hostile := `</td><script>alert(1)</script><img src=x onerror=alert(2)>` + "\u202eevil\u200b\x07\u009b31m"
	wantStatus(t, order("token-director", `{"verb":"note","incident":"`+id+`","reason":`+quoted(hostile)+`}`).of(console), 200)
	for _, p := range []string{"/incidents/" + id, "/"} {
		body := text(t, get(p).carrying(signIn(t, console, "token-director")).of(console))
		wantOut(t, body, "<script", "<img", "\u202e", "\u200b", "\x07", "\u009b")
	}
	body := text(t, get("/incidents/"+id).of(console))
	wantIn(t, body, "&lt;script&gt;alert(1)")
	body = text(t, get(path("/api/v1/incidents/%s/report", id)).of(console))
	wantOut(t, body, "\u202e", "\x07", "\u009b")
}

func quoted(s string) string {
	body, problem := encode(s)
	if problem != nil {
		panic(problem.Detail)
	}
	return body.String()
}

// active is whatever a page would need a looser policy for.
var active = regexp.MustCompile(`(?i)<script|\son[a-z]+=|\sstyle=|<style|javascript:|https?://|<iframe|<object`)

func TestPagesNeedNothingThatThePolicyForbids(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	console := New(h.config())
	cookie := signIn(t, console, "token-platform")
	for _, p := range []string{"/", "/login", "/incidents/" + id, path("/incidents/%s?step=page", id), "/incidents/other"} {
		body := text(t, get(p).carrying(cookie).of(console))
		body = strings.ReplaceAll(body, "http://127.0.0.1:8642/", "") // what the playbook calls, shown as text
		if found := active.FindString(body); found != "" {
			t.Errorf("%s has %q", p, found)
		}
		if !strings.Contains(body, `name="viewport"`) || !strings.Contains(body, `lang="en"`) {
			t.Errorf("%s is not made for a phone or a screen reader", p)
		}
	}
}

func TestAClosedIncidentStandsStill(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	console := New(h.config())
	wantStatus(t, order("token-director", path(`{"verb":"stand-down","incident":%q,"reason":"exercise over"}`, id)).of(console), 200)
	body := text(t, get("/incidents/"+id).carrying(signIn(t, console, "token-director")).of(console))
	wantIn(t, body, "closed 09:00:15 UTC", "exercise over")
	wantOut(t, body, `http-equiv="refresh"`, "Stand down</summary>")
	wantIn(t, text(t, get("/").of(console)), "No incident is open")
	if list := decoded[Incidents](t, get("/api/v1/incidents?all=true").of(console)); len(list.Incidents) != 1 {
		t.Errorf("%d incidents in all", len(list.Incidents))
	}
}

func TestTimesAreWrittenForPeople(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0s", 59 * time.Second: "59s", 12*time.Minute + 5*time.Second: "12m05s", 3*time.Hour + 5*time.Minute: "3h05m",
		47 * time.Hour: "47h00m", 50 * time.Hour: "2d02h", -90 * time.Second: "-1m30s", 999 * time.Millisecond: "0s"} {
		if got := Span(d); got != want {
			t.Errorf("%s is written %q", d, got)
		}
	}
}

func TestAStuckStepSaysWhyAndUnderWhichKeyItWasSent(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	console := New(h.config())
	cookie := signIn(t, console, "token-platform")
	wantStatus(t, form("/orders", url.Values{"verb": {"ack"}, "incident": {id}, "step": {"page"}}).carrying(cookie).of(console), 303)
	h.pass(time.Second)
	i, _ := h.desk.Incident(id)
	fence := i.Runs[0].Steps[2]
	h.commit([]incident.Change{{Incident: id, Event: incident.StepFailed{Run: i.Runs[0].ID, Step: fence.ID, Attempt: fence.Attempt, Outcome: incident.Failed, Reason: "connection refused"}}})
	body := text(t, get("/").carrying(cookie).of(console))
	wantIn(t, body, "STUCK", `step=fence">fence</a> connection refused`)
	body = text(t, get("/incidents/"+id).carrying(cookie).of(console))
	wantIn(t, body, "STUCK", path("<dt>Key</dt><dd><code>%s/", id), "<dt>Who</dt><dd>director-1, ", path("holdfast retry %s fence --reason", id), path("holdfast skip %s fence --reason", id))
}

func TestARunIsPausedHeldAndAbortedByButtons(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	console := New(h.config())
	cookie := signIn(t, console, "token-director")
	page := func() string { return text(t, get("/incidents/"+id).carrying(cookie).of(console)) }
	wantIn(t, page(), "Pause run 1", "Abort run 1 and undo what it did", "--keep", `name="until"`)
	wantOut(t, text(t, get("/incidents/"+id).of(console)), "Pause run 1")

	wantStatus(t, form("/orders", url.Values{"verb": {"pause"}, "incident": {id}, "run": {"1"}, "reason": {"the facility calls back"}, "until": {"soon"}}).carrying(cookie).of(console), 400)
	wantStatus(t, form("/orders", url.Values{"verb": {"pause"}, "incident": {id}, "run": {"1"}, "reason": {"the facility calls back"}, "until": {"30m"}}).carrying(cookie).of(console), 303)
	wantIn(t, page(), "PAUSED by director-1", "the facility calls back", "Let run 1 go on", path("holdfast resume %s 1", id))
	home := text(t, get("/").carrying(cookie).of(console))
	wantIn(t, home, "PAUSED by director-1 (incident-director) at 2026-11-23 ", "the facility calls back", path("<code>holdfast resume %s 1</code>", id), "PAUSED</span> at 0 of", "run PAUSED: nothing starts after it", "nothing is forecast while it is paused")
	wantOut(t, home, "holds everybody up", "forecast back")
	wantStatus(t, form("/orders", url.Values{"verb": {"abort"}, "incident": {id}, "run": {"1"}, "keep": {"true"}, "reason": {"a false alarm"}}).carrying(cookie).of(console), 303)
	wantIn(t, page(), "aborted run 1; what it did stays as it is: a false alarm", "CALLED OFF")
	wantStatus(t, form("/orders", url.Values{"verb": {"abort"}, "incident": {id}, "run": {"1"}, "reason": {"again"}}).carrying(cookie).of(console), 409)
}

// A run whose machines wait since somebody disarmed is let go on from its page; to pause what people do in it stays possible.
func TestARunThatADisarmStopsIsLetGoOnByAButton(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	console := New(h.config())
	cookie := signIn(t, console, "token-director")
	page := func() string { return text(t, get("/incidents/"+id).carrying(cookie).of(console)) }
	wantOut(t, page(), "Let run 1 go on")
	if _, err := h.Order(t.Context(), &oncall.Person{ID: "director-1"}, incident.Command{Verb: incident.VerbDisarm, Reason: "something smells"}); err != nil {
		t.Fatal(err)
	}
	wantIn(t, page(), "Let run 1 go on, although somebody has disarmed", path("holdfast resume %s 1", id), "Pause run 1")
	wantStatus(t, form("/orders", url.Values{"verb": {"resume"}, "incident": {id}, "run": {"1"}, "reason": {"the fence is right"}}).carrying(cookie).of(console), 303)
	wantOut(t, page(), "Let run 1 go on")
}

// A service that waits for nobody, since an incident that is not driven has a run for it: the page of both says so.
func TestWhatAnIncidentThatIsNotDrivenKeepsIsShown(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	h.commit([]incident.Change{{Incident: id, Event: incident.Unrecognised{As: "entangled", Raw: []byte("{}")}}})
	i, _ := h.desk.Incident(id)
	console := New(h.config())
	wantIn(t, text(t, get("/incidents/"+id).of(console)), "does not drive it", "nothing else is started for "+i.Runs[0].Service)
	wantIn(t, text(t, get("/api/v1/status").of(console)), `"keeps": [`)
	h.commit([]incident.Change{
		{Incident: "other-1123", Event: incident.Classified{Verdict: i.Verdict}},
		{Incident: "other-1123", Event: incident.NoPlaybookFits{Service: i.Runs[0].Service, Missing: []string{"nothing fits"}}},
		{Incident: "other-1123", Event: incident.NoPlaybookFits{Service: i.Runs[0].Service, Missing: []string{"a run of " + id + " was never ended"}, Keeper: id}}})
	body := text(t, get("/incidents/other-1123").of(console))
	wantIn(t, body, "No playbook is started for "+i.Runs[0].Service+": a run of "+id+" was never ended")
	wantOut(t, body, "No applicable playbook") // which was said before
}
