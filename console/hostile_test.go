package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/detector/alert"
	"holdfast/detector/watch"
	"holdfast/journal"
	"holdfast/journal/embedded"
)

// hostile are messages that nobody should send, and why each is not read; no reason: it is read, for what it says can be
// believed but for its times.
var hostile = []struct {
	name   string
	body   string
	reason alert.Reason
}{
	{"nothing", "", alert.NotJSON},
	{"cut off", oneAlert[:len(oneAlert)/2], alert.NotJSON},
	{"10 MB of spaces before an alert", strings.Repeat(" ", 10<<20) + oneAlert, alert.TooLarge},
	{"10 MB in one label", group(1, 10<<20), alert.TooLarge},
	{"10 MB of brackets", strings.Repeat("[", 10<<20), alert.TooLarge},
	{"nested", `{"version":"4","alerts":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, alert.TooDeep},
	{"Latin-1", strings.Replace(oneAlert, "Down", "Ausfall f\xfcr alle", 1), alert.NotUTF8},
	{"a surrogate in UTF-8", strings.Replace(oneAlert, "Down", "\xed\xa0\x80", 1), alert.NotUTF8},
	{"a key twice", strings.Replace(oneAlert, `"status":"firing","labels"`, `"status":"firing","status":"resolved","labels"`, 1), alert.DuplicateKey},
	{"a key twice, in another case", strings.Replace(oneAlert, `"status":"firing","labels"`, `"status":"firing","Status":"resolved","labels"`, 1), alert.DuplicateKey},
	{"a key in another case", strings.Replace(oneAlert, `"alerts"`, `"Alerts"`, 1), alert.UnknownForm},
	{"not a number", strings.Replace(oneAlert, `"Down"`, `NaN`, 1), alert.NotANumber},
	{"infinity", strings.Replace(oneAlert, `"Down"`, `-Infinity`, 1), alert.NotANumber},
	{"a page of HTML", "<!doctype html><title>502 Bad Gateway</title>", alert.NotJSON},
	{"an array", "[]", alert.UnknownForm},
	{"zero bytes", strings.Repeat("\x00", 100), alert.NotJSON},
	{"the year 1", at("0001-01-01T00:00:00Z"), ""},
	{"the year 9999", at("9999-12-31T23:59:59.999999999Z"), ""},
	{"the year 10000", at("10000-01-01T00:00:00Z"), alert.Malformed},
	{"a negative year", at("-0001-01-01T00:00:00Z"), alert.Malformed},
	{"a day that is not", at("2026-02-30T00:00:00Z"), alert.Malformed},
	{"a zone that is not", at("2026-02-20T00:00:00+99:99"), alert.Malformed},
}

// at is an alert that began at a time.
func at(startsAt string) string {
	return fmt.Sprintf(`{"version":"4","status":"firing","alerts":[{"status":"firing","startsAt":%q,"labels":{"alertname":"Old"}}]}`, startsAt)
}

// The whole way: HTTP or NATS, JetStream on disk, the ears, the desk. Each hostile message is followed by a good one.
func TestWhateverIsSentIsBuriedWithItsReasonAndWhatFollowsIsHeard(t *testing.T) {
	server, err := embedded.Start(embedded.Options{Store: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	conn, log := openJournal(t, server)
	h := newHouse(t)
	cfg := h.config()
	cfg.Publisher = log
	web := httptest.NewServer(New(cfg))
	t.Cleanup(web.Close)

	var want []string
	unread := map[alert.Reason]uint64{}
	for n, m := range hostile {
		for _, body := range []string{m.body, fmt.Sprintf(`{"holdfast":1,"alerts":[{"status":"firing","labels":{"observer":"probes","component":"good-%d"}}]}`, n)} {
			send(t, web.URL, conn, n%2 == 0, body)
		}
		if m.reason != "" {
			unread[m.reason]++
			want = append(want, fmt.Sprintf("%s: %s", m.name, m.reason))
		}
	}

	heard, enough := 0, errors.New("enough")
	var got []string
	err = watch.Run(t.Context(), log, 0, func(_ context.Context, m watch.Heard) error {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.desk.Hear(m.Sequence, m.Received, m.Subject, m.Batch, m.Unreadable)
		if m.Unreadable != nil {
			got = append(got, fmt.Sprintf("%s: %s", hostile[heard].name, m.Unreadable.Reason))
		}
		if len(m.Batch.Alerts) == 1 && strings.HasPrefix(m.Batch.Alerts[0].Labels.Get("component"), "good-") {
			heard++
		}
		if m.CaughtUp {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if heard != len(hostile) {
		t.Errorf("of %d good alerts %d were heard", len(hostile), heard)
	}
	undertake(t, log, h.desk.Unread(0))
	h.settle()
	if diff := cmp.Diff(unread, h.desk.Counts().Unreadable); diff != "" {
		t.Errorf("counted (-want +got)\n%s", diff)
	}
	if n := h.desk.Counts().Suspect; n < 2 {
		t.Errorf("of the times that cannot be, %d were noticed", n)
	}
	wantIn(t, text(t, get("/metrics").of(New(cfg))), `holdfast_alerts_unreadable_total{reason="too_deep"} 1`)
	deadLetters(t, conn, len(want))
}

func openJournal(t *testing.T, server *embedded.Server) (*nats.Conn, *journal.Streams) {
	t.Helper()
	conn, err := server.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	log, err := journal.Open(t.Context(), js, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return conn, log
}

// send brings a message by HTTP, or by NATS while it fits.
func send(t *testing.T, url string, conn *nats.Conn, web bool, body string) {
	t.Helper()
	if !web && len(body) < 1<<20 {
		if _, err := conn.Request("holdfast.alerts.probes", []byte(body), 5*time.Second); err != nil {
			t.Fatal(err)
		}
		return
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/v1/alerts/alertmanager", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%.40q is answered %s", body, answer.Status)
	}
}

// deadLetters holds what was buried to its number, and each to its reason.
func deadLetters(t *testing.T, conn *nats.Conn, want int) {
	t.Helper()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), journal.DeadStream)
	if err != nil {
		t.Fatal(err)
	}
	if n := stream.CachedInfo().State.Msgs; n != uint64(want) {
		t.Errorf("%d messages are buried, not %d", n, want)
	}
	for sequence := range uint64(want) {
		m, err := stream.GetMsg(t.Context(), sequence+1)
		if err != nil {
			t.Fatal(err)
		}
		if m.Header.Get(journal.HeaderReason) == "" || m.Header.Get(journal.HeaderDetail) == "" {
			t.Errorf("%s is buried without a reason: %v", m.Subject, m.Header)
		}
	}
}
