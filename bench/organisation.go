package main

import (
	"fmt"
	"strings"
)

// each is how many components a service has.
const each = 50

// observers are the two that watch every component.
var observers = [...]string{"prom-a", "prom-b"}

// An organisation is a business impact analysis of so many components: one vital service to each fifty of them, so many
// components on a site, two observers with heartbeats, and signals that map alerts to components.
type organisation struct {
	components int
	site       int    // components on a site
	confirm    string // confirm_for; empty: 5m
}

// text is its bia.yaml.
func (o organisation) text() string {
	var services, parts, sites strings.Builder
	for first := 0; first < o.components; first += each {
		fmt.Fprintf(&services, "  s%d: {vital: true, rto: 4h, rtc: 1h, needs: [{minimum: 1, full: 1, any_of: [c%d", first/each, first)
		for c := first + 1; c < min(o.components, first+each); c++ {
			fmt.Fprintf(&services, ",c%d", c)
		}
		services.WriteString("]}]}\n")
	}
	for c := range o.components {
		if c%o.site == 0 {
			fmt.Fprintf(&sites, "  f%d: {}\n", c/o.site)
		}
		fmt.Fprintf(&parts, "  c%d: {site: f%d, class: k%d, observers: [prom-a,prom-b]}\n", c, c/o.site, c%5)
	}
	confirm := o.confirm
	if confirm == "" {
		confirm = "5m"
	}
	return fmt.Sprintf(`organisation: A plant of %d components
version: "1"
defaults: {confirm_for: %s}
observers:
  prom-a: {heartbeat: {match: {alertname: Watchdog, cluster: prom-a}, every: 2m}}
  prom-b: {heartbeat: {match: {alertname: Watchdog, cluster: prom-b}, every: 2m}}
signals:
  - {match: {alertname: "NodeDown|InstanceUnreachable", severity: critical}, component: "${host}", effect: down}
  - {match: {alertname: "Postgres.*Down", environment: production}, component: "${host}", effect: down}
  - {match: {alertname: "High.*|Slow.*", severity: "warning|page"}, component: "${host}", effect: degraded}
declaration: {authority: director, mode: automatic, automatic_for: [site_loss_inferred]}
sites:
%sservices:
%scomponents:
%s`, o.components, confirm, sites.String(), services.String(), parts.String())
}
