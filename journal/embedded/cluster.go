package embedded

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// A Cluster is what makes the server inside a daemon one node of several: each daemon brings one, and a stream has a copy
// on each. Nothing else has to be installed.
type Cluster struct {
	Name     string      // of the cluster; the same on every node
	Node     string      // of this node; its own for ever, since the others know its copies by it
	Listen   string      // host:port at which the other nodes reach it
	Peers    []string    // host:port of all nodes; this one may be among them
	TLS      *tls.Config // of the ways between nodes: whom to trust, and who this one is; needed beyond loopback
	Password string      // that nodes show each other; needed beyond loopback
}

// routeUser is the name under which nodes show their password.
const routeUser = "holdfast-node"

// check refuses a cluster that anybody could join: who is a node of it holds the logs.
func (c *Cluster) check() error {
	switch {
	case c.Name == "" || c.Node == "":
		return errors.New("a cluster needs a name, and each node of it one of its own")
	case len(c.Peers) < 2:
		return fmt.Errorf("cluster %s: it needs the addresses of its nodes, and has %d", c.Name, len(c.Peers))
	}
	for _, address := range append([]string{c.Listen}, c.Peers...) {
		if _, _, err := net.SplitHostPort(address); err != nil {
			return fmt.Errorf("cluster %s: %q: %w", c.Name, address, err)
		}
	}
	if !slices.ContainsFunc(append([]string{c.Listen}, c.Peers...), func(address string) bool { return !Loopback(address) }) {
		return nil
	}
	if c.TLS == nil || c.Password == "" {
		return fmt.Errorf("cluster %s reaches beyond loopback: its nodes need TLS and a password, or whoever reaches %s could rewrite the logs", c.Name, c.Listen)
	}
	return nil
}

// join puts the node into the options of nats-server.
func (c *Cluster) join(opts *server.Options) error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("cluster %s: %q: the port is not a number", c.Name, c.Listen)
	}
	opts.ServerName = c.Node
	opts.Cluster = server.ClusterOpts{Name: c.Name, Host: host, Port: number, NoAdvertise: true}
	var who *url.Userinfo
	if c.Password != "" {
		opts.Cluster.Username, opts.Cluster.Password = routeUser, c.Password
		opts.Cluster.AuthTimeout = 5
		who = url.UserPassword(routeUser, c.Password)
	}
	if c.TLS != nil {
		opts.Cluster.TLSConfig, opts.Cluster.TLSTimeout = c.TLS, 5
	}
	for _, peer := range c.Peers {
		opts.Routes = append(opts.Routes, &url.URL{Scheme: "nats-route", User: who, Host: peer})
	}
	// A node that hangs is found out by the others within seconds, not minutes: until then they wait for it.
	opts.Cluster.PingInterval, opts.Cluster.MaxPingsOut = 2*time.Second, 2
	opts.ReconnectErrorReports = 3600 // one line for a node that is away, and then one an hour
	return nil
}
