package embedded

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"strconv"

	"github.com/nats-io/nats-server/v2/server"
)

// A Leaf links the server with others for as long as a journal is moved: as one that others come to, or as one that goes to
// others. What is in account HOLDFAST on one side is then reached from that account on the other. While a daemon runs there is
// none.
type Leaf struct {
	Domain string // JetStream domain by which this server's streams are told from the others'; empty: they need no name

	Listen   bool   // others may come, on loopback ([Server.LeafURL])
	Password string // that they show

	To  *url.URL    // where this server goes to, with the user and password that it shows; nil: nowhere
	TLS *tls.Config // whom to trust there; nil: the way is not encrypted
}

// leafUser is the name that goes with the password of a leaf.
const leafUser = "holdfast-move"

// put puts the leaf into the options of nats-server.
func (l *Leaf) put(opts *server.Options) {
	if l == nil {
		return
	}
	opts.JetStreamDomain = l.Domain
	if l.To != nil && opts.Cluster.Name == "" {
		opts.ServerName = leafUser // two servers that reach each other need two names
	}
	if l.Listen {
		var account *server.Account
		for _, a := range opts.Accounts {
			if a.GetName() == holdfast {
				account = a
			}
		}
		opts.LeafNode.Host, opts.LeafNode.Port = "127.0.0.1", server.RANDOM_PORT
		opts.LeafNode.Users = []*server.User{{Username: leafUser, Password: l.Password, Account: account}}
	}
	if l.To != nil {
		opts.LeafNode.Remotes = []*server.RemoteLeafOpts{{LocalAccount: holdfast, URLs: []*url.URL{l.To}, TLS: l.TLS != nil, TLSConfig: l.TLS}}
	}
}

// LeafURL is where other servers reach this one with a leaf's password.
func (s *Server) LeafURL(l *Leaf) (*url.URL, error) {
	v, err := s.nats.Varz(nil)
	if err != nil {
		return nil, fmt.Errorf("where leaves are taken: %w", err)
	}
	return &url.URL{Scheme: "nats-leaf", User: url.UserPassword(leafUser, l.Password), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(v.LeafNode.Port))}, nil
}
