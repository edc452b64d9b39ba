package invoker_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"holdfast/detector/alert"
	"holdfast/incident"
	"holdfast/invoker"
	"holdfast/journal"
)

func TestAnAlertLogShorterThanWhatWasDecidedOnItKeepsHandsOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.live(w.boot()).end()
		w.sends = nil

		decided := w.journal
		w.journal = journal.NewMemory() // the alert log was lost and made anew
		w.say("firing")
		p := w.boot(func(c *invoker.Config) { c.Log = decided })
		time.Sleep(time.Hour)
		if err := p.inv.Ready(); err == nil || !strings.Contains(err.Error(), "the alert log is shorter than what was decided on it: it ends at message 1") {
			t.Errorf("ready: %v", err)
		}
		if len(w.sent()) > 0 {
			t.Error("an effect was started")
		}
		p.end()
	})
}

func TestLostAlertsLeaveDeclarationsToPeopleUntilOneArms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		armed := func(p *process) (yes bool, why string) {
			p.inv.Look(func(d *incident.Desk) { yes, why = d.Armed() })
			return yes, why
		}
		lose := func(p *process) {
			if err := p.inv.Hear(t.Context(), invoker.Heard{Sequence: 3, Lost: 2, CaughtUp: true}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		p := w.boot()
		lose(p)
		if yes, why := armed(p); yes || !strings.Contains(why, "alerts were lost") {
			t.Errorf("armed %v: %s", yes, why)
		}
		if _, err := p.inv.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbArm, Reason: "looked at what was lost"}); err != nil {
			t.Fatal(err)
		}
		p.end()

		p = w.boot()
		lose(p) // the same hole, heard of again at every start
		if yes, why := armed(p); !yes {
			t.Errorf("what a person has looked at disarmed again: %s", why)
		}
		p.end()
	})
}

func TestTheSameAlertTwiceIsHeardOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.boot()
		w.say("firing")
		w.say("firing")
		time.Sleep(time.Second)
		again := invoker.Heard{Sequence: 1, Received: time.Now(), Subject: "holdfast.alerts.probe", Unreadable: &alert.Unreadable{Reason: alert.NotJSON}, CaughtUp: true}
		if err := p.inv.Hear(t.Context(), again); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		p.inv.Look(func(d *incident.Desk) {
			if c := d.Counts(); c.Received["probe"] != 2 || c.Unreadable[alert.NotJSON] != 0 {
				t.Errorf("counted %+v", c)
			}
		})
	})
}

func TestAReplayHearsAlertsAndReadsRecordsInTheOrderInWhichTheyCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.boot()
		time.Sleep(time.Second)
		hear := func(p *process, sequence uint64, component string) {
			h := invoker.Heard{Sequence: sequence, Received: time.Now(), Subject: "holdfast.alerts.probe", CaughtUp: true,
				Batch: alert.Batch{Alerts: []alert.Alert{{Status: alert.Firing, Labels: alert.LabelsOf(map[string]string{"component": component})}}}}
			if err := p.inv.Hear(t.Context(), h); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		hear(p, 1, "cache")
		hear(p, 2, "cache")
		w.docs = documents(t, func(files map[string]string) {
			files["bia.yaml"] = strings.Replace(files["bia.yaml"], "components:\n", "components:\n  cache: {observers: [probe]}\n", 1)
		})
		if err := p.inv.Adopt(t.Context(), w.docs, incident.Actor{Person: "ada"}); err != nil {
			t.Fatal(err)
		}
		hear(p, 4, "cache")
		p.end()

		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		v := invoker.New(invoker.Config{Log: w.journal, Hands: p, Documents: w.docs, Instance: "replay", Now: time.Now})
		go func() { _ = v.Run(ctx) }()
		q := &process{w: w, inv: v}
		hear(q, 4, "cache") // the first two have expired
		v.Look(func(d *incident.Desk) {
			if c := d.Counts(); c.Unmapped != 0 || c.Received["probe"] != 1 {
				t.Errorf("counted %+v", c.Heard)
			}
		})
		if err := v.Ready(); err != nil {
			t.Error(err)
		}
	})
}

func TestAHouseWhoseAlertsHaveAllExpiredComesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.alarmed, w.cleared = true, true
		w.say("firing")
		w.boot().endAfter(20 * time.Minute) // its envelopes were decided on that message
		ctx, stop := context.WithCancel(t.Context())
		v := invoker.New(invoker.Config{Log: w.journal, Hands: &process{w: w}, Documents: w.docs, Instance: "much-later", Now: time.Now})
		over := make(chan struct{})
		go func() {
			defer close(over)
			_ = v.Run(ctx)
		}()
		if err := v.Hear(ctx, invoker.Heard{Sequence: 1, CaughtUp: true}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if err := v.Ready(); err != nil {
			t.Error(err)
		}
		stop()
		<-over
	})
}

func TestAnOutageThatIsAlreadyOverIsNotAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.say("firing")
		time.Sleep(20 * time.Minute) // the daemon is down all that time
		w.say("resolved")
		time.Sleep(time.Minute)
		p := w.boot()
		time.Sleep(time.Hour)
		if i, ok := p.incident(); ok && (i.Declared != nil || len(i.Runs) > 0) {
			t.Errorf("it was answered:\n%s", summary(i))
		}
		if len(w.sent()) > 0 {
			t.Errorf("%s was sent", w.sent()[0].Key)
		}
		p.end()
	})
}

// What the ears do not know they cannot say: an outage that was over while they were cut off looks as if it went on.
func TestWhoseEarsWereCutOffDeclaresNothingThatIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var away atomic.Bool // the journal as a whole is
		p := w.boot(func(c *invoker.Config) {
			c.AlertsHead = func(ctx context.Context) (uint64, error) {
				if away.Load() {
					return 0, errAway
				}
				return w.journal.Head(ctx)
			}
		})
		time.Sleep(time.Second)
		w.say("firing")
		time.Sleep(5 * time.Second)
		w.deaf.Store(true)
		away.Store(true)
		w.say("resolved")
		time.Sleep(10 * time.Minute)
		if err := p.inv.Ready(); err == nil || !strings.Contains(err.Error(), "the journal cannot be used") {
			t.Errorf("while nobody knows what waits it is ready: %v", err)
		}
		away.Store(false) // the log is back, and the ears are not yet
		time.Sleep(10 * time.Minute)
		head := p.inv.Status().Head
		w.deaf.Store(false)
		time.Sleep(time.Minute)
		if i, ok := p.incident(); ok && (i.Declared != nil || len(i.Runs) > 0) {
			t.Errorf("it was declared from the past, the log stood at %d before the ears were back:\n%s", head, summary(i))
		}
		if err := p.inv.Ready(); err != nil {
			t.Errorf("once the ears are back: %v", err)
		}
		p.end()
	})
}

// What began and ended meanwhile is on record, once, whatever follows.
func TestWhatWasOverBeforeAnybodyCouldDecideIsFoundInRetrospectOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.boot()
		time.Sleep(time.Minute)
		p.end()
		w.say("firing")
		time.Sleep(20 * time.Minute)
		w.say("resolved")
		time.Sleep(10 * time.Minute)
		for range 2 {
			p = w.boot()
			time.Sleep(time.Hour)
			var all []incident.Incident
			p.inv.Look(func(d *incident.Desk) { all = d.Incidents() })
			if len(all) != 1 || !all[0].InRetrospect() || all[0].Declared != nil || len(all[0].Notices) > 0 {
				t.Fatalf("found: %+v", all)
			}
			p.end()
		}
		if len(w.sent()) > 0 {
			t.Errorf("%s was sent", w.sent()[0].Key)
		}
	})
}

func TestNothingIsDecidedOnABacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.boot()
		w.say("firing") // without more, this would become a disaster in a minute
		time.Sleep(time.Second)
		if err := p.inv.Hear(t.Context(), invoker.Heard{CaughtUp: false}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if err := p.inv.Ready(); err == nil || !strings.Contains(err.Error(), "backlog") {
			t.Errorf("ready: %v", err)
		}
		head := p.inv.Status().Head
		time.Sleep(10 * time.Minute)
		if now := p.inv.Status().Head; now != head {
			t.Errorf("%d envelopes were written", now-head)
		}
		if err := p.inv.Hear(t.Context(), invoker.Heard{CaughtUp: true}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if err := p.inv.Ready(); err != nil {
			t.Error(err)
		}
		p.end()
	})
}

// odd is a mapping for what the probe of this world would never say.
const odd = `
mappings:
  - {subject: holdfast.alerts.odd, status: '"firing"', labels: {component: body.broken}}
`

func (w *world) publish(subject, body string) {
	w.t.Helper()
	if _, err := w.journal.Publish(w.t.Context(), subject, nil, []byte(body)); err != nil {
		w.t.Fatal(err)
	}
}

func TestAMessageIsReadByTheSameDocumentsHoweverLongTheirAdoptionWasInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var doubtful atomic.Bool
		log := &unreliable{Log: w.journal}
		log.after = func(journal.Committed) error {
			if !doubtful.Load() {
				return nil
			}
			log.away.Store(true) // it is stored, and nobody can look
			return errAway
		}
		p := w.boot(func(c *invoker.Config) { c.Log = log })
		time.Sleep(time.Second)
		doubtful.Store(true)
		w.docs = documents(t, func(files map[string]string) { files["bia.yaml"] += odd })
		adopted := make(chan error)
		go func() { adopted <- p.inv.Adopt(context.Background(), w.docs, incident.Actor{Person: "ada"}) }()
		time.Sleep(time.Second)
		w.publish("holdfast.alerts.odd", `{"broken": "ledger"}`)
		time.Sleep(5 * time.Second)
		doubtful.Store(false)
		log.away.Store(false)
		if err := <-adopted; err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		heard := func(p *process) (c incident.Counts) {
			p.inv.Look(func(d *incident.Desk) { c = d.Counts() })
			return c
		}
		live := heard(p)
		p.end()
		p = w.boot()
		time.Sleep(time.Second)
		if again := heard(p); live.Alerts != 1 || len(live.Unreadable) > 0 || again.Alerts != live.Alerts || len(again.Unreadable) > 0 {
			t.Errorf("live it was counted as %+v, after a restart as %+v", live, again)
		}
		p.end()
	})
}

func TestWhatNobodyCouldReadIsBuriedOnceByWhoeverIsInCharge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.docs = documents(t, func(files map[string]string) { files["bia.yaml"] += odd })
		buried := func(want string) {
			t.Helper()
			time.Sleep(time.Second)
			var got []string
			for _, b := range w.journal.Dead() {
				got = append(got, string(b.Body)+" "+b.Reason)
			}
			if strings.Join(got, ", ") != want {
				t.Errorf("buried are %q, expected %q", got, want)
			}
		}
		p := w.boot()
		w.publish("holdfast.alerts.odd", `{"broken": "ledger"}`)
		w.publish("holdfast.alerts.odd", `{"mended": "ledger"}`)
		w.publish("holdfast.alerts.probe", `{"broken": "ledger"}`)
		const first = `{"mended": "ledger"} malformed, {"broken": "ledger"} unknown_format`
		buried(first)
		p.end()
		w.publish("holdfast.alerts.probe", "?")
		p = w.boot()
		buried(first + ", ? not_json")

		successor := w.boot()
		time.Sleep(5 * time.Second)
		if _, err := p.inv.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbArm, Reason: "it notices now"}); err == nil {
			t.Error("an instance that is not in charge takes orders")
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		if told, err := p.inv.Unread(ctx, 0); err == nil {
			t.Errorf("an instance that is not in charge tells %v", told)
		}
		w.publish("holdfast.alerts.probe", "!")
		buried(first + ", ? not_json, ! not_json")
		p.end()
		successor.end()
	})
}
