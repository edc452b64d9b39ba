package journal_test

import (
	"slices"
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
