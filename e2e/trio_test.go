package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
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

// trio starts three daemons, each with a node of a NATS cluster inside, and nothing else; more is the rest of holdfast.yaml.
func trio(t *testing.T, s *shop, more string) []*replica {
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
%s
`, filepath.Join(dir, "continuity"), filepath.Join(dir, "nats"), i, peers[i], strings.Join(peers, ", "), strings.TrimPrefix(r.url, "http://"), s.URL, more))
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

func TestThreeDaemonsTakeOverFromEachOther(t *testing.T) {
	s := openShop(t)
	all := trio(t, s, "")
	first := inCharge(t, all, 10*time.Second)
	standby := others(all, first)
	for _, r := range standby {
		eventually(t, 5*time.Second, "a standby says who is in charge", func() error {
			st, err := r.standing()
			if err == nil && (st.Charge.Here || st.Charge.Address != first.url) {
				err = fmt.Errorf("%+v", st)
			}
			return err
		})
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

const anAlert = `{"holdfast":1,"alerts":[{"status":"firing","labels":{"alertname":"Down","component":"shop-1"}}]}`

// tells posts an alert; it is the status of the answer.
func (r *replica) tells() (int, string, error) {
	client := http.Client{Timeout: 20 * time.Second}
	res, err := client.Post(r.url+"/api/v1/alerts/prom", "application/json", strings.NewReader(anAlert))
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

func TestWithoutMostNodesAlertsAreRefusedAndItIsSaidAndAfterwardsAllGoesOn(t *testing.T) {
	var calls atomic.Int64
	watchdog := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer watchdog.Close()
	all := trio(t, openShop(t), fmt.Sprintf("watchdog: {url: %q, every: 1s}", watchdog.URL))
	first := inCharge(t, all, 10*time.Second)
	whole(t, all)
	if status, text, err := first.tells(); status != http.StatusOK {
		t.Fatalf("an alert was answered with %d, %s, %v", status, text, err)
	}
	if calls.Load() == 0 {
		t.Error("the watchdog is not called")
	}
	lost := others(all, first)
	for _, r := range lost {
		r.stop(syscall.SIGKILL)
	}
	eventually(t, 30*time.Second, "it is not called ready", func() error {
		if text, err := read(first.url + "/-/ready"); err == nil {
			return fmt.Errorf("it says %s", text)
		}
		return nil
	})
	before, asked := calls.Load(), time.Now()
	status, text, err := first.tells()
	if status != http.StatusServiceUnavailable || !strings.Contains(text, "send them again") {
		t.Errorf("an alert that cannot be stored was answered with %d, %s, %v", status, text, err)
	}
	t.Logf("an alert was refused after %s", time.Since(asked).Round(time.Millisecond))
	if out, _ := first.cli(t, "status"); !strings.Contains(out, "NOT READY") {
		t.Errorf("status says:\n%s", out)
	}
	time.Sleep(3 * time.Second)
	if n := calls.Load() - before; n > 1 {
		t.Errorf("the watchdog was called %d times while nothing could be recorded", n)
	}
	eventually(t, 60*time.Second, "people are told", func() error {
		if !strings.Contains(first.output(), "holdfast cannot reach its journal since") && !strings.Contains(first.output(), "told that holdfast needs people") {
			return fmt.Errorf("nobody was told")
		}
		return nil
	})
	for _, r := range lost {
		r.start(t)
	}
	for _, r := range all {
		answers(t, r.url+"/-/ready")
	}
	eventually(t, 30*time.Second, "alerts are taken again", func() error {
		if status, text, err := first.tells(); status != http.StatusOK {
			return fmt.Errorf("%d, %s, %v", status, text, err)
		}
		return nil
	})
}
