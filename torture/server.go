package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// serveNATS is a nats-server in a process of its own, as a team runs it.
func serveNATS(config string) error {
	opts, err := server.ProcessConfigFile(config)
	if err != nil {
		return err
	}
	s, err := server.NewServer(opts)
	if err != nil {
		return err
	}
	s.ConfigureLogger()
	s.Start()
	s.WaitForShutdown()
	return nil
}

// A node is one nats-server: alone, or in a cluster.
type node struct {
	name    string
	dir     string
	port    int
	monitor int
	route   int
	process *process
}

// url is where clients reach it.
func (n *node) url() string { return fmt.Sprintf("nats://127.0.0.1:%d", n.port) }

func newNode(dir, name string) (n *node, err error) {
	n = &node{name: name, dir: filepath.Join(dir, name)}
	for _, port := range []*int{&n.port, &n.monitor, &n.route} {
		if *port, err = freePort(); err != nil {
			return nil, err
		}
	}
	return n, os.MkdirAll(n.dir, 0o700)
}

// start starts it; with routes it is a member of a cluster.
func (n *node) start(routes []string) (err error) {
	text := fmt.Sprintf("server_name: %s\nlisten: \"127.0.0.1:%d\"\nhttp: \"127.0.0.1:%d\"\nmax_payload: 2MB\nlogfile: %q\njetstream { store_dir: %q, sync_interval: always, max_memory_store: 64MB, max_file_store: 2GB }\n",
		n.name, n.port, n.monitor, filepath.Join(n.dir, "server.log"), filepath.Join(n.dir, "js"))
	if len(routes) > 0 {
		text += fmt.Sprintf("cluster { name: torture, listen: \"127.0.0.1:%d\", no_advertise: true, connect_retries: 1000000, routes: [\"%s\"] }\n", n.route, strings.Join(routes, `", "`))
	}
	config := filepath.Join(n.dir, "nats.conf")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	n.process, err = spawn(filepath.Join(n.dir, "out.log"), nil, self, "nats", config)
	return err
}

// healthy is nil once it can keep what it is given.
func (n *node) healthy() error {
	client := http.Client{Timeout: 2 * time.Second}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/healthz?js-enabled-only=true", n.monitor), nil)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return errors.New(res.Status)
	}
	return nil
}

func (n *node) await() error {
	return until(30*time.Second, "nats-server "+n.name+" is healthy", n.healthy)
}

func (n *node) kill()   { n.process.kill() }
func (n *node) freeze() { n.process.signal(syscall.SIGSTOP) }
func (n *node) thaw()   { n.process.signal(syscall.SIGCONT) }
