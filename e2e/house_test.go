package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// A shop is the organisation's own system: two instances in one site. Cut off, both answer "down" to Prometheus; a
// playbook's step brings them back.
type shop struct {
	*httptest.Server
	mu   sync.Mutex
	down bool
	keys []string // idempotency keys of the restarts it was asked for
	key  string   // that it was sent last with such a request
}

func openShop(t *testing.T) *shop {
	s := &shop{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		up := 1
		if s.isDown() {
			up = 0
		}
		for _, id := range []string{"shop-1", "shop-2", "shop-net"} {
			fmt.Fprintf(w, "shop_up{component=%q} %d\n", id, up)
		}
	})
	mux.HandleFunc("POST /failover", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.keys = append(s.keys, r.Header.Get("Idempotency-Key"))
		s.down = false
		s.key = r.Header.Get("X-Shop-Key")
		fmt.Fprintf(w, `{"serving":"b","with":%q}`, s.key)
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *shop) isDown() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.down
}

func (s *shop) loseSite() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = true
}

func (s *shop) restarts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.keys...)
}

func (s *shop) lastKey() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.key
}

const biaText = `
organisation: A shop with one site and a plan
version: "1"
defaults: {confirm_for: 3s, recover_for: 5s, decision_margin: 5s}
services:
  shop:
    vital: true
    mtpd: 10m
    rto: 3m
    rtc: 30s
    needs:
      - {any_of: [shop-1, shop-2], full: 2, minimum: 1}
sites: {site-a: {}}
observers:
  prom: {heartbeat: {match: {alertname: Watchdog}, every: 20s}}
components:
  shop-1:   {site: site-a, class: compute, observers: [prom]}
  shop-2:   {site: site-a, class: compute, observers: [prom]}
  shop-net: {site: site-a, class: network, observers: [prom]}
criteria:
  site_loss_inferred: {observers: 1}
declaration:
  authority: director
  mode: automatic
  automatic_for: [site_loss_inferred]
`

const peopleText = `
people:
  first: {name: first on call, channels: [{log: true}], token_hash: %q}
  second: {name: second on call, channels: [{log: true}]}
roles:
  director: {people: [first, second]}
`

const playbookText = `
playbook: move-the-shop
version: 1
for: {services: [shop], lost: [site-a]}
rtc: 30s
steps:
  - {id: page, phase: activation, notify: [director]}
  - {id: confirm, after: [page], do: "Look at the site's own alarms", role: director, within: 2m}
  - {id: failover, phase: recovery, run: {http: {url: "%s/failover"}}, timeout: 10s, repeat: safe, expect: 5s}
  - {id: verified, verify: {service: shop, for: 2s}, timeout: 2m, milestone: recovered}
`
