package console

import (
	"net/http"
	"time"

	"holdfast/incident"
)

// Exercises is the answer of GET /api/v1/exercises: what is being exercised, what is known of each playbook by exercises,
// and the record of every exercise.
type Exercises struct {
	Organisation string               `json:"organisation"`
	Now          time.Time            `json:"now"`
	Open         []IncidentStatus     `json:"open"`
	Playbooks    []PlaybookProof      `json:"playbooks"`
	Records      []incident.Exercised `json:"records"` // the oldest first
}

// PlaybookProof is how well it is known what a playbook can do.
type PlaybookProof struct {
	Playbook string `json:"playbook"`
	Title    string `json:"title,omitempty"`
	incident.Verification
	Exercise string `json:"exercise,omitempty"` // the incident of the exercise that counts
}

func (c *console) exercises(w http.ResponseWriter, _ *http.Request) {
	c.answer(w, func(_ *incident.Desk, s sight) (any, *Problem) {
		answer := Exercises{Now: s.now, Open: []IncidentStatus{}, Playbooks: proofsOf(s), Records: append([]incident.Exercised{}, s.exerciseRecords...)}
		if s.documents != nil {
			answer.Organisation = s.documents.BIA.Organisation
		}
		for _, i := range s.underExercise() {
			answer.Open = append(answer.Open, incidentStatus(s, i))
		}
		return answer, nil
	})
}

func proofsOf(s sight) []PlaybookProof {
	all := []PlaybookProof{}
	if s.documents == nil {
		return all
	}
	for _, p := range s.documents.Playbooks {
		proof := PlaybookProof{Playbook: p.ID, Title: p.Title, Verification: s.documents.Verify(p, s.exerciseRecords, s.now)}
		if proof.Last != nil {
			proof.Exercise = proof.Last.Incident
		}
		all = append(all, proof)
	}
	return all
}
