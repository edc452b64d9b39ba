package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"holdfast/incident"
	"holdfast/internal/failpoint"
	"holdfast/oncall"
)

// maxCommand is how many bytes an order can have.
const maxCommand = 64 << 10

// Ordered is the answer to a command that was carried out: what it changed, as it stands in the journal.
type Ordered struct {
	Changes []Changed `json:"changes"`
}

// Changed is one event that a command caused.
type Changed struct {
	Incident string         `json:"incident,omitempty"`
	Kind     incident.Kind  `json:"kind"`
	Event    incident.Event `json:"event"`
}

// UnmarshalJSON reads the event by its kind.
func (c *Changed) UnmarshalJSON(text []byte) (err error) {
	var as struct {
		Incident string          `json:"incident"`
		Kind     incident.Kind   `json:"kind"`
		Event    json.RawMessage `json:"event"`
	}
	if err := json.Unmarshal(text, &as); err != nil {
		return err
	}
	c.Incident, c.Kind = as.Incident, as.Kind
	c.Event, err = incident.Decode(as.Kind, as.Event)
	return err
}

// command is POST /api/v1/commands.
func (c *console) command(w http.ResponseWriter, r *http.Request) {
	order, problem := readCommand(w, r)
	if problem != nil {
		writeProblem(w, *problem)
		return
	}
	by, _ := c.person(r)
	failpoint.Hit("console/order/received")
	changes, problem := c.order(r.Context(), by, order)
	failpoint.Hit("console/order/decided")
	if problem != nil {
		writeProblem(w, *problem)
		return
	}
	answer := Ordered{Changes: []Changed{}}
	for _, change := range changes {
		answer.Changes = append(answer.Changes, Changed{Incident: change.Incident, Kind: change.Event.Kind(), Event: change.Event})
	}
	writeJSON(w, answer)
	failpoint.Hit("console/order/answered")
}

func readCommand(w http.ResponseWriter, r *http.Request) (incident.Command, *Problem) {
	var order incident.Command
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		p := Problem{Type: "not-json", Status: http.StatusUnsupportedMediaType, Detail: "a command is sent as application/json"}
		return order, &p
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCommand))
	if err != nil {
		p := unreadBody(err)
		return order, &p
	}
	if err := decodeStrictly(body, &order); err != nil {
		p := badRequest("this is no command: "+err.Error(), `a command looks like {"verb":"ack","incident":"…","step":"…"}`)
		return order, &p
	}
	return order, nil
}

// unreadBody is the answer to a body that could not be read to its end.
func unreadBody(err error) Problem {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return Problem{Type: "too-large", Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("the body has more than %d bytes", tooLarge.Limit)}
	}
	return badRequest("the body could not be read: "+err.Error(), "")
}

// order passes an order on, whether it came by the API or by a form. Once taken it is carried through even if whoever
// sent it hangs up: half an order is worse than one nobody waited for.
func (c *console) order(ctx context.Context, by *oncall.Person, order incident.Command) ([]incident.Change, *Problem) {
	if by == nil {
		p := unauthorised(ordering, "")
		return nil, &p
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), orderTimeout)
	defer cancel()
	changes, err := c.House.Order(ctx, by, order)
	log := c.Logger.Info().Str("person", by.ID).Str("verb", string(order.Verb)).Str("incident_id", order.Incident).Str("step", order.Step)
	if err != nil {
		log.Err(err).Msg("an order was not carried out")
		c.noteRefusal(by, order, err)
		p := orderProblem(err)
		return nil, &p
	}
	log.Int("changes", len(changes)).Msg("an order was carried out")
	return changes, nil
}
