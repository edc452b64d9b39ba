package journal_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"holdfast/journal"
)

func TestTheAlertLogIsReadAsItStandsWithoutBeingOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk(t, journal.Options{})
		kept := d.open(t)
		for _, body := range []string{"one", "two", "three"} {
			if _, err := kept.Publish(t.Context(), "holdfast.alerts.probe", map[string][]string{"Nats-Msg-Id": {body}}, []byte(body)); err != nil {
				t.Fatal(err)
			}
		}
		var bodies []string
		for m, err := range journal.Recorded(t.Context(), d.js) {
			if err != nil {
				t.Fatal(err)
			}
			if m.Subject != "holdfast.alerts.probe" || m.Received.IsZero() || m.Sequence != uint64(len(bodies)+1) {
				t.Errorf("%+v", m)
			}
			bodies = append(bodies, string(m.Body))
		}
		if !slices.Equal(bodies, []string{"one", "two", "three"}) {
			t.Errorf("read %q", bodies)
		}
	})
}

func TestALongBodyTakesLittleRoomAndIsReadAsItCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk(t, journal.Options{})
		kept := d.open(t)
		long := strings.Repeat(`{"status":"firing","labels":{"alertname":"NodeDown"}},`, 4_000)
		header := map[string][]string{"Holdfast-Signature": {"s"}}
		if _, err := kept.Publish(t.Context(), "holdfast.alerts.probe", header, []byte(long)); err != nil {
			t.Fatal(err)
		}
		if _, err := kept.Publish(t.Context(), "holdfast.alerts.probe", map[string][]string{"content-encoding": {"snappy"}}, []byte(long)); err == nil {
			t.Error("a sender says how its body is stored")
		}
		stream, err := d.js.Stream(t.Context(), journal.AlertsStream)
		if err != nil {
			t.Fatal(err)
		}
		if size := stream.CachedInfo().State.Bytes; size > uint64(len(long)/5) {
			t.Errorf("%d bytes take %d", len(long), size)
		}
		ways := map[string]func() (journal.Message, error){
			"by its number": func() (journal.Message, error) { return kept.Message(t.Context(), 1) },
			"followed": func() (m journal.Message, err error) {
				for m, err = range kept.Follow(t.Context(), 0) {
					break
				}
				return m, err
			},
			"recorded": func() (m journal.Message, err error) {
				for m, err = range journal.Recorded(t.Context(), d.js) {
					break
				}
				return m, err
			},
		}
		for way, read := range ways {
			m, err := read()
			if err != nil || string(m.Body) != long || m.Header["Holdfast-Signature"] == nil || m.Header[journal.HeaderEncoding] != nil {
				t.Errorf("%s: %d bytes with header %v, %v", way, len(m.Body), m.Header, err)
			}
		}
	})
}

func TestWhereNoAlertLogIsNoneIsMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk(t, journal.Options{})
		d.open(t)
		if err := d.js.DeleteStream(t.Context(), journal.AlertsStream); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			for _, err := range journal.Recorded(t.Context(), d.js) {
				if err == nil {
					t.Error("something was read")
				}
			}
		}
	})
}
