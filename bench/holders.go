package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"time"
)

// A held is a child that holds alerts.
type held struct {
	in     io.WriteCloser
	out    *bufio.Reader
	wait   func() error
	loaded answer
}

func (b *bench) hold(ctx context.Context, name string, o holding) (*held, error) {
	o.Profile = b.profileFile(name)
	cmd, err := childCommand(ctx, "hold", o)
	if err != nil {
		return nil, err
	}
	h := &held{wait: cmd.Wait}
	if h.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	h.out = bufio.NewReader(out)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if h.loaded, err = h.answer(); err != nil {
		return nil, fmt.Errorf("a detector with %d components and %d active alerts: %w", o.Components, o.Active, err)
	}
	return h, nil
}

func (h *held) answer() (a answer, err error) {
	line, err := h.out.ReadBytes('\n')
	if err != nil {
		return a, fmt.Errorf("it has ended: %w", err)
	}
	return a, json.Unmarshal(line, &a)
}

func (h *held) wish(w wish) (answer, error) {
	text, err := json.Marshal(w)
	if err != nil {
		return answer{}, err
	}
	if _, err := h.in.Write(append(text, '\n')); err != nil {
		return answer{}, err
	}
	return h.answer()
}

func (h *held) close() {
	_ = h.in.Close()
	_ = h.wait()
}

// documented is what an Alertmanager with a million active alerts keeps in memory for each (docs/performance.md).
const documented = 5223

const (
	goal9         = "memory per active alert / Alertmanager's at a million, as documented (5223 B)"
	goal9Measured = "memory per active alert / Alertmanager's at a million"
	goal10        = "CPU per alert with %s active / with 10k active"
	goal10b       = "CPU per alert with %s active / an Alertmanager's for one that is sent again"
	few           = 10_000
)

// measureHolding is rows 9 and 10: what an active alert takes in memory, and what one more costs.
func measureHolding(ctx context.Context, b *bench) ([]Row, error) {
	small, err := b.hold(ctx, "row10-few", holding{Components: 5000, Active: few})
	if err != nil {
		return nil, err
	}
	defer small.close()
	large, err := b.hold(ctx, "row10-many", holding{Components: 5000, Active: b.active})
	if err != nil {
		return nil, err
	}
	defer large.close()
	left, err := large.wish(wish{Settle: true})
	if err != nil {
		return nil, err
	}
	peer, err := b.peerHolding(ctx)
	if err != nil {
		return nil, err
	}
	growth, err := b.growth(small, large, peer)
	return append([]Row{b.kept(left, large.loaded, peer)}, growth...), err
}

// kept is row 9.
func (b *bench) kept(left, loaded answer, peer *peerHold) Row {
	per := func(bytes float64) float64 { return bytes / float64(b.active) }
	row := Row{ID: "9", Goal: goal9, Less: true, Target: 0.06, Floor: 0.25, Ours: fmt.Sprintf("%.0f B at %s", per(left.RSS), thousands(b.active)), Beside: "documented"}
	row.Note = fmt.Sprintf("RSS %.0f B an alert after a collection and %s; live heap %.0f B, RSS %.0f B with all free memory given back, %.0f B at its most; %.1f us CPU an alert to load",
		per(left.RSS), settling, per(left.Heap), per(left.Returned), per(left.Peak), loaded.LoadMicros)
	against := float64(documented)
	if peer != nil {
		row.Beside = fmt.Sprintf("documented; %.0f B measured at %s", peer.bytes, thousands(b.peerActive))
		if b.peerActive >= 1_000_000 {
			row.Goal, row.Beside, against = goal9Measured, fmt.Sprintf("%.0f B", peer.bytes), peer.bytes
		}
	}
	return row.judged(per(left.RSS) / against)
}

// growth is row 10: few and many active alerts in turn.
func (b *bench) growth(small, large *held, peer *peerHold) ([]Row, error) {
	const alerts = 2000 * batch
	row := Row{ID: "10", Goal: fmt.Sprintf(goal10, thousands(b.active)), Less: true, Target: 2, Floor: 3}
	beside := Row{ID: "10b", Goal: fmt.Sprintf(goal10b, thousands(b.active)), Less: true, Target: 0.1}
	var fews, manys []answer
	for range b.rounds {
		less, err := small.wish(wish{Touch: alerts})
		if err != nil {
			return nil, err
		}
		more, err := large.wish(wish{Touch: alerts})
		if err != nil {
			return nil, err
		}
		fews, manys = append(fews, less), append(manys, more)
	}
	row.Ours, row.Beside = fmt.Sprintf("%.2f us", medianOf(manys, answer.micros)), fmt.Sprintf("%.2f us", medianOf(fews, answer.micros))
	beside.Ours = row.Ours
	if peer == nil {
		return []Row{row.judged(paired(manys, fews)...), beside.withoutPeers()}, nil
	}
	beside.Beside = fmt.Sprintf("%.0f us at %s", peer.resend, thousands(b.peerActive))
	return []Row{row.judged(paired(manys, fews)...), beside.judged(ratios(manys, func(a answer) float64 { return a.micros() / peer.resend })...)}, nil
}

// A peerHold is what an Alertmanager with active alerts keeps for each, and what one that is sent again costs it.
type peerHold struct{ bytes, resend float64 }

// peerHolding is nil where there is no peer.
func (b *bench) peerHolding(ctx context.Context) (*peerHold, error) {
	if b.alertmanager == "" {
		return nil, nil
	}
	a, err := startAlertmanager(ctx, b.kit, filepath.Join(b.dir, "holding"))
	if err != nil {
		return nil, err
	}
	defer a.stop()
	f := feed{components: 5000, start: time.Now().UTC()}
	if _, err := a.take(ctx, f, b.peerActive, posting{500, 4}); err != nil {
		return nil, err
	}
	if err := a.collect(ctx); err != nil {
		return nil, err
	}
	time.Sleep(settling)
	rss, _ := memory(a.cmd.Process.Pid)
	again, err := a.take(ctx, f, min(10_000, b.peerActive), posting{500, 4})
	return &peerHold{rss / float64(b.peerActive), again.micros()}, err
}

// measureComponents is whether what an alert costs grows with the organisation.
func measureComponents(ctx context.Context, b *bench) ([]Row, error) {
	sizes := []int{100, 1000, 10_000, 100_000}
	const active = 100_000
	touched, changed := map[int][]answer{}, map[int][]answer{}
	var all []*held
	for _, components := range sizes {
		h, err := b.hold(ctx, fmt.Sprintf("components-%d", components), holding{Components: components, Active: active})
		if err != nil {
			return nil, err
		}
		defer h.close()
		all = append(all, h)
	}
	for range b.rounds {
		for i, components := range sizes {
			t, err := all[i].wish(wish{Touch: 2000 * batch})
			if err != nil {
				return nil, err
			}
			c, err := all[i].wish(wish{Change: 20})
			if err != nil {
				return nil, err
			}
			touched[components], changed[components] = append(touched[components], t), append(changed[components], c)
		}
	}
	base := sizes[0]
	var rows []Row
	for _, components := range sizes[1:] {
		cost, change := Row{ID: "components", Goal: fmt.Sprintf("CPU per alert at %s components / at %d", thousands(components), base), Less: true},
			Row{ID: "change", Goal: fmt.Sprintf("CPU from a change to the verdict at %s components / at %d", thousands(components), base), Less: true}
		if components == sizes[len(sizes)-1] {
			cost.Target, change.Target = 1.2, 1.2
		}
		cost.Ours, cost.Beside = fmt.Sprintf("%.2f us", medianOf(touched[components], answer.micros)), fmt.Sprintf("%.2f us", medianOf(touched[base], answer.micros))
		change.Ours, change.Beside = fmt.Sprintf("%.0f us", medianOf(changed[components], answer.micros)), fmt.Sprintf("%.0f us", medianOf(changed[base], answer.micros))
		rows = append(rows, cost.judged(paired(touched[components], touched[base])...), change.judged(paired(changed[components], changed[base])...))
	}
	return rows, nil
}

// paired are the ratios of two sides, round by round.
func paired(ours, beside []answer) (all []float64) {
	for i := range ours {
		all = append(all, ours[i].micros()/beside[i].micros())
	}
	return all
}

func thousands(n int) string {
	switch {
	case n >= 1_000_000 && n%1_000_000 == 0:
		return fmt.Sprintf("%dM", n/1_000_000)
	case n >= 1000 && n%1000 == 0:
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprint(n)
}
