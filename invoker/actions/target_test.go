package actions

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"holdfast/incident"
	"holdfast/playbooks"
)

func TestATargetIsSchemeHostAndPort(t *testing.T) {
	for text, want := range map[string]Target{
		"https://fence.internal":      {"https", "fence.internal", 443},
		"http://Fence.Internal.:8080": {"http", "fence.internal", 8080},
		"http://127.0.0.1:9/":         {"http", "127.0.0.1", 9},
		"http://localhost":            {"http", "localhost", 80},
		"https://[fd12:0::1]":         {"https", "fd12::1", 443},
	} {
		got, err := ParseTarget(text)
		if err != nil || got != want {
			t.Errorf("ParseTarget(%q) = %v, %v; want %v", text, got, err, want)
		}
		if again, err := ParseTarget(got.String()); err != nil || again != got {
			t.Errorf("%v does not read back from %q: %v, %v", got, got, again, err)
		}
	}
}

func TestAPlaceThatCouldBeAnotherOneIsNeverAllowed(t *testing.T) {
	for _, text := range []string{
		"", "fence.internal", "//fence.internal", "ftp://fence.internal", "file:///etc/passwd", "http://", "http://:80",
		"http://fence.internal/path", "http://fence.internal?x", "http://fence.internal#x", "http://fence.internal:0", "http://fence.internal:65536",
		"http://user:password@fence.internal", "http://fence.internal@169.254.169.254",
		"http://169.254.169.254", "http://[fe80::1]", "http://[fe80::1%25eth0]", "http://[fd00:ec2::254]", "http://100.100.100.200", "http://168.63.129.16",
		"http://[::ffff:169.254.169.254]", "http://[::ffff:127.0.0.1]", "http://[::169.254.169.254]", "http://[64:ff9b::a9fe:a9fe]", "http://[2002:a9fe:a9fe::1]",
		"http://0.0.0.0", "http://0", "http://[::]", "http://224.0.0.1", "http://[ff02::1]", "http://255.255.255.255",
		"http://2130706433", "http://0x7f000001", "http://0177.0.0.1", "http://127.1", "http://127.0.0.1.", "http://①27.0.0.1", "http://ｆence.internal", "http://fence.internal\\@evil", "http://*.internal",
	} {
		if got, err := ParseTarget(text); err == nil {
			t.Errorf("ParseTarget(%q) = %v, want a refusal", text, got)
		}
	}
}

func TestWhatANameResolvesToIsJudged(t *testing.T) {
	name := Target{"http", "fence.internal", 80}
	for address, allowed := range map[string]bool{
		"10.1.2.3": true, "192.168.0.1": true, "172.16.0.9": true, "100.64.0.1": true, "fd12::1": true, "203.0.113.9": true, "2606:4700::1": true, "64:ff9b::cb00:7109": true,
		"127.0.0.1": false, "127.8.8.8": false, "::1": false, "::ffff:127.0.0.1": false, "::127.0.0.1": false, "64:ff9b::7f00:1": false,
		"169.254.169.254": false, "169.254.0.1": false, "::ffff:169.254.169.254": false, "64:ff9b::a9fe:a9fe": false, "2002:a9fe:a9fe::": false, "fe80::1": false, "fe80::1%eth0": false,
		"100.100.100.200": false, "168.63.129.16": false, "192.0.0.192": false, "fd00:ec2::254": false, "fd20:ce::254": false,
		"0.0.0.0": false, "0.1.2.3": false, "::": false, "224.0.0.1": false, "239.1.1.1": false, "ff02::1": false, "255.255.255.255": false, "240.0.0.1": false, "2001::1": false, "64:ff9b:1::1": false,
	} {
		if err := name.permit(netip.MustParseAddr(address)); (err == nil) != allowed {
			t.Errorf("permit(%s) = %v, want allowed=%v", address, err, allowed)
		}
	}
}

func TestThisMachineIsCalledOnlyWhereTheListNamesIt(t *testing.T) {
	for _, host := range []string{"localhost", "127.0.0.1"} {
		if err := (Target{"http", host, 80}).permit(netip.MustParseAddr("127.0.0.1")); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	if err := (Target{"http", "127.0.0.1", 80}).permit(netip.MustParseAddr("127.0.0.2")); err == nil {
		t.Error("an entry for one address of this machine opened another")
	}
	if err := (Target{"http", "localhost", 80}).permit(netip.MustParseAddr("169.254.169.254")); err == nil {
		t.Error("localhost opened the metadata service")
	}
}

func TestANameThatPointsAtThisMachineIsNotConnectedTo(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "::1", "169.254.169.254", "0.0.0.0", "::ffff:127.0.0.1"} {
		var hits atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
		target := at(t, server)
		target.Host = "fence.internal"
		h := hands(t, Config{HTTP: []Target{target}, Resolver: resolverTo(netip.MustParseAddr(address))})
		r := h.Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: target.String()}}))
		expect(t, r, incident.Failed, "not sent: "+target.String())
		if hits.Load() != 0 {
			t.Errorf("%s: the server was called", address)
		}
		server.Close()
	}
}

func TestOnlyTheAllowListIsCalled(t *testing.T) {
	var hits atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer server.Close()
	h := hands(t, Config{HTTP: []Target{{"http", "fence.internal", 80}, {"https", "127.0.0.1", 1}}})
	u, _ := url.Parse(server.URL)
	for _, to := range []string{
		server.URL, "http://fence.internal@" + u.Host, "http://fence.internal:" + u.Port(), "http://localhost:" + u.Port(), "http://2130706433:" + u.Port(),
		"http://[::ffff:127.0.0.1]:" + u.Port(), "https://fence.internal", "http://fence.internal.evil", "http://fence.internal%2eevil", "http://fence.internal%00.evil", "http://evil\\@fence.internal", "gopher://fence.internal", "/relative", "",
	} {
		r := h.Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: to}}))
		expect(t, r, incident.Failed, "not sent")
	}
	if hits.Load() != 0 {
		t.Errorf("%d requests went through", hits.Load())
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	var hits atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer inside.Close()
	for _, code := range []int{301, 302, 303, 307, 308} {
		outside := httptest.NewServer(http.RedirectHandler(inside.URL, code))
		h := hands(t, Config{HTTP: []Target{at(t, outside), at(t, inside)}})
		r := h.Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: outside.URL}}))
		expect(t, r, incident.Failed, "redirects are not followed")
		outside.Close()
	}
	if hits.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

func TestTheEnvironmentsProxyIsNotUsed(t *testing.T) {
	var hits atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer proxy.Close()
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	h := hands(t, Config{HTTP: []Target{{"http", "fence.internal", 80}}, Resolver: resolverTo(netip.MustParseAddr("127.0.0.1"))})
	r := h.Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: "http://fence.internal"}}))
	expect(t, r, incident.Failed, "resolves to this machine")
	if hits.Load() != 0 {
		t.Error("the proxy of the environment was used")
	}
}

// resolverTo is a resolver whose name server answers every question with one address.
func resolverTo(a netip.Addr) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go answerNames(theirs, a)
		return ours, nil
	}}
}

// answerNames speaks DNS as on a TCP connection (RFC 1035 4.2.2) until the other side hangs up.
func answerNames(c net.Conn, a netip.Addr) {
	defer func() { _ = c.Close() }()
	for {
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(c, query); err != nil {
			return
		}
		reply := nameAnswer(query, a)
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
			return
		}
	}
}

func nameAnswer(query []byte, a netip.Addr) []byte {
	end := 12 + strings.IndexByte(string(query[12:]), 0) + 5 // after the one question
	kind := binary.BigEndian.Uint16(query[end-4:])
	reply := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[12:end]...)
	want := uint16(28)
	if a.Is4() {
		want = 1
	}
	if kind == want {
		reply[7] = 1
		reply = append(reply, 0xc0, 12, byte(kind>>8), byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(len(a.AsSlice())))
		reply = append(reply, a.AsSlice()...)
	}
	return reply
}
