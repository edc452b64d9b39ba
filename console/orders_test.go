package console

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/incident"
)

// deciding is a house whose playbook asks two people to decide on what a person found out, and has a way round a step that
// needs what may be lost; a regulator is to be told.
func deciding(t *testing.T) *house {
	files := parcels(t)
	files["playbooks/move-booking-to-south.yaml"] = `
playbook: move-booking-to-south
for: {services: [parcel-booking, booking-api, parcel-ledger]}
steps:
  - {id: look, do: Look at it, role: on-call-platform, answers: {hall: string}, within: 1h}
  - {id: fast, after: [], run: {nats: {subject: south.copy}}, needs: [ledger-south], fallback: slow}
  - {id: slow, do: Restore from the tape, role: on-call-platform, within: 1h}
  - {id: go, after: [look], decide: Go on?, role: incident-director, approvals: 2, within: 1h}
  - {id: act, run: {nats: {subject: south.open, request: {hall: "${{ step('look').answers.hall }}", copy: "${{ component('ledger-south').state }}"}}}}
`
	files["bia.yaml"] = strings.Replace(files["bia.yaml"], "\ndeclaration:\n",
		"\ndeclaration:\n  reporting: [{id: early-warning, to: regulator, within: 24h, from: classified, role: on-call-platform, evidence: required}]\n", 1)
	return newHouseOf(t, files)
}

func (h *house) stepOf(id, step string) incident.StepState {
	h.t.Helper()
	i, _ := h.desk.Incident(id)
	n := slices.IndexFunc(i.Runs[0].Steps, func(s incident.StepState) bool { return s.ID == step })
	return i.Runs[0].Steps[n]
}

var digestField = regexp.MustCompile(`name="digest" value="([^"]*)"`)

func TestAPageSendsWithAnApprovalTheDigestOfWhatItShows(t *testing.T) {
	h := deciding(t)
	id := h.loseNorth()
	console := New(h.config())
	wantStatus(t, order("token-platform", `{"verb":"done","incident":"`+id+`","step":"look","answers":{"hall":"west"}}`).of(console), 200)
	director, deputy := signIn(t, console, "token-director"), signIn(t, console, "token-deputy")
	page := text(t, get(path("/incidents/%s?step=go", id)).carrying(director).of(console))
	wantIn(t, page, "It lets happen", "&#34;hall&#34;:&#34;west&#34;", "&#34;copy&#34;:&#34;up&#34;")
	shown := digestField.FindStringSubmatch(page)
	if shown == nil || shown[1] != h.stepOf(id, "go").Release.Digest {
		t.Fatalf("the form has %q, and what is shown is %+v", shown, h.stepOf(id, "go").Release)
	}
	approval := url.Values{"verb": {"approve"}, "incident": {id}, "step": {"go"}, "digest": {shown[1]}}
	wantStatus(t, form("/orders", approval).carrying(director).of(console), 303)

	h.lose("ledger-south") // while the deputy still has the page open
	h.pass(2 * time.Second)
	w := form("/orders", approval).carrying(deputy).of(console)
	wantStatus(t, w, 409)
	wantIn(t, text(t, w), "no longer what you saw")
	if s := h.stepOf(id, "go"); len(s.Approvals) != 0 || s.Release.Digest == shown[1] {
		t.Errorf("it stands at %+v", s)
	}
}

func TestAnApprovalThatDoesNotSayOfWhatIsRefusedAndToldWhatToLookAt(t *testing.T) {
	h := deciding(t)
	id := h.loseNorth()
	console := New(h.config())
	wantStatus(t, order("token-platform", `{"verb":"done","incident":"`+id+`","step":"look","answers":{"hall":"west"}}`).of(console), 200)
	w := order("token-director", `{"verb":"approve","incident":"`+id+`","step":"go"}`).of(console)
	wantStatus(t, w, 409)
	digest := h.stepOf(id, "go").Release.Digest
	wantIn(t, text(t, w), "an approval is for what was shown", "holdfast incident "+id, digest[:19])
	wantStatus(t, order("token-director", `{"verb":"approve","incident":"`+id+`","step":"go","digest":"`+digest+`"}`).of(console), 200)
}

func TestAStuckStepWithAWayRoundItIsGivenUpFromItsPage(t *testing.T) {
	h := deciding(t)
	id := h.loseNorth()
	console := New(h.config())
	fast := h.stepOf(id, "fast")
	h.commit([]incident.Change{{Incident: id, Event: incident.StepFailed{Run: "1", Step: "fast", Attempt: fast.Attempt, Outcome: incident.Failed, Reason: "no responders"}}})
	director := signIn(t, console, "token-director")
	page := text(t, get(path("/incidents/%s?step=fast", id)).carrying(director).of(console))
	wantIn(t, page, `value="cannot">Cannot be done`, path("holdfast cannot %s fast --reason", id))
	status := decoded[Status](t, get("/api/v1/status").of(console))
	n := slices.IndexFunc(status.Incidents[0].Runs[0].Waiting, func(w WaitingStep) bool { return w.Step == "fast" })
	if verbs := status.Incidents[0].Runs[0].Waiting[n].Verbs; !slices.Equal(verbs, []incident.Verb{incident.VerbDone, incident.VerbRetry, incident.VerbSkip, incident.VerbCannot}) {
		t.Errorf("of the stuck step can be ordered %v", verbs)
	}
	wantStatus(t, form("/orders", url.Values{"verb": {"cannot"}, "incident": {id}, "step": {"fast"}, "reason": {"the copy is gone"}}).carrying(director).of(console), 303)
	if fast, slow := h.stepOf(id, "fast"), h.stepOf(id, "slow"); fast.Status != incident.Skipped || slow.Status != incident.Waiting {
		t.Errorf("fast is %s, and slow is %s", fast.Status, slow.Status)
	}
}

func TestAStepIsHandedOverFromItsPage(t *testing.T) {
	h := deciding(t)
	id := h.loseNorth()
	console := New(h.config())
	platform := signIn(t, console, "token-platform")
	wantStatus(t, form("/orders", url.Values{"verb": {"ack"}, "incident": {id}, "step": {"look"}}).carrying(platform).of(console), 303)
	page := text(t, get("/incidents/"+id).carrying(platform).of(console))
	wantIn(t, page, `name="verb" value="hand-over"`, `name="to"`, `<option value="platform-2">`, path("holdfast hand-over %s look PERSON --reason", id))
	wantOut(t, page, `<option value="platform-1">`) // who has it
	wantOut(t, text(t, get("/incidents/"+id).of(console)), `value="hand-over"`)
	give := url.Values{"verb": {"hand-over"}, "incident": {id}, "step": {"look"}, "to": {"platform-9"}, "reason": {"end of my shift"}}
	w := form("/orders", give).carrying(platform).of(console)
	wantStatus(t, w, 404)
	give.Set("to", " platform-2 ")
	wantStatus(t, form("/orders", give).carrying(platform).of(console), 303)
	if s := h.stepOf(id, "look"); s.Offered == nil || s.Offered.To != "platform-2" || s.Acked.Person != "platform-1" {
		t.Errorf("it is offered %+v, and is still with %s", s.Offered, s.Acked.Person)
	}
}

func TestAReportIsSaidToBeMadeOnThePageOfItsIncident(t *testing.T) {
	for name, c := range map[string]struct {
		token  string
		fields url.Values
		status int
		over   bool
	}{
		"made, with its receipt": {"token-platform", url.Values{"evidence": {"receipt 4711"}, "at": {"5s ago"}}, 303, false},
		"without evidence":       {"token-platform", url.Values{}, 409, false},
		"at no instant":          {"token-platform", url.Values{"evidence": {"receipt 4711"}, "at": {"noon"}}, 400, false},
		"not required":           {"token-director", url.Values{"over": {"true"}, "reason": {"nobody was harmed"}}, 303, true},
		"not theirs to find so":  {"token-platform", url.Values{"over": {"true"}, "reason": {"nobody was harmed"}}, 409, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := deciding(t)
			id := h.loseNorth()
			h.pass(10 * time.Second)
			console := New(h.config())
			cookie := signIn(t, console, c.token)
			page := text(t, get("/incidents/"+id).carrying(cookie).of(console))
			wantIn(t, page, "Reports to be made", `name="report" value="early-warning"`, `name="over" value="true"`, path("holdfast reported %s early-warning --evidence", id))
			c.fields.Set("verb", "reported")
			c.fields.Set("incident", id)
			c.fields.Set("report", "early-warning")
			wantStatus(t, form("/orders", c.fields).carrying(cookie).of(console), c.status)
			i, _ := h.desk.Incident(id)
			r := i.Reports[0].Reported
			if c.status != 303 {
				if r != nil {
					t.Errorf("it is on record: %+v", r)
				}
				return
			}
			if r == nil || r.NotRequired != c.over || r.Evidence != c.fields.Get("evidence") || !c.over && !r.At.Equal(h.now.Add(-5*time.Second)) {
				t.Errorf("on record is %+v", r)
			}
			wantOut(t, text(t, get("/incidents/"+id).carrying(cookie).of(console)), "Reports to be made")
		})
	}
}
