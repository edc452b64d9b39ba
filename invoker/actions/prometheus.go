package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"holdfast/playbooks"
)

// A queried is what a Prometheus answers, and whatever speaks its query API (Thanos, Mimir, VictoriaMetrics).
type queried struct {
	Status    string   `json:"status"`
	ErrorType string   `json:"errorType"`
	Error     string   `json:"error"`
	Warnings  []string `json:"warnings"`
	Data      struct {
		Type   string          `json:"resultType"`
		Result json.RawMessage `json:"result"`
	} `json:"data"`
}

// prometheus asks once. nil: the answer is one number within the bounds. A *callError that is notAllowed means that asking
// again is of no use: the server cannot read the query.
func (h *Hands) prometheus(ctx context.Context, do *playbooks.Prometheus, own map[string]string) error {
	a, missing := h.call(ctx, request{
		method: http.MethodPost, url: strings.TrimSuffix(do.URL, "/") + "/api/v1/query", header: do.Header, own: own,
		form: url.Values{"query": {do.Query}, "timeout": {perPoll.String()}},
	})
	if missing != nil {
		return missing
	}
	var q queried
	if err := json.Unmarshal([]byte(a.raw), &q); err != nil || a.cut {
		return fmt.Errorf("%s answered %s, which is not what a Prometheus answers to one number", a.target, status(a))
	}
	switch {
	case q.ErrorType == "bad_data":
		return &callError{notAllowed, fmt.Errorf("%s cannot read the query: %s", a.target, h.vault.tell(q.Error, false, 500))}
	case a.status != http.StatusOK || q.Status != "success":
		return fmt.Errorf("%s answered %s", a.target, status(a))
	case len(q.Warnings) > 0:
		return fmt.Errorf("%s says that its answer may not be whole: %s", a.target, h.vault.tell(strings.Join(q.Warnings, "; "), false, 500))
	}
	n, err := q.number()
	if err != nil {
		return err
	}
	return within(do, n)
}

// number is the one number of an answer. None at all, several, and what is no number say nothing: absence is never proof.
func (q queried) number() (float64, error) {
	switch q.Data.Type {
	case "scalar":
		return numberOf(q.Data.Result)
	case "vector":
	default:
		return 0, &callError{notAllowed, fmt.Errorf("the query gives a %s: it has to give one number", printableKind(q.Data.Type))}
	}
	var series []struct {
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(q.Data.Result, &series); err != nil {
		return 0, errors.New("the answer holds no series that can be read")
	}
	switch {
	case len(series) == 0:
		return 0, errors.New("no data: the query gives no series")
	case len(series) > 1:
		return 0, fmt.Errorf("the query gives %d series: it has to give one, by sum or min for example", len(series))
	case series[0].Value == nil:
		return 0, errors.New("the query gives a histogram: it has to give one number")
	}
	return numberOf(series[0].Value)
}

func printableKind(kind string) string {
	if kind == "matrix" || kind == "string" {
		return kind
	}
	return "result of an unknown type"
}

// numberOf reads [time, "number"].
func numberOf(sample json.RawMessage) (float64, error) {
	var pair [2]json.RawMessage
	var text string
	if json.Unmarshal(sample, &pair) != nil || json.Unmarshal(pair[1], &text) != nil {
		return 0, errors.New("the answer holds no number that can be read")
	}
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		return 0, errors.New("the answer holds no number that can be read")
	case math.IsNaN(n) || math.IsInf(n, 0):
		return 0, fmt.Errorf("the answer is %v, which proves nothing", n)
	}
	return n, nil
}

func within(do *playbooks.Prometheus, n float64) error {
	switch {
	case do.Equals != nil && n != *do.Equals:
		return fmt.Errorf("the answer is %v, not %v", n, *do.Equals)
	case do.AtLeast != nil && n < *do.AtLeast:
		return fmt.Errorf("the answer is %v, which is not at least %v", n, *do.AtLeast)
	case do.AtMost != nil && n > *do.AtMost:
		return fmt.Errorf("the answer is %v, which is not at most %v", n, *do.AtMost)
	case do.Equals == nil && do.AtLeast == nil && do.AtMost == nil:
		return &callError{notAllowed, errors.New("nothing says when the answer is good")}
	}
	return nil
}
