package console

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/incident"
)

const exercised = "exercise-move-booking-to-south-1123"

// rehearse orders an exercise of the example's playbook, which runs until its first question.
func (h *house) rehearse(kind string) {
	h.t.Helper()
	w := order("token-director", path(`{"verb":"rehearse","playbook":"move-booking-to-south","exercise":%q,"reason":"the yearly one"}`, kind)).of(New(h.config()))
	wantStatus(h.t, w, 200)
	h.pass(time.Second)
}

func TestAnExerciseIsNotAmongTheIncidents(t *testing.T) {
	h := newHouse(t)
	h.beat()
	h.pass(10 * time.Second)
	h.rehearse("full")
	var status Status
	if err := json.Unmarshal([]byte(text(t, get("/api/v1/status").of(New(h.config())))), &status); err != nil {
		t.Fatal(err)
	}
	if len(status.Incidents) != 0 || len(status.Exercises) != 1 || status.Exercises[0].ID != exercised || status.Exercises[0].Exercise != "full" {
		t.Errorf("incidents %+v, exercises %+v", status.Incidents, status.Exercises)
	}
	wantOut(t, text(t, get("/api/v1/incidents?all=true").of(New(h.config()))), "exercise-")
	wantIn(t, text(t, get("/api/v1/incidents/"+exercised).of(New(h.config()))), `"exercise": "full"`)
	wantIn(t, text(t, get("/api/v1/exercises").of(New(h.config()))), `"id": "`+exercised+`"`, `"state": "not verified"`, `"why": "it was never exercised"`)
}

// What somebody has only begun to exercise has shown nothing, and one who looks at the list must not take it for shown.
func TestAnExerciseThatIsUnderWayHasExercisedNothingYet(t *testing.T) {
	h := newHouse(t)
	h.beat()
	h.pass(10 * time.Second)
	h.rehearse("tabletop")
	listed := func() PlaybookStatus {
		t.Helper()
		for _, p := range decoded[Playbooks](t, get("/api/v1/playbooks").of(New(h.config()))).Playbooks {
			if p.Playbook == "move-booking-to-south" {
				return p
			}
		}
		t.Fatal("it is not listed")
		return PlaybookStatus{}
	}
	if p := listed(); p.Exercised != nil || len(p.Exercising) != 1 || p.Exercising[0] != exercised+"/1" || len(p.Running) != 0 {
		t.Errorf("under way it is exercised %+v, exercising %v, running %v", p.Exercised, p.Exercising, p.Running)
	}
	wantStatus(t, get("/api/v1/playbooks/move-booking-to-south/diff").of(New(h.config())), 404)
	w := order("token-director", path(`{"verb":"stand-down","incident":%q,"reason":"enough for today"}`, exercised)).of(New(h.config()))
	wantStatus(t, w, 200)
	h.pass(time.Second)
	if p := listed(); p.Exercised == nil || p.Exercised.Result != "stood_down" || p.Exercised.Exercise != "tabletop" || len(p.Exercising) != 0 {
		t.Errorf("in the end it is exercised %+v, exercising %v", p.Exercised, p.Exercising)
	}
}

func TestWhatChangedSinceTheLastExerciseIsShown(t *testing.T) {
	files := parcels(t)
	h := newHouseOf(t, files)
	h.beat()
	h.pass(10 * time.Second)
	h.rehearse("tabletop")
	wantStatus(t, order("token-director", path(`{"verb":"stand-down","incident":%q,"reason":"enough for today"}`, exercised)).of(New(h.config())), 200)
	since := func() PlaybookDiff {
		t.Helper()
		w := get("/api/v1/playbooks/move-booking-to-south/diff").of(New(h.config()))
		wantStatus(t, w, 200)
		return decoded[PlaybookDiff](t, w)
	}
	if d := since(); d.Count() != 0 || d.Since.Run != exercised+"/1" || d.Since.Exercise != "tabletop" {
		t.Errorf("nothing has changed since %+v, and %d differences are shown", d.Since, d.Count())
	}
	const playbook = "playbooks/move-booking-to-south.yaml"
	before := files[playbook]
	files[playbook] = strings.Replace(before, "rtc: 20s", "rtc: 25s", 1)
	docs, problems := incident.ParseDocuments(files)
	if problems.HasErrors() || files[playbook] == before {
		t.Fatalf("the example is another one: %v", problems)
	}
	h.commit(h.desk.Adopt(docs, incident.Actor{Rule: "reload"}))
	if d := since(); d.Count() != 1 || !d.Since.Changed {
		t.Errorf("its RTC has changed since %+v, and %d differences are shown", d.Since, d.Count())
	}
}

func TestEveryPageOfAnExerciseSaysThatItIsOne(t *testing.T) {
	h := newHouse(t)
	h.beat()
	h.pass(10 * time.Second)
	h.rehearse("full")
	home := text(t, get("/").as("token-platform").of(New(h.config())))
	wantIn(t, home, "EXERCISE (full)", "No incident is open", "EXERCISE (full): ")
	page := text(t, get("/incidents/"+exercised).as("token-platform").of(New(h.config())))
	wantIn(t, page, "<title>EXERCISE (full): "+exercised, "this is practised", ">EXERCISE</span>")
	wantOut(t, page, "DISASTER")
}

// figures of what is live: all that /metrics shows of the house, without the exercises' own and without the clock.
func liveFigures(t *testing.T, h *house) string {
	t.Helper()
	own := regexp.MustCompile(`^(# (HELP|TYPE) )?(go_|process_|promhttp_|holdfast_exercise|holdfast_playbook_verified|holdfast_alerts_received)`)
	var live []string
	for _, line := range strings.Split(text(t, get("/metrics").of(New(h.config()))), "\n") {
		if !own.MatchString(line) {
			live = append(live, line)
		}
	}
	return strings.Join(live, "\n")
}

func TestAnExerciseCountsInNoFigureOfWhatIsLive(t *testing.T) {
	h := newHouse(t)
	h.beat()
	h.pass(10 * time.Second)
	before := liveFigures(t, h)
	h.rehearse("full")
	h.pass(20 * time.Second) // somebody is escalated to
	for _, command := range []string{`"verb":"ack","step":"page"`, `"verb":"done","step":"assess","answers":{"estimated_time_to_restore":"1h"}`, `"verb":"cannot","step":"assess"`} {
		order("token-platform", path(`{%s,"incident":%q,"reason":"practised"}`, command, exercised)).of(New(h.config()))
	}
	h.pass(time.Minute)
	if diff := cmp.Diff(before, liveFigures(t, h)); diff != "" {
		t.Errorf("what is live counts an exercise:\n%s", diff)
	}
	wantIn(t, text(t, get("/metrics").of(New(h.config()))), `holdfast_exercises_open{kind="full"} 1`, `holdfast_playbook_verified{playbook="move-booking-to-south"} 0`)
}
