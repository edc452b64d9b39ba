package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"holdfast/detector/alert"
	"holdfast/examples"
	"holdfast/incident"
	"holdfast/oncall"
)

// morning is when every story begins.
var morning = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// A house is a real desk whose journal is memory and whose clock stands until it is moved.
type house struct {
	t        *testing.T
	mu       sync.Mutex
	desk     *incident.Desk
	now      time.Time
	sequence uint64
	log      []stored // the alert log
	down     error    // why nothing can be stored
}

type stored struct {
	Subject string
	Header  map[string][]string
	Body    string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	return newHouseOf(t, parcels(t))
}

// newHouseOf is a house with documents of its own.
func newHouseOf(t *testing.T, files map[string]string) *house {
	t.Helper()
	h := &house{t: t, desk: incident.NewDesk(), now: morning}
	docs, problems := incident.ParseDocuments(files)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	h.commit(h.desk.TakeOver("console-test", "test"))
	h.commit(h.desk.Adopt(docs, incident.Actor{Rule: "test"}))
	return h
}

// parcels are the documents of the example organisation.
func parcels(t *testing.T) map[string]string {
	t.Helper()
	dir, err := fs.Sub(examples.Parcels, "parcels/continuity")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	err = fs.WalkDir(dir, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(dir, path)
		files[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func (h *house) Look(see func(*incident.Desk)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	see(h.desk)
}

func (h *house) Order(_ context.Context, by *oncall.Person, c incident.Command) ([]incident.Change, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down != nil {
		return nil, h.down
	}
	changes, err := h.desk.Order(h.now, by, c)
	h.commit(changes)
	h.settle()
	return changes, err
}

func (h *house) Publish(_ context.Context, subject string, header map[string][]string, body []byte) (uint64, error) {
	if h.down != nil {
		return 0, h.down
	}
	h.log = append(h.log, stored{subject, header, string(body)})
	return uint64(len(h.log)), nil
}

func (h *house) commit(changes []incident.Change) {
	h.sequence++
	for _, c := range changes {
		h.desk.Apply(incident.Record{Sequence: h.sequence, At: h.now, Incident: c.Incident, Event: c.Event})
	}
}

// settle commits what is due until nothing is.
func (h *house) settle() {
	for range 100 {
		due := h.desk.Due(h.now)
		if len(due) == 0 {
			return
		}
		h.commit(due)
	}
	h.t.Fatal("the desk never comes to rest")
}

// pass lets time go by, waking the desk when it asks for it, while the monitoring beats.
func (h *house) pass(d time.Duration) {
	end := h.now.Add(d)
	for h.settle(); h.now.Before(end); h.settle() {
		next := h.now.Add(2 * time.Second)
		if at, ok := h.desk.NextAt(); ok && at.Before(next) && at.After(h.now) {
			next = at
		}
		h.now = next
		if h.now.After(end) {
			h.now = end
		}
		h.beat()
	}
}

// beat is the heartbeat of both observers.
func (h *house) beat() {
	for _, observer := range []string{"prom-south", "probes"} {
		h.hear(alert.Alert{Status: alert.Firing, Labels: alert.LabelsOf(map[string]string{"alertname": "Watchdog", "observer": observer})})
	}
}

func (h *house) hear(alerts ...alert.Alert) {
	for _, a := range alerts { // each where its observer speaks
		h.sequence++
		h.desk.Hear(h.sequence, h.now, "holdfast.alerts."+cmp.Or(a.Labels.Get("observer"), "test"), alert.Batch{Format: "alertmanager", Alerts: []alert.Alert{a}}, nil)
	}
}

// lose makes both observers say that components are down.
func (h *house) lose(components ...string) {
	for _, c := range components {
		for _, observer := range []string{"prom-south", "probes"} {
			h.hear(alert.Alert{Status: alert.Firing, StartsAt: h.now, Labels: alert.LabelsOf(map[string]string{"alertname": "Down", "component": c, "observer": observer})})
		}
	}
	h.settle()
}

// loseNorth loses the northern data centre, and waits until the playbook asks people.
func (h *house) loseNorth() string {
	h.t.Helper()
	h.beat()
	h.pass(10 * time.Second)
	h.lose("booking-north-1", "booking-north-2", "tracking-north", "ledger-north", "gateway-north", "booking-entrance", "ledger-writes")
	h.pass(5 * time.Second)
	all := h.desk.Incidents()
	if len(all) != 1 || len(all[0].Runs) != 1 {
		h.t.Fatalf("the north is lost, but there are %d incidents, none with one run: %+v", len(all), all)
	}
	return all[0].ID
}

// tokens are what the people of the house prove themselves with.
var tokens = map[string]string{"token-platform": "platform-1", "token-director": "director-1", "token-deputy": "director-2", "token-ledger": "ledger-1"}

func (h *house) authenticate(token string) (*oncall.Person, bool) {
	id, ok := tokens[token]
	return &oncall.Person{ID: id}, ok
}

// config is a console of the house as it is on a loopback bind.
func (h *house) config() Config {
	return Config{House: h, Publisher: h, Authenticate: h.authenticate, Now: func() time.Time { return h.now }, Version: "test", Logger: zerolog.Nop(), LoopbackOpen: true}
}

// An ask is a request, made step by step.
type ask struct{ *http.Request }

func request(method, path, body string) ask {
	r := httptest.NewRequestWithContext(context.Background(), method, "http://127.0.0.1:9464"+path, strings.NewReader(body))
	return ask{r}
}

func (a ask) as(token string) ask { return a.with("Authorization", "Bearer "+token) }

func (a ask) with(header, value string) ask {
	a.Header.Set(header, value)
	return a
}

func (a ask) of(h http.Handler) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, a.Request)
	return w
}

func get(path string) ask { return request("GET", path, "") }

// order is a command sent by whoever has the token.
func order(token, command string) ask {
	return request("POST", "/api/v1/commands", command).as(token).with("Content-Type", "application/json")
}

func text(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func wantStatus(t *testing.T, w *httptest.ResponseRecorder, status int) {
	t.Helper()
	if w.Code != status {
		t.Fatalf("answered %d, not %d: %s", w.Code, status, w.Body)
	}
}

func wantIn(t *testing.T, body string, pieces ...string) {
	t.Helper()
	for _, piece := range pieces {
		if !strings.Contains(body, piece) {
			t.Errorf("%q is not in:\n%s", piece, body)
		}
	}
}

func wantOut(t *testing.T, body string, pieces ...string) {
	t.Helper()
	for _, piece := range pieces {
		if strings.Contains(body, piece) {
			t.Errorf("%q must not be in:\n%s", piece, body)
		}
	}
}

var errDown = errors.New("nats: no responders available for request")

func path(format string, args ...any) string { return fmt.Sprintf(format, args...) }
