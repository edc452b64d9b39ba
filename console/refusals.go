package console

import (
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"holdfast/incident"
	"holdfast/oncall"
)

// Refused is an order that was not allowed: who asked for what and when, and why not. It changed nothing, so it is no
// event; it is kept beside the journal, for whoever asks later who tried what.
type Refused struct {
	At       time.Time       `json:"at"`
	Person   string          `json:"person"`
	Verb     incident.Verb   `json:"verb"`
	Incident string          `json:"incident,omitempty"`
	Step     string          `json:"step,omitempty"`
	Services []string        `json:"services,omitempty"`
	To       string          `json:"to,omitempty"`
	Reason   string          `json:"reason"`
	By       *incident.Actor `json:"by,omitempty"`   // who was before them
	Since    time.Time       `json:"since,omitzero"` // and when
}

// MostRefused is how many refusals are kept to be shown, the last ones.
const MostRefused = 1000

// Access is the record of orders that were refused. It is safe for concurrent use.
type Access struct {
	mu   sync.Mutex
	kept []Refused
	keep func(Refused) error
}

// NewAccess goes on with what was refused before. Each refusal goes to keep, which has it on disk when it returns; nil:
// what is refused is lost with the process.
func NewAccess(before []Refused, keep func(Refused) error) *Access {
	return &Access{kept: slices.Clip(before), keep: keep}
}

// refused puts a refusal on record. One that cannot be kept is still shown, and said loudly: to refuse is right all the
// same.
func (a *Access) refused(r Refused, log zerolog.Logger) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.kept) >= 2*MostRefused {
		a.kept = slices.Clone(a.kept[MostRefused:])
	}
	a.kept = append(a.kept, r)
	if a.keep == nil {
		return
	}
	if err := a.keep(r); err != nil {
		log.Error().Err(err).Msg("a refusal could not be put on record")
	}
}

// last are the newest refusals, the newest first.
func (a *Access) last() []Refused {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := slices.Clone(a.kept[max(0, len(a.kept)-MostRefused):])
	slices.Reverse(all)
	return all
}

// Refusals is the answer of GET /api/v1/refusals: the last thousand orders that were refused, the newest first; of one
// incident with ?incident=.
type Refusals struct {
	Now      time.Time `json:"now"`
	Refusals []Refused `json:"refusals"`
}

func (c *console) refusals(w http.ResponseWriter, r *http.Request) {
	answer := Refusals{Now: c.Now(), Refusals: []Refused{}}
	only := r.URL.Query().Get("incident")
	for _, refused := range c.Access.last() {
		if only == "" || refused.Incident == only {
			answer.Refusals = append(answer.Refusals, refused)
		}
	}
	writeJSON(w, answer)
}

// noteRefusal puts an order on record that was refused.
func (c *console) noteRefusal(by *oncall.Person, order incident.Command, err error) {
	var refusal *incident.Refusal
	if !errors.As(err, &refusal) {
		return
	}
	r := Refused{At: c.Now().UTC(), Person: by.ID, Verb: order.Verb, Incident: order.Incident, Step: order.Step, Services: order.Services, To: order.To,
		Reason: refusal.Reason, Since: refusal.At}
	if refusal.By != (incident.Actor{}) {
		r.By = &refusal.By
	}
	c.Access.refused(r, c.Logger)
}
