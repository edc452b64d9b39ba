package actions

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrNotAllowed is the error of a look at what the configuration does not name: it says nothing of what was to be looked at.
var ErrNotAllowed = errors.New("not allowed")

// Look asks an allow-listed address with GET, and is nil if it answers with a status (0: any from 200 to 299) and with a text
// somewhere in the first 64 KiB (empty: whatever it says). It sends no secret, and follows no redirect.
func (h *Hands) Look(ctx context.Context, url string, status int, says string) error {
	a, err := h.call(ctx, request{method: http.MethodGet, url: url})
	switch {
	case err != nil && err.reach == notAllowed:
		return fmt.Errorf("%w: %w", ErrNotAllowed, err)
	case err != nil:
		return err
	case status == 0 && (a.status < 200 || a.status > 299), status != 0 && a.status != status:
		return fmt.Errorf("%s answered %d %s", a.target, a.status, http.StatusText(a.status))
	case !strings.Contains(a.raw, says):
		return fmt.Errorf("%s answered %d, without %q", a.target, a.status, says)
	}
	return nil
}

// Knock connects to an allow-listed host and port, and hangs up.
func (h *Hands) Knock(ctx context.Context, address string) error {
	at, err := ParseEndpoint(address)
	if err == nil && !h.ports[at] {
		err = fmt.Errorf("%s is not on the allow-list of holdfast.yaml (actions: tcp: allow)", at.endpoint())
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotAllowed, err)
	}
	dialer := at.dialer(h.resolver)
	conn, err := dialer.DialContext(ctx, "tcp", at.endpoint())
	if err != nil {
		return err
	}
	return conn.Close()
}

// AllowedEndpoint is an error unless a probe may connect to a host and port where these are allowed.
func AllowedEndpoint(allowed []Target, address string) error {
	at, err := ParseEndpoint(address)
	if err != nil {
		return err
	}
	for _, t := range allowed {
		if t == at {
			return nil
		}
	}
	return fmt.Errorf("%s is not on the allow-list of holdfast.yaml (actions: tcp: allow)", at.endpoint())
}

// ParseEndpoint reads a host with a port. Its error says what to write instead.
func ParseEndpoint(text string) (Target, error) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return Target{}, fmt.Errorf("%q is no host with a port: write ledger.internal:5432", text)
	}
	t := Target{Scheme: "tcp"}
	if t.Host, err = hostOf(host); err != nil {
		return Target{}, fmt.Errorf("%q cannot be allowed: %w", text, err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return Target{}, fmt.Errorf("%q cannot be allowed: port %s is out of range", text, port)
	}
	t.Port = uint16(n)
	if a, err := netip.ParseAddr(t.Host); err == nil {
		if err := t.permit(a); err != nil {
			return Target{}, fmt.Errorf("%q cannot be allowed: %w", text, err)
		}
	}
	return t, nil
}

func (t Target) endpoint() string { return net.JoinHostPort(t.Host, strconv.Itoa(int(t.Port))) }

// dialer connects to a target, and asks about the address that a name came to before it does.
func (t Target) dialer(resolver *net.Resolver) *net.Dialer {
	return &net.Dialer{
		Timeout:  10 * time.Second,
		Resolver: resolver,
		Control: func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil {
				return err
			}
			return t.permit(to.Addr())
		},
	}
}
