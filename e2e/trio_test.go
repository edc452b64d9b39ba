package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A replica is one of several daemons that share a journal.
type replica struct {
	house
	*part
	config string
}

// trio starts three daemons, each with a node of a NATS cluster inside, and nothing else.
func trio(t *testing.T, s *shop) []*replica {
	t.Helper()
	token, line := newToken(t)
	var peers []string
	for range 3 {
		peers = append(peers, fmt.Sprintf("127.0.0.1:%d", freePort(t)))
	}
	var all []*replica
	for i := range 3 {
		dir := t.TempDir()
		r := &replica{house: house{url: fmt.Sprintf("http://127.0.0.1:%d", freePort(t)), token: write(t, dir, "token", token)}}
		write(t, dir, "continuity/bia.yaml", biaText)
		write(t, dir, "continuity/people.yaml", fmt.Sprintf(peopleText, line))
		write(t, dir, "continuity/playbooks/move-the-shop.yaml", fmt.Sprintf(playbookText, s.URL))
		r.config = write(t, dir, "holdfast.yaml", fmt.Sprintf(`
continuity: %s
nats:
  embedded:
    store: %s
    listen: none
    cluster: {node: "node-%d", listen: %q, peers: [%s]}
http: {listen: %q}
actions: {http: {allow: [%q]}}
`, filepath.Join(dir, "continuity"), filepath.Join(dir, "nats"), i, peers[i], strings.Join(peers, ", "), strings.TrimPrefix(r.url, "http://"), s.URL))
		all = append(all, r)
	}
	for _, r := range all {
		r.start(t)
	}
	for _, r := range all {
		answers(t, r.url+"/-/ready")
	}
	return all
}

func (r *replica) start(t *testing.T) {
	t.Helper()
	r.part = start(t, r.url, holdfast, "serve", "--config", r.config)
}

// standing is how a replica stands.
type standing struct {
	Epoch  uint64 `json:"epoch"`
	Charge struct {
		Here     bool   `json:"here"`
		Instance string `json:"instance"`
		Address  string `json:"address"`
	} `json:"charge"`
}

func (r *replica) standing() (s standing, err error) {
	client := http.Client{Timeout: 300 * time.Millisecond}
	res, err := client.Get(r.url + "/api/v1/status")
	if err != nil {
		return s, err
	}
	defer res.Body.Close()
	return s, json.NewDecoder(res.Body).Decode(&s)
}

// inCharge is the one of the replicas that is in charge.
func inCharge(t *testing.T, all []*replica, within time.Duration) *replica {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < within; time.Sleep(10 * time.Millisecond) {
		for _, r := range all {
			if s, err := r.standing(); err == nil && s.Charge.Here {
				return r
			}
		}
	}
	t.Fatalf("nobody is in charge within %s", within)
	return nil
}

// whole waits until every replica is up and its node has caught up with the others.
func whole(t *testing.T, all []*replica) {
	t.Helper()
	for _, r := range all {
		answers(t, r.url+"/-/ready")
	}
	time.Sleep(2 * time.Second)
}

func others(all []*replica, r *replica) []*replica {
	return slices.DeleteFunc(slices.Clone(all), func(o *replica) bool { return o == r })
}

func TestThreeDaemonsTakeOverFromEachOtherAndTheShopIsRecoveredOnce(t *testing.T) {
	s := openShop(t)
	all := trio(t, s)
	first := inCharge(t, all, 10*time.Second)
	standby := others(all, first)
	for _, r := range standby {
		st, err := r.standing()
		if err != nil || st.Charge.Here || st.Charge.Address != first.url {
			t.Errorf("a standby says of who is in charge: %+v, %v", st, err)
		}
	}

	killed := time.Now()
	first.stop(syscall.SIGKILL)
	second := inCharge(t, standby, 20*time.Second)
	t.Logf("after kill -9 the next envelope was committed within %s", time.Since(killed).Round(time.Millisecond))
	first.start(t)
	answers(t, first.url+"/-/ready")

	whole(t, all)
	stopped := time.Now()
	_ = second.cmd.Process.Signal(syscall.SIGSTOP)
	third := inCharge(t, others(all, second), 20*time.Second)
	t.Logf("after SIGSTOP the next envelope was committed within %s", time.Since(stopped).Round(time.Millisecond))
	_ = second.cmd.Process.Signal(syscall.SIGCONT)
	eventually(t, 15*time.Second, "who wakes stands by", func() error {
		st, err := second.standing()
		if err == nil && (st.Charge.Here || st.Charge.Address != third.url) {
			err = fmt.Errorf("%+v", st)
		}
		return err
	})

	whole(t, all)
	asked := time.Now()
	_ = third.cmd.Process.Signal(syscall.SIGTERM)
	inCharge(t, others(all, third), 20*time.Second)
	t.Logf("after SIGTERM the next envelope was committed within %s", time.Since(asked).Round(time.Millisecond))
}
