package console

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

func expectGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (run with -update if it is meant):\n%s", file, diff)
	}
}

// explained is why the incident of the lost north is on its level.
func (h *house) explained(id string) (e Explained) {
	h.t.Helper()
	console := New(h.config())
	if err := json.Unmarshal([]byte(text(h.t, get("/api/v1/incidents/"+id+"/explain").of(console))), &e); err != nil {
		h.t.Fatal(err)
	}
	return e
}

func TestTheExplanationIsTheSameObjectAsJSONAndAsAFragmentOfAPage(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	h.pass(2 * time.Second)
	e := h.explained(id)
	e.JudgedBy = "" // the digest of the example, which may be edited
	whole, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	expectGolden(t, "testdata/explanation.json", string(whole)+"\n")
	var fragment bytes.Buffer
	if err := parsePages().templates["incident"].ExecuteTemplate(&fragment, "explanation", e); err != nil {
		t.Fatal(err)
	}
	expectGolden(t, "testdata/explanation.html", fragment.String())
	page := text(t, get("/incidents/"+id).of(New(h.config())))
	if !strings.Contains(page, strings.TrimSpace(fragment.String())) {
		t.Error("the page of the incident does not hold the fragment")
	}
}

// Where monitoring says that the north is lost and no probe of holdfast's own does, people decide, and every form says why.
func TestTheExplanationNamesTheGateThatLeavesADeclarationToPeople(t *testing.T) {
	files := parcels(t)
	text := strings.NewReplacer("\nobservers: ", "\nprobes: {site: {service: booking-api, http: {url: \"https://parcels.example/\"}}}\n\nobservers: ",
		"  probes:     {", "  own-eyes:   {own: true}\n  probes:     {", "mode: automatic\n", "mode: automatic\n  require: {own_probe: true}\n").Replace(files["bia.yaml"])
	if strings.Count(text, "own") < 3 {
		t.Fatal("the example has changed, and this does not fit it any more")
	}
	files["bia.yaml"] = text
	h := newHouseOf(t, files)
	h.beat()
	h.pass(10 * time.Second)
	h.lose("booking-north-1", "booking-north-2", "tracking-north", "ledger-north", "gateway-north", "booking-entrance", "ledger-writes")
	h.pass(5 * time.Second)
	id := h.desk.Incidents()[0].ID
	e := h.explained(id)
	const gate = "own_probe is asked for, and own-eyes, holdfast's own probe, has said nothing of booking-api"
	if e.Gate != gate {
		t.Fatalf("the gate is %q", e.Gate)
	}
	var fragment bytes.Buffer
	if err := parsePages().templates["incident"].ExecuteTemplate(&fragment, "explanation", e); err != nil {
		t.Fatal(err)
	}
	expectGolden(t, "testdata/explanation-gate.html", fragment.String())
	wantIn(t, strings.ReplaceAll(fragment.String(), "&#39;", "'"), "Not declared by itself", gate)
	wantIn(t, pageOf(t, h, id), gate)
}

// pageOf is the page of an incident, as people read it.
func pageOf(t *testing.T, h *house, id string) string {
	t.Helper()
	return strings.ReplaceAll(text(t, get("/incidents/"+id).of(New(h.config()))), "&#39;", "'")
}

func TestEveryFormOfTheExplanationSaysAllOfIt(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	e := h.explained(id)
	var fragment bytes.Buffer
	if err := parsePages().templates["incident"].ExecuteTemplate(&fragment, "explanation", e); err != nil {
		t.Fatal(err)
	}
	v := e.Verdict
	for what, all := range map[string][]string{"level": {e.Before()}, "scope": e.Scope(), "start": e.Start(), "clocks": e.Clocks(), "not counted": v.Explanation.NotCounted, "counterfactual": v.Counterfactual()} {
		if len(all) == 0 && what != "not counted" {
			t.Errorf("nothing is said of the %s", what)
		}
		wantIn(t, fragment.String(), all...)
	}
	for _, c := range e.Criteria() {
		wantIn(t, fragment.String(), c.ID)
		wantIn(t, fragment.String(), c.Evidence...)
	}
}

func TestAnIncidentShowsThePlaybooksThatMatchWithTheirPreconditions(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	var i struct{ Playbooks []PlaybookFit }
	if err := json.Unmarshal([]byte(text(t, get("/api/v1/incidents/"+id).of(New(h.config())))), &i); err != nil {
		t.Fatal(err)
	}
	if len(i.Playbooks) != 1 || len(i.Playbooks[0].Preconditions) == 0 {
		t.Fatalf("expected the playbook that was invoked, with its preconditions: %+v", i.Playbooks)
	}
	for _, c := range i.Playbooks[0].Preconditions {
		if c.Answer == "" || c.Needs == "" {
			t.Errorf("%+v", c)
		}
	}
}

// What an explanation says comes in part from alerts, which anybody may send.
func TestHostileTextAnywhereInAnExplanationIsShownAndDoesNothing(t *testing.T) {
	h := newHouse(t)
	e := h.explained(h.loseNorth())
	const hostile = `"'></td><script>alert(1)</script><img src=x onerror=alert(2)>` + "\u202eevil\u200b\x07\u009b31m"
	if n := spoil(reflect.ValueOf(&e).Elem(), hostile); n < 50 {
		t.Fatalf("only %d texts were spoilt: the test has lost its grip", n)
	}
	var fragment bytes.Buffer
	if err := parsePages().templates["incident"].ExecuteTemplate(&fragment, "explanation", e); err != nil {
		t.Fatal(err)
	}
	shown := string(bytes.Map(harmless, fragment.Bytes())) // as the whole page is
	wantIn(t, shown, "&lt;script&gt;alert(1)")
	wantOut(t, shown, "<script", "<img", `"'>`, "\u202e", "\u200b", "\x07", "\u009b")
}

// spoil adds a text to every text of a value, and says to how many.
func spoil(v reflect.Value, with string) (n int) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() && v.Kind() == reflect.Pointer {
			n = spoil(v.Elem(), with)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			n += spoil(v.Field(i), with)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			n += spoil(v.Index(i), with)
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString(v.String() + with)
			n = 1
		}
	}
	return n
}
