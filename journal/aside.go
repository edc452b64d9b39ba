package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// StepAside hands the lead of the log's stream over to another node, where it is this one that has it. A daemon that is in
// charge dies together with the node inside it; if that node led the log too, nobody could write until the others had
// elected a new leader, which takes them four to eight seconds. It reports whether there was anything to hand over.
func StepAside(ctx context.Context, js jetstream.JetStream, node string) (bool, error) {
	stream, err := find(ctx, js, LogStream)
	if err != nil {
		return false, fmt.Errorf("who leads the log: %w", err)
	}
	cluster := stream.CachedInfo().Cluster
	if cluster == nil || cluster.Leader != node {
		return false, nil
	}
	i := slices.IndexFunc(cluster.Replicas, func(p *jetstream.PeerInfo) bool { return p.Current && !p.Offline })
	if i < 0 {
		return false, nil // nobody else has it whole
	}
	type placement struct {
		Preferred string `json:"preferred"`
	}
	ask, err := json.Marshal(map[string]placement{"placement": {cluster.Replicas[i].Name}})
	if err != nil {
		return false, err
	}
	answer, err := js.Conn().RequestWithContext(ctx, "$JS.API.STREAM.LEADER.STEPDOWN."+LogStream, ask)
	if err != nil {
		return false, fmt.Errorf("hand the lead of the log over: %w", err)
	}
	var said struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(answer.Data, &said); err != nil {
		return false, fmt.Errorf("hand the lead of the log over: %w", err)
	}
	if said.Error != nil {
		return false, fmt.Errorf("hand the lead of the log over: %w", said.Error)
	}
	return true, nil
}
