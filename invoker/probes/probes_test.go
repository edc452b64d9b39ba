package probes_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"holdfast/bia"
	"holdfast/detector"
	"holdfast/detector/alert"
	"holdfast/invoker/actions"
	"holdfast/invoker/probes"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// A house is a shop with a website and a ledger, which holdfast looks at, and a detector that hears what it says.
type house struct {
	t        *testing.T
	prober   *probes.Prober
	detector *detector.Detector
	subjects []string
	bodies   []string
	refused  error // of the alert log
	now      time.Time
}

func open(t *testing.T, site, ledger string) *house {
	t.Helper()
	a, problems := bia.Parse("bia.yaml", []byte(fmt.Sprintf(`
organisation: A shop
observers:
  prom: {}
  own-eyes: {own: true}
components:
  ledger: {observers: [prom, own-eyes], quorum: 2}
services:
  shop: {vital: true, rto: 4h, mtpd: 8h, rtc: 1h, needs: [ledger]}
probes:
  site: {service: shop, http: {url: %q, says: open}, every: 10s, timeout: 2s}
  ledger: {component: ledger, tcp: %q, every: 30s, timeout: 2s}
`, site, ledger)))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	allow, err := actions.ParseTarget(strings.TrimSuffix(site, "/health"))
	if err != nil {
		t.Fatal(err)
	}
	port, err := actions.ParseEndpoint(ledger)
	if err != nil {
		t.Fatal(err)
	}
	hands, err := actions.New(actions.Config{HTTP: []actions.Target{allow}, TCP: []actions.Target{port}, Logger: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, detector: detector.New(a), now: noon}
	h.prober = &probes.Prober{Analysis: func() *bia.Analysis { return a }, InCharge: func() bool { return true }, Look: probes.With(hands), Now: func() time.Time { return h.now }, Logger: zerolog.Nop(),
		Publish: func(_ context.Context, subject string, body []byte) error {
			if h.refused != nil {
				return h.refused
			}
			batch, err := alert.Decode(body)
			if err != nil {
				t.Fatalf("it says what nobody can read: %v\n%s", err, body)
			}
			h.subjects, h.bodies = append(h.subjects, subject), append(h.bodies, string(body))
			h.detector.Observe(h.now, subject, batch.Alerts...)
			return nil
		}}
	return h
}

// round lets time come to an offset, and the probes look that are due then.
func (h *house) round(offset time.Duration) {
	h.t.Helper()
	h.now = noon.Add(offset)
	if err := h.prober.Round(h.t.Context(), h.now); err != nil && h.refused == nil {
		h.t.Fatal(err)
	}
}

func (h *house) unseen(id string) string { return h.detector.FactsAt(h.now).Unseen(id) }

// A shop on the net, of which a test says how it is.
func shop(t *testing.T) (url string, answer *atomic.Value) {
	t.Helper()
	answer = &atomic.Value{}
	answer.Store("200 open")
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var status int
		var says string
		text, _ := answer.Load().(string)
		_, _ = fmt.Sscan(text, &status, &says)
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, says)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/health", answer
}

func ledger(t *testing.T) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestWhatHoldfastSeesItselfIsHeardLikeEveryOtherObserver(t *testing.T) {
	site, answer := shop(t)
	db := ledger(t)
	h := open(t, site, db.Addr().String())
	h.round(0)
	if why := h.unseen("shop"); !strings.Contains(why, "says that shop is up") {
		t.Errorf("of a shop that is open: %q", why)
	}
	for _, down := range []string{"503 open", "200 closed", "302 open"} {
		answer.Store(down)
		h.round(h.now.Sub(noon) + 10*time.Second)
		if why := h.unseen("shop"); why != "" {
			t.Errorf("it answers %s: %q", down, why)
		}
		answer.Store("200 open")
		h.round(h.now.Sub(noon) + 10*time.Second)
		if why := h.unseen("shop"); !strings.Contains(why, "is up") {
			t.Errorf("it is back after %s: %q", down, why)
		}
	}
	_ = db.Close()
	h.round(90 * time.Second)
	if why := h.unseen("ledger"); why != "" {
		t.Errorf("nobody takes a connection: %q", why)
	}
	for _, s := range h.subjects {
		if s != bia.OwnSubject {
			t.Errorf("it speaks on %s", s)
		}
	}
}

// An answer that does not come is none; who hangs must not hold up what else is looked at.
func TestWhatDoesNotAnswerInTimeIsDown(t *testing.T) {
	silent := ledger(t) // takes connections, and never answers
	h := open(t, "http://"+silent.Addr().String()+"/health", silent.Addr().String())
	h.round(0)
	if why := h.unseen("shop"); why != "" {
		t.Errorf("it never answers: %q", why)
	}
	if why := h.unseen("ledger"); !strings.Contains(why, "is up") {
		t.Errorf("it takes connections: %q", why)
	}
}

// What hangs is waited for by nobody: what the others see is said meanwhile, and they look again when their time has come.
func TestAProbeThatHangsHoldsUpNoOther(t *testing.T) {
	h := open(t, "http://127.0.0.1:1/health", "127.0.0.1:1")
	hangs, bodies := make(chan struct{}), make(chan string, 8)
	var atTheSite atomic.Int32
	h.prober.Look = func(_ context.Context, p *bia.Probe) error {
		if p.ID == "site" {
			atTheSite.Add(1)
			<-hangs
		}
		return nil
	}
	h.prober.Publish = func(_ context.Context, _ string, body []byte) error {
		bodies <- string(body)
		return nil
	}
	said := func(probe string) {
		t.Helper()
		select {
		case body := <-bodies:
			if !strings.Contains(body, `"probe":"`+probe+`"`) || strings.Count(body, `"HoldfastProbe"`) != 1 {
				t.Errorf("expected what %s sees, and nothing else: %s", probe, body)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("what %s sees is not said while another hangs", probe)
		}
	}
	ended := make(chan error, 2)
	for _, offset := range []time.Duration{30 * time.Second, 60 * time.Second} {
		go func() { ended <- h.prober.Round(t.Context(), noon.Add(offset)) }()
		said("ledger")
	}
	if err := <-ended; err != nil { // the second round, which left out what still hangs
		t.Error(err)
	}
	close(hangs)
	said("site")
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if n := atTheSite.Load(); n != 1 {
		t.Errorf("the site was looked at %d times at once", n)
	}
}

func TestWhatMayNotBeCalledSaysNothing(t *testing.T) {
	site, _ := shop(t)
	h := open(t, site, ledger(t).Addr().String())
	nobody, err := actions.New(actions.Config{Logger: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	h.prober.Look = probes.With(nobody)
	h.round(0)
	for _, id := range []string{"shop", "ledger"} {
		if why := h.unseen(id); !strings.Contains(why, "cannot tell") {
			t.Errorf("%s: %q", id, why)
		}
	}
	if !strings.Contains(h.bodies[0], "not on the allow-list") {
		t.Errorf("it does not say why: %s", h.bodies[0])
	}
}

func TestEachLooksAtMultiplesOfItsIntervalByTheClock(t *testing.T) {
	site, _ := shop(t)
	h := open(t, site, ledger(t).Addr().String())
	a := h.prober.Analysis()
	at := noon.Add(time.Second)
	var got []string
	for range 4 {
		at = probes.Next(a, at)
		got = append(got, at.Sub(noon).String())
	}
	if want := "10s 20s 30s 40s"; strings.Join(got, " ") != want {
		t.Errorf("something is due at %v, expected %s", got, want)
	}
	for offset, want := range map[time.Duration]int{10 * time.Second: 1, 30 * time.Second: 2} {
		h.bodies = nil
		h.round(offset)
		said := strings.Join(h.bodies, "\n")
		if n := strings.Count(said, `"HoldfastProbe"`); n != want {
			t.Errorf("at %s %d looked, expected %d: %s", offset, n, want, said)
		}
	}
}

// Of what was seen long ago nobody knows whether it is so.
func TestASightThatIsNotFreshIsNone(t *testing.T) {
	site, answer := shop(t)
	answer.Store("503 closed")
	h := open(t, site, ledger(t).Addr().String())
	h.round(0)
	if why := h.unseen("shop"); why != "" {
		t.Fatalf("it is closed: %q", why)
	}
	h.refused = errors.New("the log is full")
	for offset := 10 * time.Second; offset <= 3*time.Minute; offset += 10 * time.Second {
		h.round(offset)
	}
	if why := h.unseen("shop"); !strings.Contains(why, "is silent") {
		t.Errorf("for three minutes nothing was said: %q", why)
	}
	h.refused = nil
	h.round(4 * time.Minute)
	if why := h.unseen("shop"); why != "" {
		t.Errorf("it is said again: %q", why)
	}
}

func TestWhoIsNotInChargeKeepsQuiet(t *testing.T) {
	site, _ := shop(t)
	h := open(t, site, ledger(t).Addr().String())
	h.prober.InCharge = func() bool { return false }
	h.now = noon.Add(10*time.Second - 5*time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := h.prober.Run(ctx); err != nil || len(h.bodies) > 0 {
		t.Errorf("it said %v, and ended with %v", h.bodies, err)
	}
	h.prober.InCharge = func() bool { return true }
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	publish := h.prober.Publish
	h.prober.Publish = func(_ context.Context, subject string, body []byte) error {
		cancel()
		return publish(ctx, subject, body)
	}
	if err := h.prober.Run(ctx); err != nil || len(h.bodies) != 1 {
		t.Errorf("in charge it said %v, and ended with %v", h.bodies, err)
	}
}
