package actions

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/incident"
	"holdfast/internal/subjects"
	"holdfast/playbooks"
)

// withNATS runs a test in virtual time on a server of its own that listens nowhere.
func withNATS(t *testing.T, test func(t *testing.T, nc *nats.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, err := server.NewServer(&server.Options{DontListen: true, NoSigs: true, NoLog: true})
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		if !s.ReadyForConnections(time.Minute) {
			t.Fatal("the server did not start")
		}
		nc, err := nats.Connect("", nats.InProcessServer(s), nats.PingInterval(24*time.Hour), nats.ReconnectBufSize(-1), nats.MaxReconnects(0))
		if err != nil {
			t.Fatal(err)
		}
		test(t, nc)
		nc.Close()
		s.Shutdown()
		s.WaitForShutdown()
	})
}

func respond(t *testing.T, nc *nats.Conn, subject string, reply func(m *nats.Msg) *nats.Msg) {
	t.Helper()
	_, err := nc.Subscribe(subject, func(m *nats.Msg) {
		if r := reply(m); r != nil {
			_ = m.RespondMsg(r)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func promote() playbooks.Run {
	return playbooks.Run{NATS: &playbooks.NATS{Subject: "ledger.promote", Request: map[string]any{"site": "ams2"}}}
}

func TestANATSRequestCarriesItsKeyAndTheAnswerIsKept(t *testing.T) {
	withNATS(t, func(t *testing.T, nc *nats.Conn) {
		var got map[string]string
		respond(t, nc, "ledger.promote", func(m *nats.Msg) *nats.Msg {
			got = map[string]string{"body": string(m.Data), "key": m.Header.Get("Holdfast-Key"), "epoch": m.Header.Get("Holdfast-Epoch"), "incident": m.Header.Get("Holdfast-Incident")}
			return &nats.Msg{Data: []byte("primary now")}
		})
		r := hands(t, Config{Conn: nc, Subjects: []string{"ledger.*"}}).Carry(t.Context(), effect(promote()))
		expect(t, r, "", "")
		if r.Output != "primary now" {
			t.Errorf("output %q", r.Output)
		}
		want := map[string]string{"body": `{"site":"ams2"}`, "key": "payments-api-0412/1/fence/1", "epoch": "7", "incident": "payments-api-0412"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestATargetsNoIsAFailure(t *testing.T) {
	for _, name := range []string{"Holdfast-Error", "Nats-Service-Error"} {
		withNATS(t, func(t *testing.T, nc *nats.Conn) {
			respond(t, nc, "ledger.promote", func(*nats.Msg) *nats.Msg {
				return &nats.Msg{Header: nats.Header{name: {"replica is 40 s behind"}}}
			})
			r := hands(t, Config{Conn: nc, Subjects: []string{"ledger.promote"}}).Carry(t.Context(), effect(promote()))
			expect(t, r, incident.Failed, "replica is 40 s behind")
		})
	}
}

func TestASubjectThatNobodyListensToHadNoEffect(t *testing.T) {
	withNATS(t, func(t *testing.T, nc *nats.Conn) {
		r := hands(t, Config{Conn: nc, Subjects: []string{"ledger.>"}}).Carry(t.Context(), effect(promote()))
		expect(t, r, incident.Failed, "nobody listens on ledger.promote")
	})
}

func TestASilentResponderMayHaveDoneIt(t *testing.T) {
	withNATS(t, func(t *testing.T, nc *nats.Conn) {
		respond(t, nc, "ledger.promote", func(*nats.Msg) *nats.Msg { return nil })
		e := effect(promote())
		r := hands(t, Config{Conn: nc, Subjects: []string{"ledger.>"}}).Carry(t.Context(), e)
		expect(t, r, incident.TimedOut, "not known whether it was done")
		if now := time.Now(); !now.Equal(e.Until) {
			t.Errorf("gave up at %s, was to give up at %s", now, e.Until)
		}
	})
}

func TestARequestOnALostConnectionWasNotSent(t *testing.T) {
	withNATS(t, func(t *testing.T, nc *nats.Conn) {
		h := hands(t, Config{Conn: nc, Subjects: []string{"ledger.>"}})
		nc.Close()
		expect(t, h.Carry(t.Context(), effect(promote())), incident.Failed, "connection closed")
	})
	expect(t, hands(t, Config{Subjects: []string{"ledger.>"}}).Carry(t.Context(), effect(promote())), incident.Failed, "no NATS connection")
}

func TestOnlyAllowListedSubjectsAreSentTo(t *testing.T) {
	withNATS(t, func(t *testing.T, nc *nats.Conn) {
		var heard []string
		respond(t, nc, ">", func(m *nats.Msg) *nats.Msg {
			if !strings.HasPrefix(m.Subject, "_INBOX.") {
				heard = append(heard, m.Subject)
			}
			return nil
		})
		h := hands(t, Config{Conn: nc, Subjects: []string{"ledger.*", "site.ams2.>"}})
		for _, subject := range []string{
			"ledger", "ledger.promote.now", "site.ams2", "site.fra1.x", "other", "", "ledger.", "ledger.*", "ledger.>", "ledger. x", "ledger.a\r\nPUB",
			"$JS.API.STREAM.DELETE.HOLDFAST_LOG", "$SYS.REQ", "_INBOX.x", "holdfast.log.0", "holdfast.alerts.prom",
		} {
			r := h.Carry(t.Context(), effect(playbooks.Run{NATS: &playbooks.NATS{Subject: subject}}))
			expect(t, r, incident.Failed, "subject")
		}
		if len(heard) > 0 {
			t.Errorf("sent to %q", heard)
		}
	})
}

func TestAPatternIsReadAsNATSReadsIt(t *testing.T) {
	for _, c := range []struct {
		pattern, subject string
		want             bool
	}{
		{"a.b", "a.b", true}, {"a.b", "a.c", false}, {"a.b", "a", false}, {"a.b", "a.b.c", false},
		{"a.*", "a.b", true}, {"a.*", "a", false}, {"a.*", "a.b.c", false}, {"a.*.c", "a.b.c", true},
		{"a.>", "a.b", true}, {"a.>", "a.b.c", true}, {"a.>", "a", false},
	} {
		if got := subjects.Covers(c.pattern, c.subject); got != c.want {
			t.Errorf("subjects.Covers(%q, %q) = %v", c.pattern, c.subject, got)
		}
	}
}

// A stream that has the subject is a target too: it acknowledges what it has stored, and knows a key that it has seen.
func TestARequestThatAStreamTakesInIsStoredOnce(t *testing.T) {
	s, err := server.NewServer(&server.Options{DontListen: true, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	defer s.WaitForShutdown()
	defer s.Shutdown()
	nc, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "ORDERS", Subjects: []string{"orders.>"}})
	if err != nil {
		t.Fatal(err)
	}
	h := hands(t, Config{Conn: nc, Subjects: []string{"orders.hold"}})
	for range 2 { // sent, and sent again after a crash
		r := h.Carry(t.Context(), effect(playbooks.Run{NATS: &playbooks.NATS{Subject: "orders.hold", Request: "all", Reply: map[string]any{"stream": "ORDERS", "seq": 1}}}))
		expect(t, r, "", "")
	}
	if held, err := stream.Info(t.Context()); err != nil || held.State.Msgs != 1 {
		t.Errorf("the stream holds %d messages (%v), want the one", held.State.Msgs, err)
	}
}
