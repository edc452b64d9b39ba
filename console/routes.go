package console

import "net/http"

// need is what a route asks of whoever calls it.
type need int

const (
	nothing  need = iota // anybody
	looking              // a person; or, on an open loopback, anybody
	scraping             // as looking, or the token for metrics
	sending              // the token for alerts; as looking where there is none
	ordering             // a person, always
)

// A route is one thing the console answers. The table of routes is all there is: what is not in it does not exist, and
// a test holds every route against every kind of caller.
type route struct {
	pattern string
	needs   need
	handle  func(http.ResponseWriter, *http.Request)
	page    bool // for people with a browser: who is unknown is sent to the login instead of being refused
}

func (c *console) routes() []route {
	return []route{
		{pattern: "GET /-/healthy", needs: nothing, handle: c.healthy},
		{pattern: "GET /-/ready", needs: nothing, handle: c.ready},
		{pattern: "POST /-/reload", needs: looking, handle: c.reload},
		{pattern: "GET /metrics", needs: scraping, handle: c.scrape},

		{pattern: "GET /api/v1/status", needs: looking, handle: c.status},
		{pattern: "GET /api/v1/situations", needs: looking, handle: c.situations},
		{pattern: "GET /api/v1/oncall", needs: looking, handle: c.oncall},
		{pattern: "GET /api/v1/exercises", needs: looking, handle: c.exercises},
		{pattern: "GET /api/v1/incidents", needs: looking, handle: c.incidents},
		{pattern: "GET /api/v1/incidents/{id}", needs: looking, handle: c.incident},
		{pattern: "GET /api/v1/incidents/{id}/explain", needs: looking, handle: c.explain},
		{pattern: "GET /api/v1/incidents/{id}/report", needs: looking, handle: c.report},
		{pattern: "GET /api/v1/refusals", needs: looking, handle: c.refusals},
		{pattern: "GET /api/v1/incidents/{id}/runs/{run}/diff", needs: looking, handle: c.runDiff},
		{pattern: "GET /api/v1/playbooks", needs: looking, handle: c.playbooks},
		{pattern: "GET /api/v1/playbooks/{id}", needs: looking, handle: c.playbook},
		{pattern: "GET /api/v1/playbooks/{id}/diff", needs: looking, handle: c.exerciseDiff},
		{pattern: "GET /api/v1/actions", needs: looking, handle: c.actions},
		{pattern: "POST /api/v1/commands", needs: ordering, handle: c.command},
		{pattern: "POST /api/v1/alerts/{source}", needs: sending, handle: c.alerts},

		{pattern: "GET /style.css", needs: nothing, handle: c.style},
		{pattern: "GET /login", needs: nothing, handle: c.loginPage},
		{pattern: "POST /login", needs: nothing, handle: c.login},
		{pattern: "POST /logout", needs: nothing, handle: c.logout},
		{pattern: "GET /{$}", needs: looking, handle: c.homePage, page: true},
		{pattern: "GET /incidents/{id}", needs: looking, handle: c.incidentPage, page: true},
		{pattern: "POST /orders", needs: ordering, handle: c.orderForm, page: true},
	}
}
