package actions

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// A Target is one place that may be called: a line of the allow-list in holdfast.yaml, such as "https://fence.internal"
// or "http://127.0.0.1:8080". There are no wildcards: who wants a host called names it.
type Target struct {
	Scheme string // http or https
	Host   string // a name in lower case, or an IP address
	Port   uint16
}

func (t Target) String() string {
	host := t.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return fmt.Sprintf("%s://%s:%d", t.Scheme, host, t.Port)
}

// ParseTarget reads a line of the allow-list. Its error says what to write instead.
func ParseTarget(text string) (Target, error) {
	u, err := url.Parse(text)
	if err != nil {
		return Target{}, fmt.Errorf("%q is not a URL: write scheme://host or scheme://host:port", text)
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return Target{}, fmt.Errorf("%q names more than a place: write scheme://host or scheme://host:port, without a path", text)
	}
	t, err := targetOf(u)
	if err != nil {
		return Target{}, fmt.Errorf("%q cannot be allowed: %w", text, err)
	}
	if a, err := netip.ParseAddr(t.Host); err == nil {
		if err := t.permit(a); err != nil {
			return Target{}, fmt.Errorf("%q cannot be allowed: %w", text, err)
		}
	}
	return t, nil
}

// targetOf is the place that a URL calls.
func targetOf(u *url.URL) (Target, error) {
	t := Target{Scheme: u.Scheme}
	switch u.Scheme {
	case "https":
		t.Port = 443
	case "http":
		t.Port = 80
	default:
		return Target{}, fmt.Errorf("the scheme is %q: only http and https are called", u.Scheme)
	}
	if u.User != nil {
		return Target{}, fmt.Errorf("it carries a user name or password: put credentials into a header")
	}
	host, err := hostOf(u.Hostname())
	if err != nil {
		return Target{}, err
	}
	t.Host = host
	if port := u.Port(); port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return Target{}, fmt.Errorf("port %s is out of range", port)
		}
		t.Port = uint16(n)
	}
	return t, nil
}

// hostOf is a host in its one spelling. Spellings that some resolvers read as an address and others as a name (decimal,
// octal, short, zoned and v4-in-v6 addresses, full-width letters) are refused.
func hostOf(host string) (string, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		if a.Zone() != "" || a.Is4In6() {
			return "", fmt.Errorf("%s is a zoned or mapped address: write the plain one", host)
		}
		return a.String(), nil
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "" {
		return "", fmt.Errorf("it names no host")
	}
	for _, c := range host {
		if c != '-' && c != '.' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return "", fmt.Errorf("host %q holds %q: write names outside ASCII in their xn-- form", host, c)
		}
	}
	if last := host[strings.LastIndexByte(host, '.')+1:]; last == "" || last[0] >= '0' && last[0] <= '9' {
		return "", fmt.Errorf("host %q is neither a name nor an address in its usual form", host)
	}
	return host, nil
}

// never are addresses that are not called, whoever allows them.
var never = []struct {
	what     string
	prefixes []netip.Prefix
}{
	{"the unspecified address", prefixes("0.0.0.0/8", "::/128")},
	{"link-local, where clouds keep credentials", prefixes("169.254.0.0/16", "fe80::/10")},
	{"a cloud's metadata service", prefixes("100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "fd00:ec2::254/128", "fd20:ce::254/128")},
	{"multicast", prefixes("224.0.0.0/4", "ff00::/8")},
	{"reserved", prefixes("240.0.0.0/4")},
	{"a tunnel to an address that cannot be judged", prefixes("2002::/16", "2001::/32", "64:ff9b:1::/48")},
}

// nat64 holds IPv4 addresses in its last four bytes (RFC 6052); networks without IPv4 need it.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// v4compatible addresses (RFC 4291 2.5.5.1, deprecated) hold an IPv4 address that some stacks would call.
var v4compatible = netip.MustParsePrefix("::/96")

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}

// permit says why an address must not be called for this target. It is asked about the address that is about to be
// connected to, after the name was resolved; so a name that answers differently the second time gains nothing.
//
// Private networks are where recovery targets live, and naming a host allows them. This machine's own services are
// another matter: they are allowed only where the list says localhost or the very address.
func (t Target) permit(a netip.Addr) error {
	a = a.WithZone("").Unmap()
	if a.Is6() && (nat64.Contains(a) || v4compatible.Contains(a) && !a.IsLoopback() && !a.IsUnspecified()) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	for _, n := range never {
		for _, p := range n.prefixes {
			if p.Contains(a) {
				return fmt.Errorf("%s is %s, which is never called", a, n.what)
			}
		}
	}
	if a.IsLoopback() && t.Host != "localhost" && t.Host != a.String() {
		return fmt.Errorf("%s resolves to this machine (%s): to call it on purpose, allow-list that address or localhost", t.Host, a)
	}
	return nil
}
