package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"holdfast/detector/alert"
	"holdfast/detector/watch"
	"holdfast/journal"
)

// bridgeTo is a console that only has an alert log.
func bridgeTo(h *house, token string, open bool) http.Handler {
	return New(Config{House: h, Publisher: h, Authenticate: h.authenticate, Now: nowOf(h), Logger: zerolog.Nop(), AlertsToken: token, LoopbackOpen: open})
}

const oneAlert = `{"version":"4","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"Down"}}]}`

// group is an Alertmanager body of some alerts, each with so many bytes in an annotation.
func group(alerts, bytes int) string {
	var all []string
	for n := range alerts {
		all = append(all, fmt.Sprintf(`{"status":"firing","labels":{"alertname":"Down","n":"%d"},"annotations":{"text":%q}}`, n, strings.Repeat("x", bytes)))
	}
	return `{"version":"4","status":"firing","truncatedAlerts":2,"alerts":[` + strings.Join(all, ",") + `]}`
}

func TestAlertsAreStoredAsTheyCame(t *testing.T) {
	h := &house{t: t}
	w := request("POST", "/api/v1/alerts/alertmanager", oneAlert).of(bridgeTo(h, "", true))
	wantStatus(t, w, 200)
	if diff := cmp.Diff([]stored{{"holdfast.alerts.alertmanager", nil, oneAlert}}, h.log); diff != "" {
		t.Error(diff)
	}
	wantIn(t, text(t, w), `"sequence": 1`, `"messages": 1`)
}

func TestASourceNamesItsSubject(t *testing.T) {
	h := &house{t: t}
	wantStatus(t, request("POST", "/api/v1/alerts/alertmanager?source=prom-fra", oneAlert).of(bridgeTo(h, "", true)), 200)
	if got := h.log[0].Subject; got != "holdfast.alerts.prom-fra" {
		t.Errorf("published on %s", got)
	}
	wantStatus(t, request("POST", "/api/v1/alerts/legacy", `{"odd": 1}`).of(bridgeTo(h, "", true)), 200)
	if got := h.log[1].Subject; got != "holdfast.alerts.legacy" {
		t.Errorf("published on %s", got)
	}
	for _, bad := range []string{"a.b", "a%3E", "*", "A", "a%20b", strings.Repeat("a", 64), "%0d%0a"} {
		wantStatus(t, request("POST", "/api/v1/alerts/alertmanager?source="+bad, oneAlert).of(bridgeTo(h, "", true)), 400)
		wantStatus(t, request("POST", "/api/v1/alerts/"+bad, oneAlert).of(bridgeTo(h, "", true)), 400)
	}
	if len(h.log) != 2 {
		t.Errorf("%d messages were stored for sources that cannot be", len(h.log)-2)
	}
}

func TestALongGroupIsSplitBetweenItsAlerts(t *testing.T) {
	h := &house{t: t}
	body := group(40, 100<<10) // 4 MiB
	wantStatus(t, request("POST", "/api/v1/alerts/alertmanager", body).of(bridgeTo(h, "", true)), 200)
	alerts := 0
	for _, m := range h.log {
		if len(m.Body) > maxInline {
			t.Errorf("a message has %d bytes", len(m.Body))
		}
		var part struct{ Alerts []json.RawMessage }
		if err := json.Unmarshal([]byte(m.Body), &part); err != nil {
			t.Fatal(err)
		}
		alerts += len(part.Alerts)
	}
	if alerts != 40 {
		t.Errorf("%d of 40 alerts arrived", alerts)
	}
}

func TestAlertsAreTakenOnlyOnceTheyAreStored(t *testing.T) {
	h := &house{t: t, down: errDown}
	w := request("POST", "/api/v1/alerts/alertmanager", oneAlert).of(bridgeTo(h, "", true))
	wantStatus(t, w, 503) // Alertmanager sends again what was answered with 5xx
	wantIn(t, text(t, w), "no responders")
}

func TestWhatCannotBeReadIsStoredAllTheSame(t *testing.T) {
	h := &house{t: t}
	wantStatus(t, request("POST", "/api/v1/alerts/alertmanager", `{"alerts": [`).of(bridgeTo(h, "", true)), 200)
	long := strings.Repeat("[", 700<<10)
	w := request("POST", "/api/v1/alerts/alertmanager", long).of(bridgeTo(h, "", true))
	wantStatus(t, w, 200)
	wantIn(t, text(t, w), `"reason"`)
	if len(h.log) != 2 || h.log[1].Body != long || h.log[1].Header != nil {
		t.Errorf("not stored as it came: %d messages, %d bytes, %v", len(h.log), len(h.log[1].Body), h.log[1].Header)
	}
}

func TestOfWhatIsTooLongAndCannotBeSplitTheBeginningIsKept(t *testing.T) {
	h := &house{t: t}
	long := strings.Repeat("[", 10<<20)
	w := request("POST", "/api/v1/alerts/alertmanager", long).of(bridgeTo(h, "", true))
	wantStatus(t, w, 200)
	wantIn(t, text(t, w), `"reason"`)
	if len(h.log) != 1 || len(h.log[0].Body) != headBytes {
		t.Fatalf("%d messages, %d bytes", len(h.log), len(h.log[0].Body))
	}
	header := h.log[0].Header
	if header[headerLength][0] != "10485760" || len(header[headerSHA256][0]) != 64 || header[headerReason][0] == "" {
		t.Errorf("the header says %v", header)
	}
}

func TestTheEarsBuryABeginningAndGoOn(t *testing.T) {
	log := journal.NewMemory()
	console := New(Config{House: &house{t: t}, Publisher: log, Authenticate: (&house{}).authenticate, Now: time.Now, Logger: zerolog.Nop(), LoopbackOpen: true})
	readable := oneAlert + strings.Repeat(" ", 2<<20) // its beginning could be taken for the whole
	for _, body := range []string{readable, strings.Repeat("[", 10<<20), oneAlert} {
		wantStatus(t, request("POST", "/api/v1/alerts/alertmanager", body).of(console), 200)
	}
	var heard []string
	var unread []alert.Unread
	enough := errors.New("enough")
	err := watch.Run(t.Context(), log, 0, func(_ context.Context, h watch.Heard) error {
		line := fmt.Sprintf("%d alerts", len(h.Batch.Alerts))
		if h.Unreadable != nil {
			line = string(h.Unreadable.Reason)
			unread = append(unread, alert.Unread{Sequence: h.Sequence, Subject: h.Subject, Why: *h.Unreadable})
		}
		if heard = append(heard, line); h.CaughtUp {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"too_large", "too_large", "1 alerts"}, heard); diff != "" {
		t.Error(diff)
	}
	undertake(t, log, unread)
	if buried := log.Dead(); len(buried) != 2 || !strings.Contains(buried[1].Detail, "Original-Length: 10485760, Original-SHA256: ") {
		t.Errorf("buried %+v", buried[len(buried)-1].Detail)
	}
}

// undertake buries what could not be read.
func undertake(t *testing.T, log journal.Alerts, unread []alert.Unread) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	err := watch.Bury(ctx, log, func(_ context.Context, after uint64) ([]alert.Unread, error) {
		rest := slices.DeleteFunc(slices.Clone(unread), func(u alert.Unread) bool { return u.Sequence <= after })
		if len(rest) == 0 {
			stop()
		}
		return rest, ctx.Err()
	}, func(u alert.Unread, err error) {
		if err != nil {
			t.Errorf("message %d is not buried: %v", u.Sequence, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnAlertTooLongForAnyMessageIsMarkedAndTheOthersArrive(t *testing.T) {
	h := &house{t: t}
	body := strings.Replace(group(3, 10), strings.Repeat("x", 10), strings.Repeat("x", 600<<10), 1)
	w := request("POST", "/api/v1/alerts/alertmanager", body).of(bridgeTo(h, "", true))
	wantStatus(t, w, 200)
	wantIn(t, text(t, w), "too_large")
	if len(h.log) != 2 || !strings.Contains(h.log[0].Body, `"n":"2"`) || h.log[1].Header[headerReason][0] != "too_large" {
		t.Errorf("%d messages, the last marked %v", len(h.log), h.log[len(h.log)-1].Header)
	}
}

func TestABodyOverTheLimitIsRefusedAndLeavesItsBeginning(t *testing.T) {
	h := &house{t: t}
	wantStatus(t, request("POST", "/api/v1/alerts/alertmanager", strings.Repeat(" ", maxBody+1)).of(bridgeTo(h, "", true)), 413)
	if len(h.log) != 1 || len(h.log[0].Body) != headBytes || h.log[0].Header[headerReason][0] != "too_large" {
		t.Errorf("kept: %d messages", len(h.log))
	}
}

func TestAHeaderHoldsOneLineOfASCII(t *testing.T) {
	for _, words := range []string{"a\r\nInjected: b", "\x00\x1b[2J", "größer\u202e", strings.Repeat("x", 5000), ""} {
		line := oneLine(words)
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) || len(line) > 500 {
			t.Errorf("%q becomes %q", words, line)
		}
	}
}

func TestASignatureStaysWithTheBodyThatItIsOf(t *testing.T) {
	h := &house{t: t}
	r := request("POST", "/api/v1/alerts/prom-fra", oneAlert).with("Holdfast-Observer", "prom-fra").with("Holdfast-Timestamp", "2026-11-03T18:00:00Z").
		with("Holdfast-Signature", "c2lnbmVk").with("Holdfast-Reason", "too_large")
	wantStatus(t, r.of(bridgeTo(h, "", true)), 200)
	want := map[string][]string{"Holdfast-Observer": {"prom-fra"}, "Holdfast-Timestamp": {"2026-11-03T18:00:00Z"}, "Holdfast-Signature": {"c2lnbmVk"}}
	if diff := cmp.Diff(want, h.log[0].Header); diff != "" {
		t.Error(diff)
	}
}
