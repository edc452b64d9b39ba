package incident

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"holdfast/detector"
	"holdfast/detector/alert"
)

// depot is a house whose monitoring nobody knows; MAPPINGS stands for what its bia.yaml says of that.
const depot = `organisation: A depot
services: {gate: {needs: [db-1]}}
components: {db-1: {observers: [depot]}, web-1: {observers: [depot]}}
observers: {depot: {}}
MAPPINGS`

const byHost = `mappings:
  - subject: holdfast.alerts.depot
    each: body.events
    status: 'item.sev == "CLEAR" ? "resolved" : "firing"'
    labels: {component: item.host, effect: '"down"'}
    at: item.?ts
    fingerprint: item.id
`

func depotBy(mappings string) map[string]string {
	return map[string]string{"bia.yaml": strings.Replace(depot, "MAPPINGS", mappings, 1)}
}

// A depotDesk hears messages as the ears make them out, and is what a restart would find, too.
type depotDesk struct {
	*testing.T
	*Desk
	now      time.Time
	messages []heard
	adopted  map[int]map[string]string // after so many messages: documents
}

func newDepotDesk(t *testing.T) *depotDesk {
	return &depotDesk{T: t, Desk: NewDesk(), now: t0, adopted: map[int]map[string]string{}}
}

func (d *depotDesk) adopt(files map[string]string) {
	d.Helper()
	d.adopted[len(d.messages)] = files
	docs, problems := ParseDocuments(files)
	if problems.HasErrors() {
		d.Fatal(problems)
	}
	for _, c := range d.Adopt(docs, Actor{Rule: "test"}) {
		d.Apply(Record{At: d.now, Event: c.Event})
	}
}

func (d *depotDesk) say(subject, body string) {
	batch, err := alert.Decode([]byte(body))
	var why *alert.Unreadable
	errors.As(err, &why)
	batch.Body = []byte(body)
	d.now = d.now.Add(time.Second)
	m := heard{uint64(len(d.messages) + 1), d.now, subject, batch, why}
	d.messages = append(d.messages, m)
	d.Hear(m.sequence, m.received, m.from, m.batch, m.unreadable)
}

// expect fails the test unless the components of a list are down, and so many messages are unreadable for each reason; of
// this desk, and of one that has heard and read the same again.
func (d *depotDesk) expect(down string, unreadable map[alert.Reason]uint64) {
	d.Helper()
	again := newDepotDesk(d.T)
	for n := range len(d.messages) + 1 {
		if files, ok := d.adopted[n]; ok {
			again.adopt(files)
		}
		if n < len(d.messages) {
			m := d.messages[n]
			again.now = m.received
			again.Hear(m.sequence, m.received, m.from, m.batch, m.unreadable)
		}
	}
	for _, desk := range []*Desk{d.Desk, again.Desk} {
		var got []string
		for _, c := range desk.Components() {
			if c.State == detector.Down {
				got = append(got, c.Component)
			}
		}
		equal(d.T, strings.Join(got, " "), down)
		equal(d.T, desk.Counts().Unreadable, unreadable)
	}
	equal(d.T, again.Unread(0), d.Unread(0))
}

const (
	dbDown = `{"events": [{"id": 1, "host": "db-1", "sev": "MAJOR", "ts": null}]}`
	dbUp   = `{"events": [{"id": 1, "host": "db-1", "sev": "CLEAR"}]}`
	webOwn = `{"holdfast": 1, "alerts": [{"status": "firing", "labels": {"component": "web-1"}}]}`
	nobody = "holdfast.alerts.other"
	ours   = "holdfast.alerts.depot"
)

type reasons = map[alert.Reason]uint64

func TestAMappingReadsTheMessagesOfItsSubject(t *testing.T) {
	d := newDepotDesk(t)
	d.adopt(depotBy(byHost))
	d.say(ours, dbDown)
	d.expect("db-1", reasons{})
	d.say(nobody, dbDown)
	d.say(nobody, webOwn)
	d.expect("db-1 web-1", reasons{alert.UnknownForm: 1})
	d.say(ours, dbUp)
	d.expect("web-1", reasons{alert.UnknownForm: 1})
	equal(t, d.Counts().Alerts, uint64(3))
}

func TestAMappingComesBeforeWhatAMessageLooksLike(t *testing.T) {
	d := newDepotDesk(t)
	d.adopt(depotBy(byHost))
	d.say(ours, webOwn)
	d.expect("", reasons{alert.Malformed: 1})
	equal(t, d.Unread(0), []alert.Unread{{Sequence: 1, Subject: ours, Why: alert.Unreadable{Reason: alert.Malformed, Detail: `each cannot be made out: "no such key: events"`}}})
	d.adopt(depotBy(""))
	d.say(ours, webOwn)
	d.expect("web-1", reasons{alert.Malformed: 1})
	equal(t, len(d.Unread(1)), 0)
}

func TestAMappingReadsFromItsAdoptionOn(t *testing.T) {
	d := newDepotDesk(t)
	d.adopt(depotBy(""))
	d.say(ours, dbDown)
	d.expect("", reasons{alert.UnknownForm: 1})
	d.adopt(depotBy(byHost))
	d.expect("", reasons{alert.UnknownForm: 1})
	d.say(ours, dbDown)
	d.expect("db-1", reasons{alert.UnknownForm: 1})
	d.adopt(depotBy(strings.Replace(byHost, "item.host", "item.name", 1)))
	d.say(ours, dbUp)
	d.expect("db-1", reasons{alert.UnknownForm: 1, alert.Malformed: 1})
}

func TestWhatCameBeforeAnyDocumentsIsReadByTheFirst(t *testing.T) {
	d := newDepotDesk(t)
	d.say(ours, dbDown)
	d.say(nobody, dbDown)
	equal(t, len(d.Unread(0)), 0)
	d.adopt(depotBy(byHost))
	d.expect("db-1", reasons{alert.UnknownForm: 1})
	equal(t, d.Unread(0)[0].Sequence, uint64(2))
}

func TestWhatAMappingSpendsTooMuchOnIsUnreadable(t *testing.T) {
	d := newDepotDesk(t)
	d.adopt(depotBy(strings.Replace(byHost, "each: body.events", "each: body.events.filter(a, body.events.all(b, body.events.all(c, true)))", 1)))
	d.say(ours, `{"events": [`+strings.Repeat("1,", 300)+`1]}`)
	d.say(ours, dbDown)
	d.expect("db-1", reasons{alert.TooCostly: 1})
}

// A message of which only the beginning was kept, or alerts that nobody sent as a message, are none for a mapping.
func TestAMappingReadsWholeMessagesOnly(t *testing.T) {
	d := newDepotDesk(t)
	d.adopt(depotBy(strings.Replace(byHost, "holdfast.alerts.depot", "holdfast.alerts.>", 1)))
	d.Hear(1, t0, ours, alert.Batch{}, &alert.Unreadable{Reason: alert.TooLarge})
	d.Hear(2, t0, ours, alert.Batch{Alerts: []alert.Alert{{Status: alert.Firing, Labels: alert.LabelsOf(map[string]string{"component": "web-1"})}}}, nil)
	equal(t, d.Counts().Unreadable, reasons{alert.TooLarge: 1})
	equal(t, d.Components()[1].State, detector.Down)
}

func TestOfVeryManyUnreadableMessagesTheLastAreTold(t *testing.T) {
	d := newDepotDesk(t)
	d.adopt(depotBy(""))
	for n := range uint64(3 * mostUnread) {
		d.Hear(n+1, t0, ours, alert.Batch{}, &alert.Unreadable{Reason: alert.NotJSON})
	}
	told := d.Unread(0)
	if len(told) < mostUnread || len(told) > 2*mostUnread || told[len(told)-1].Sequence != 3*mostUnread {
		t.Errorf("%d are told, through %d", len(told), told[len(told)-1].Sequence)
	}
	equal(t, d.Counts().Unreadable, reasons{alert.NotJSON: 3 * mostUnread})
}

func TestWhatIsWrongInAMappingIsUnderlinedWhereItStands(t *testing.T) {
	var all strings.Builder
	for _, mappings := range []string{
		strings.Replace(byHost, "item.host", "itm.host", 1),
		strings.Replace(byHost, "item.host", "down", 1),
		strings.Replace(byHost, "each: body.events", "each: item.events", 1),
		strings.Replace(byHost, `'"down"'`, `"'down' + 7"`, 1),
		strings.Replace(byHost, `'"down"'`, `''`, 1),
		strings.Replace(byHost, "at: item.?ts", "at: |\n      item.ts +\n        now", 1),
		strings.Replace(byHost, "at: item.?ts", "at: >-\n      has(item.ts) ? item.ts :", 1),
		strings.Replace(byHost, "item.id", "\"{'a': \\\"ü\\\", 'b': item.id}\"", 1),
		strings.Replace(byHost, "item.id", "item.id.matches('(a')", 1),
		strings.Replace(byHost, "holdfast.alerts.depot", "holdfast.log.0", 1),
		strings.Replace(byHost, "holdfast.alerts.depot", "depot.>.a", 1),
		strings.Replace(byHost, "holdfast.alerts.depot", "holdfast.alerts.>", 1),
		strings.Replace(byHost, "{component: item.host, effect: '\"down\"'}", "{}", 1),
		strings.Replace(byHost, "status:", "state:", 1),
		strings.Replace(byHost, `'item.sev == "CLEAR" ? "resolved" : "firing"'`, "item.sev == 7", 1),
		strings.Replace(byHost, `'item.sev == "CLEAR" ? "resolved" : "firing"'`, "[up, down]", 1),
		byHost + strings.TrimPrefix(byHost, "mappings:\n"),
		"mappings: {subject: a}\n",
	} {
		_, problems := ParseDocuments(depotBy(mappings))
		found := 0
		for _, p := range problems {
			if strings.HasPrefix(p.Rule, "bia/mapping") || strings.HasPrefix(p.Rule, "document/") {
				found++
				all.WriteString(p.String() + "\n")
			}
		}
		if found == 0 {
			t.Errorf("nothing is found wrong with %s", mappings)
		}
	}
	golden := "testdata/mappings.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, all.String(), string(want))
}

func TestAnIncidentHearsByTheMappingsOfTheTextItIsJudgedBy(t *testing.T) {
	d := newDepotDesk(t)
	settle := func(after time.Duration) {
		d.now = d.now.Add(after)
		for changes := d.Due(d.now); len(changes) > 0; changes = d.Due(d.now) {
			for _, c := range changes {
				d.Apply(Record{At: d.now, Incident: c.Incident, Event: c.Event})
			}
		}
	}
	d.adopt(depotBy(byHost))
	d.say(ours, dbDown)
	settle(10 * time.Minute)
	if open := d.Incidents(); len(open) != 1 || !open[0].Open() {
		t.Fatalf("expected an open incident, found %d incidents", len(open))
	}
	d.adopt(depotBy("")) // which nobody can read that by any more
	d.say(ours, dbUp)
	settle(time.Hour)
	all := d.Incidents()
	if first := all[len(all)-1]; first.Open() { // by the text in force nobody has heard of it, which opens another
		t.Errorf("it did not hear of the recovery: %s", first.Verdict.Explanation.Summary)
	}
	equal(t, d.Counts().Unreadable, reasons{alert.UnknownForm: 1})
}

func TestAMappingReadsEachOfSeveralBodiesAndOneThatItCannotReadSilencesNone(t *testing.T) {
	d := newDepotDesk(t)
	d.adopt(depotBy(byHost))
	lengths, body := alert.Together([][]byte{[]byte(dbDown), []byte(webOwn), []byte(strings.ReplaceAll(dbDown, "db-1", "web-1"))})
	batch, err := alert.DecodeMessage(map[string][]string{alert.HeaderBodies: {lengths}}, body)
	var why *alert.Unreadable
	errors.As(err, &why)
	batch.Body = body
	m := heard{1, d.now.Add(time.Second), ours, batch, why}
	d.messages = append(d.messages, m)
	d.Hear(m.sequence, m.received, m.from, m.batch, m.unreadable)
	d.expect("db-1 web-1", reasons{alert.Malformed: 1})
	says(t, d.Unread(0)[0].Why.Detail, "body 2 of 3: ", "no such key: events")
}
