package embedded_test

import (
	"crypto/tls"
	"strings"
	"testing"

	"holdfast/journal/embedded"
)

func TestAClusterThatAnybodyCouldJoinIsRefused(t *testing.T) {
	peers := []string{"10.0.0.1:6222", "10.0.0.2:6222", "10.0.0.3:6222"}
	for name, c := range map[string]struct {
		cluster embedded.Cluster
		want    string
	}{
		"beyond loopback, and open": {embedded.Cluster{Name: "c", Node: "a", Listen: "10.0.0.1:6222", Peers: peers}, "need TLS and a password"},
		"without a password":        {embedded.Cluster{Name: "c", Node: "a", Listen: "10.0.0.1:6222", Peers: peers, TLS: &tls.Config{MinVersion: tls.VersionTLS12}}, "need TLS and a password"},
		"without TLS":               {embedded.Cluster{Name: "c", Node: "a", Listen: "10.0.0.1:6222", Peers: peers, Password: "x"}, "need TLS and a password"},
		"to others beyond loopback": {embedded.Cluster{Name: "c", Node: "a", Listen: "127.0.0.1:6222", Peers: peers}, "need TLS and a password"},
		"without a name":            {embedded.Cluster{Node: "a", Listen: "127.0.0.1:6222", Peers: peers}, "needs a name"},
		"without others":            {embedded.Cluster{Name: "c", Node: "a", Listen: "127.0.0.1:6222"}, "has 0"},
		"at no address":             {embedded.Cluster{Name: "c", Node: "a", Listen: "here", Peers: peers}, `"here"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := embedded.Start(embedded.Options{Store: t.TempDir(), Cluster: &c.cluster})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}
