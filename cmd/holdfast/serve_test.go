package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/rs/zerolog"

	"holdfast/oncall"
)

// A started daemon, in this process.
type started struct {
	address
	stop func() error // ends it and returns how it ended
}

// start serves a house with the documents of a shop; config is the rest of its holdfast.yaml.
func start(t *testing.T, dir, config string) started {
	t.Helper()
	put(t, dir, "holdfast.yaml", config)
	file := filepath.Join(dir, "up")
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- serve(ctx, serving{file: filepath.Join(dir, "holdfast.yaml"), readyFile: file, logLevel: "error"})
	}()
	d := started{stop: func() error { cancel(); return <-ended }}
	for deadline := time.Now().Add(patient); ; time.Sleep(10 * time.Millisecond) {
		text, err := os.ReadFile(file)
		if err == nil {
			if err := json.Unmarshal(text, &d.address); err != nil {
				t.Fatal(err)
			}
			return d
		}
		select {
		case err := <-ended:
			t.Fatalf("the daemon ended instead of getting ready: %v", err)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("the daemon did not get ready in time")
		}
	}
}

// shop writes the documents of a shop, and returns ann's token.
func shop(t *testing.T, dir string) (token string) {
	t.Helper()
	token, hash := oncall.NewToken([]byte(strings.Repeat("a", 32)))
	put(t, dir, "continuity/bia.yaml", "organisation: Shop\nservices:\n  shop: {needs: [db-1]}\ncomponents:\n  db-1: {observers: [prom]}\nobservers:\n  prom: {}\n")
	put(t, dir, "continuity/people.yaml", fmt.Sprintf("people:\n  ann: {channels: [{log: true}], token_hash: %q}\n  ben: {channels: [{log: true}]}\nroles:\n  director: {people: [ann, ben]}\n", hash))
	return token
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func TestOutsideLoopbackNothingIsShownOrTakenWithoutAnIdentity(t *testing.T) {
	dir := t.TempDir()
	token := shop(t, dir)
	roots := certify(t, dir)
	put(t, dir, "alerts-token", "from-alertmanager\n")
	put(t, dir, "metrics-token", "from-prometheus\n")
	d := start(t, dir, `
nats: {embedded: {listen: none}}
http: {listen: "0.0.0.0:0", tls: {cert: cert.pem, key: key.pem}, metrics_token_file: metrics-token}
alerts: {token_file: alerts-token}
`)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(d.HTTP, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	ask := func(method, path, bearer string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, "https://127.0.0.1:"+port+path, strings.NewReader(`{"version":"4","alerts":[]}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		if bearer != "" {
			req.Header.Set("Authorization", "Bearer "+bearer)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	for _, c := range []struct {
		method, path, bearer string
		want                 int
	}{
		{"GET", "/-/healthy", "", 200},
		{"GET", "/api/v1/status", "", 401},
		{"GET", "/api/v1/status", "from-alertmanager", 401},
		{"GET", "/api/v1/status", token, 200},
		{"GET", "/metrics", "", 401},
		{"GET", "/metrics", "from-prometheus", 200},
		{"POST", "/api/v1/alerts/alertmanager", "", 401},
		{"POST", "/api/v1/alerts/alertmanager", "from-prometheus", 401},
		{"POST", "/api/v1/alerts/alertmanager", "from-alertmanager", 200},
		{"POST", "/-/reload", "", 401},
		{"POST", "/api/v1/commands", "from-alertmanager", 401},
	} {
		if got := ask(c.method, c.path, c.bearer); got != c.want {
			t.Errorf("%s %s with %q: %d, want %d", c.method, c.path, c.bearer, got, c.want)
		}
	}
	client.CloseIdleConnections()
	if err := d.stop(); err != nil {
		t.Errorf("asked to stop, it ended with: %v", err)
	}
}

// ownNATS is the address of a nats-server with JetStream for the length of a test.
func ownNATS(t *testing.T) string {
	t.Helper()
	nats, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	nats.Start()
	t.Cleanup(nats.Shutdown)
	if !nats.ReadyForConnections(patient) {
		t.Fatal("the nats-server did not get ready")
	}
	return nats.ClientURL()
}

func TestItKeepsItsLogsInANATSServerOfOnesOwn(t *testing.T) {
	dir := t.TempDir()
	shop(t, dir)
	config := fmt.Sprintf("nats: {url: %q}\nhttp: {listen: \"127.0.0.1:0\"}\n", ownNATS(t))
	for range 2 { // the second daemon finds what the first one left
		d := start(t, dir, config)
		if d.NATS != "" {
			t.Errorf("it says that it serves NATS itself, on %s", d.NATS)
		}
		if err := d.stop(); err != nil {
			t.Fatal(err)
		}
	}
	v, err := verify(t.Context(), filepath.Join(dir, "holdfast.yaml"), nil, nil)
	if err != nil || v.Epoch != 2 {
		t.Errorf("the log holds %+v (%v), want two epochs", v, err)
	}
}

func TestASupervisorIsToldWhatGoesOn(t *testing.T) {
	dir := t.TempDir()
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()
	t.Setenv("NOTIFY_SOCKET", filepath.Join(dir, "notify"))
	told := func(want string) {
		t.Helper()
		buffer := make([]byte, 1024)
		if err := socket.SetReadDeadline(time.Now().Add(patient)); err != nil {
			t.Fatal(err)
		}
		n, err := socket.Read(buffer)
		if err != nil || !strings.HasPrefix(string(buffer[:n]), want) {
			t.Fatalf("told %q (%v), want %s", buffer[:n], err, want)
		}
	}

	shop(t, dir)
	d := start(t, dir, "nats: {embedded: {listen: none}}\nhttp: {listen: \"127.0.0.1:0\"}\n")
	told("READY=1\nSTATUS=serving http://127.0.0.1:")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.HTTP+"/-/reload", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	if res.Body.Close(); res.StatusCode != http.StatusOK {
		t.Fatalf("reload: %s: %s", res.Status, body)
	}
	told("RELOADING=1\nMONOTONIC_USEC=")
	told("READY=1")
	http.DefaultClient.CloseIdleConnections()
	if err := d.stop(); err != nil {
		t.Fatal(err)
	}
	told("STOPPING=1")
}

func TestAPlanThatWouldNotWorkIsNoReasonToLeaveAHouseWithoutADaemon(t *testing.T) {
	dir := t.TempDir()
	shop(t, dir)
	put(t, dir, "continuity/bia.yaml", "organisation: Shop\nservices:\n  shop: {vital: true, rto: 1h, needs: [db-1]}\nrisks:\n  fire: {lost: [a], treatment: taken-away}\n"+
		"sites: {a: {}}\ncomponents:\n  db-1: {site: a, observers: [prom]}\nobservers:\n  prom: {}\n")
	if _, found, err := loadDocuments(filepath.Join(dir, "continuity")); err != nil || !found.HasErrors() {
		t.Fatalf("check finds no error (%v), so this proves nothing:\n%v", err, found)
	}
	if err := start(t, dir, "nats: {embedded: {listen: none}}\nhttp: {listen: \"127.0.0.1:0\"}\n").stop(); err != nil {
		t.Error(err)
	}
}

func TestWhenOnePartEndsAllEndAndItIsSaidWhich(t *testing.T) {
	p := newParts(t.Context(), zerolog.Nop())
	p.start("ears", func(context.Context) error { return errors.New("the alert log is gone") })
	p.start("console", func(ctx context.Context) error { <-ctx.Done(); return nil })
	err := p.wait()
	if err == nil || err.Error() != "ears: the alert log is gone" || exitCode(err) != exitFailure {
		t.Errorf("it ended with %v, exit code %d", err, exitCode(err))
	}
}

func TestAPartThatEndsByItselfIsAFailure(t *testing.T) {
	p := newParts(t.Context(), zerolog.Nop())
	p.start("invoker", func(context.Context) error { return nil })
	if err := p.wait(); err == nil || err.Error() != "invoker: it ended by itself" {
		t.Errorf("it ended with %v", err)
	}
}

func TestVersionsOfNATSServersAreRead(t *testing.T) {
	for text, want := range map[string][2]int{"2.12.0": {2, 12}, "2.15.2": {2, 15}, "3.0.0-beta.1": {3, 0}, "2.9.10": {2, 9}} {
		if major, minor, ok := parseVersion(text); !ok || major != want[0] || minor != want[1] {
			t.Errorf("%s is read as %d.%d (%t)", text, major, minor, ok)
		}
	}
	for _, text := range []string{"", "2", "two.twelve"} {
		if _, _, ok := parseVersion(text); ok {
			t.Errorf("%q is taken for a version", text)
		}
	}
}

// certify writes a certificate for 127.0.0.1 that signs itself, and returns who trusts it.
func certify(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	put(t, dir, "cert.pem", string(cert))
	put(t, dir, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(cert)
	return roots
}
