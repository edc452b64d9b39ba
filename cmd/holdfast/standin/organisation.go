// Package standin stands in for the example organisation's own systems, so that the demo has something to lose and to
// recover: two sites with machines, a ledger with a primary and a copy, a public entrance, and monitoring that sees them
// fail and publishes what an Alertmanager would.
//
// Its state is real: nothing gets well again unless a call changes it. It knows nothing of incidents, playbooks or
// what the demo is about to show.
package standin

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
)

// A Machine is one thing in a site that can stop.
type Machine struct {
	ID    string
	Site  string
	Class string // compute, database, network
}

// Two things are measured as customers see them, wherever they are served from.
const (
	Entrance     = "booking-entrance" // the public address, and what answers there
	LedgerWrites = "ledger-writes"    // a write into the primary ledger
)

// An Organisation is the state of everything. It is safe for concurrent use.
type Organisation struct {
	mu       sync.Mutex
	machines map[string]Machine
	running  map[string]bool
	fenced   map[string]bool // sites cut off from everything else
	copies   map[string]bool // sites whose ledger has everything the primary has
	primary  string          // the site whose ledger takes writes
	entrance string          // the site that the public address leads to
}

// Open is an organisation in good health that serves from one site and copies its ledger to the other.
func Open(machines []Machine, serving string) *Organisation {
	o := &Organisation{machines: map[string]Machine{}, running: map[string]bool{}, fenced: map[string]bool{}, copies: map[string]bool{}, primary: serving, entrance: serving}
	for _, m := range machines {
		o.machines[m.ID] = m
		o.running[m.ID] = true
		o.copies[m.Site] = true
	}
	return o
}

// Stop switches a machine off, as overheating does.
func (o *Organisation) Stop(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.running[id] = false
}

// Repair is what engineers do on the spot: cooling and power are back, every machine of the site runs. What its ledger
// missed meanwhile stays missed, until it follows the primary again.
func (o *Organisation) Repair(site string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, m := range o.machines {
		if m.Site == site {
			o.running[id] = true
		}
	}
}

// Well reports which components work, by id.
func (o *Organisation) Well() map[string]bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	well := map[string]bool{Entrance: o.serves(o.entrance), LedgerWrites: o.ledger(o.primary)}
	for id, m := range o.machines {
		well[id] = o.running[id] && !o.fenced[m.Site] && (m.Class != "database" || o.copies[m.Site])
	}
	return well
}

// serves reports whether customers who are led to a site are served there.
func (o *Organisation) serves(site string) bool {
	return o.any(site, "network") && o.any(site, "compute") && !o.fenced[site]
}

// ledger reports whether a site's ledger takes writes.
func (o *Organisation) ledger(site string) bool {
	return o.any(site, "database") && o.copies[site] && !o.fenced[site]
}

// any reports whether a machine of a class runs in a site.
func (o *Organisation) any(site, class string) bool {
	for id, m := range o.machines {
		if m.Site == site && m.Class == class && o.running[id] {
			return true
		}
	}
	return false
}

// Failing are a site's machines in the order in which they overheat: what computes first, what cools itself last.
func (o *Organisation) Failing(site string) []string {
	order := []string{"compute", "database", "network"}
	var all []Machine
	for _, m := range o.machines {
		if m.Site == site {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b Machine) int {
		return cmp.Or(slices.Index(order, a.Class)-slices.Index(order, b.Class), cmp.Compare(a.ID, b.ID))
	})
	ids := make([]string, len(all))
	for i, m := range all {
		ids[i] = m.ID
	}
	return ids
}

// fence cuts a site off, or lets it back in.
func (o *Organisation) fence(site string, cut bool) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.known(site) {
		return "", fmt.Errorf("there is no site %q", site)
	}
	o.fenced[site] = cut
	if cut {
		return fmt.Sprintf("%s is cut off: nothing there can write or answer any more", site), nil
	}
	return site + " is let back in", nil
}

// promote makes a site's ledger the primary. While the old primary could still write, there would be two: refused.
func (o *Organisation) promote(site string) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case !o.known(site):
		return "", fmt.Errorf("there is no site %q", site)
	case site == o.primary:
		return site + " has been the primary already", nil
	case !o.fenced[o.primary]:
		return "", fmt.Errorf("%s is not cut off: with two primaries bookings would be lost", o.primary)
	case !o.ledger(site):
		return "", fmt.Errorf("the ledger in %s does not run", site)
	}
	o.copies = map[string]bool{site: true} // the old primary may hold what never got here
	o.primary = site
	return "the ledger in " + site + " is the primary", nil
}

// follow makes a site's ledger a copy of the primary again.
func (o *Organisation) follow(site, primary string) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case primary != o.primary:
		return "", fmt.Errorf("the primary is %s", o.primary)
	case !o.any(site, "database") || o.fenced[site]:
		return "", fmt.Errorf("the ledger in %s cannot be reached", site)
	}
	o.copies[site] = true
	return fmt.Sprintf("the ledger in %s has everything that the one in %s has", site, primary), nil
}

// enter leads customers to a site.
func (o *Organisation) enter(site string) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.known(site) {
		return "", fmt.Errorf("there is no site %q", site)
	}
	o.entrance = site
	return "customers are led to " + site, nil
}

func (o *Organisation) known(site string) bool {
	for _, m := range o.machines {
		if m.Site == site {
			return true
		}
	}
	return false
}
