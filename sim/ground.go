package sim

import (
	"context"
	"fmt"
	"slices"
	"time"

	"holdfast/incident"
)

// ground is how things really are, whatever anybody says.
type ground struct {
	w         *World
	northLost int            // how many reasons there are for the north to be gone
	faulty    map[string]int // components, by how many reasons
	promoted  bool           // the south serves the ledger
}

var components = []string{"ledger", "gateway", "hosts", "tracker", "standby", "reporter"}

var inTheNorth = []string{"ledger", "gateway", "hosts"}

func (g *ground) up(component string) bool {
	switch {
	case component == "ledger" && g.promoted && g.faulty["standby"] == 0:
		return true
	case slices.Contains(inTheNorth, component) && g.northLost > 0:
		return false
	}
	return g.faulty[component] == 0
}

// lose takes the north away for a while.
func (g *ground) lose(d time.Duration) {
	g.w.saw("a site is lost")
	g.northLost++
	if d := g.w.dice; d.fault("a loss takes the store along") {
		g.w.after(d.between("until the store is gone too", time.Second, time.Hour), g.w.cut)
	}
	g.changed(inTheNorth...)
	g.w.after(d, func() {
		if g.northLost--; g.northLost == 0 {
			g.promoted = false // and failed back
		}
		g.changed(inTheNorth...)
	})
}

// fault takes a component down for a while.
func (g *ground) fault(component string, d time.Duration) {
	g.faulty[component]++
	g.changed(component)
	g.w.after(d, func() { g.repaired(component) })
}

func (g *ground) repaired(component string) {
	g.faulty[component] = max(0, g.faulty[component]-1)
	g.changed(component)
}

// mend ends all that is wrong.
func (g *ground) mend() {
	g.northLost, g.promoted = 0, false
	clear(g.faulty)
	g.changed(components...)
}

func (g *ground) changed(all ...string) {
	for _, m := range g.w.sources {
		for _, c := range all {
			m.glance(c)
		}
	}
}

// targets are the machines that playbooks call.
type targets struct {
	w     *World
	fence uint64         // the highest epoch that they were called by
	done  map[string]int // by key: how often it took effect
}

// carry carries out an effect: the other end of the wire.
func (w *World) carry(p *process, ctx context.Context, e incident.Effect) incident.Result {
	d := w.dice
	if e.Notice != nil {
		p.sleep(d.between("latency of a notice", 10*time.Millisecond, 2*time.Second))
		if d.fault("a person cannot be reached") {
			return incident.Result{Effect: e, Outcome: incident.Failed, Reason: "no channel reached them"}
		}
		w.crew.notified(e)
		return incident.Result{Effect: e, Channel: "log"}
	}
	if e.Verify != nil {
		return w.verify(p, ctx, e)
	}
	return w.targets.do(p, ctx, e)
}

// verify asks until it is true, or the time is up.
func (w *World) verify(p *process, ctx context.Context, e incident.Effect) incident.Result {
	for {
		p.sleep(20 * time.Second)
		switch {
		case ctx.Err() != nil:
			return incident.Result{Effect: e, Outcome: incident.TimedOut}
		case w.ground.up("ledger"):
			return incident.Result{Effect: e, Output: "200"}
		case !w.now.Before(e.Until.Add(-20 * time.Second)):
			return incident.Result{Effect: e, Outcome: incident.TimedOut, Reason: "it does not answer as it should"}
		}
	}
}

// do is what a machine does that knows keys and fences: the same key again changes nothing, an older epoch is refused.
func (t *targets) do(p *process, ctx context.Context, e incident.Effect) incident.Result {
	d := t.w.dice
	took := d.between("latency of a machine", 50*time.Millisecond, 20*time.Second)
	if d.fault("a person stands down while a machine is at work") {
		t.w.after(d.evenly("until a person stands down", 0, took), func() { t.w.crew.standDown(e.Incident) })
	}
	p.sleep(took)
	no := func(o incident.Outcome, reason string) incident.Result {
		return incident.Result{Effect: e, Outcome: o, Reason: reason}
	}
	switch {
	case ctx.Err() != nil:
		t.w.saw("an effect was called off while it was under way")
		return no(incident.TimedOut, "called off")
	case e.Epoch < t.fence:
		t.w.saw("a machine refused an effect with an old fence")
		return no(incident.Failed, fmt.Sprintf("epoch %d is over, it is %d", e.Epoch, t.fence))
	}
	t.fence = e.Epoch
	switch {
	case d.fault("a machine says no"):
		return no(incident.Failed, "503")
	case d.fault("a machine does nothing and says that it did"):
		return incident.Result{Effect: e, Output: "200"}
	case d.fault("a machine does it and says no"):
		t.apply(e)
		return no(incident.Failed, "500")
	case d.fault("a machine does it and its answer is lost"):
		t.apply(e)
		return no(incident.TimedOut, "no answer")
	case d.fault("a machine hangs"):
		p.sleepUntil(e.Until)
		if d.chance("what hangs has had its effect", 0.5) {
			t.apply(e)
		}
		return no(incident.TimedOut, "no answer")
	}
	t.apply(e)
	return incident.Result{Effect: e, Output: "200"}
}

func (t *targets) apply(e incident.Effect) {
	t.w.note("effect %s#%d by epoch %d", e.Key, e.Attempt, e.Epoch)
	if t.done[e.Key]++; t.done[e.Key] > 1 {
		t.w.saw("a machine was sent a key that it knew already")
		return
	}
	if e.Exercise != "" || e.Undo {
		return
	}
	switch e.Step {
	case "promote":
		t.w.shadow.promoted(e)
		t.w.ground.promoted = true
		t.w.ground.changed("ledger")
	case "restore":
		t.w.ground.faulty["tracker"] = 0
		t.w.ground.changed("tracker")
	}
}
