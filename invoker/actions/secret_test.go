package actions

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"pgregory.net/rapid"

	"holdfast/incident"
	"holdfast/playbooks"
)

const canary = `Tr0ub4dor&3/"korrekt"+pferd`

// kept is a file with a secret in it, and the secret that is kept there.
func kept(t *testing.T, value string) (file string, s Secret) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(value), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, Secret{File: file}
}

// reveals fails when a text shows a secret, in whatever common form.
func reveals(t *testing.T, where, text, secret string) {
	t.Helper()
	quoted, _ := json.Marshal(secret)
	for _, form := range []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(quoted), `"`), hex.EncodeToString([]byte(secret)),
		base64.StdEncoding.EncodeToString([]byte(secret))[:len(secret)], base64.URLEncoding.EncodeToString([]byte(secret))[:len(secret)],
	} {
		if strings.Contains(text, form) {
			t.Errorf("%s shows the secret as %q: %s", where, form, text)
		}
	}
}

func TestASecretIsPutInWhereItIsReferredTo(t *testing.T) {
	t.Setenv("HOLDFAST_TEST_SECRET", "from-the-environment")
	dir := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	if err := os.WriteFile(filepath.Join(dir, "fence"), []byte("from-systemd\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, file := kept(t, "user:from-a-file\r\n")
	secrets := map[string]Secret{"env": {Env: "HOLDFAST_TEST_SECRET"}, "systemd": {Credential: "fence"}, "file": file}

	var header http.Header
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		header, body = r.Header, string(text)
	}))
	defer server.Close()
	given := map[string]any{"keys": []any{playbooks.Secret("env"), "plain"}, "in": map[string]any{"deep": playbooks.Secret("systemd")}, "literal": map[string]any{"secret": "env"}}
	h := hands(t, Config{HTTP: []Target{at(t, server)}, Secrets: secrets})
	expect(t, h.Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: server.URL, Body: given, Header: map[string]playbooks.Text{
		"X-Plain": {Secret: "env"}, "X-Bearer": {Secret: "systemd", As: "bearer"}, "Authorization": {Secret: "file", As: "basic"},
	}}})), "", "")
	got := []string{header.Get("X-Plain"), header.Get("X-Bearer"), header.Get("Authorization"), body}
	want := []string{
		"from-the-environment", "Bearer from-systemd", "Basic " + base64.StdEncoding.EncodeToString([]byte("user:from-a-file")),
		`{"in":{"deep":"from-systemd"},"keys":["from-the-environment","plain"],"literal":{"secret":"env"}}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if given["keys"].([]any)[0] != playbooks.Secret("env") {
		t.Error("the playbook itself was changed: what is in it goes into pages and reports")
	}
}

func TestASecretGoesIntoARequestOnNATS(t *testing.T) {
	_, file := kept(t, canary)
	withNATS(t, func(t *testing.T, nc *nats.Conn) {
		var token, body string
		respond(t, nc, "ledger.promote", func(m *nats.Msg) *nats.Msg {
			token, body = m.Header.Get("Token"), string(m.Data)
			return &nats.Msg{Data: []byte("token " + canary)}
		})
		h := hands(t, Config{Conn: nc, Subjects: []string{"ledger.promote"}, Secrets: map[string]Secret{"ledger": file}})
		r := h.Carry(t.Context(), effect(playbooks.Run{NATS: &playbooks.NATS{Subject: "ledger.promote",
			Header: map[string]playbooks.Text{"Token": {Secret: "ledger"}}, Request: map[string]any{"key": playbooks.Secret("ledger")}}}))
		expect(t, r, "", "")
		quoted, _ := json.Marshal(canary)
		if token != canary || body != `{"key":`+string(quoted)+`}` {
			t.Errorf("header %q, body %s", token, body)
		}
		if r.Output != "token [secret ledger]" {
			t.Errorf("output %q", r.Output)
		}
	})
}

// Row 39 of the failure modes: a secret that is rotated in the middle of a run.
func TestARotatedSecretCountsFromTheNextEffectOnAndAMissingOneFailsTheStepAlone(t *testing.T) {
	file, secret := kept(t, "the-first-value")
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("X-Key"))
		fmt.Fprint(w, "now ", got[len(got)-1], ", once ", got[0])
	}))
	defer server.Close()
	h := hands(t, Config{HTTP: []Target{at(t, server)}, Secrets: map[string]Secret{"fence": secret}})
	call := func() incident.Result {
		return h.Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: server.URL, Header: map[string]playbooks.Text{"X-Key": {Secret: "fence"}}}}))
	}
	expect(t, call(), "", "")

	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	r := call()
	expect(t, r, incident.Failed, "not sent: secret fence: its file cannot be read: no such file or directory")
	if strings.Contains(r.Reason, file) {
		t.Errorf("the reason tells where the secret is kept: %s", r.Reason)
	}
	expect(t, h.Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: server.URL}})), "", "")

	if err := os.WriteFile(file, []byte("the-second-value"), 0o600); err != nil {
		t.Fatal(err)
	}
	r = call()
	expect(t, r, "", "")
	if diff := cmp.Diff([]string{"the-first-value", "", "the-second-value"}, got); diff != "" {
		t.Errorf("what the target was sent (-want +got):\n%s", diff)
	}
	if r.Output != "now [secret fence], once [secret fence]" {
		t.Errorf("what the target echoes of the old value and the new one: %q", r.Output)
	}
}

func TestWhatIsNoSecretIsNotSent(t *testing.T) {
	var hits int
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits++ }))
	defer server.Close()
	for value, why := range map[string]string{
		"":                            "it is empty",
		"\n":                          "it is empty",
		"1234567":                     "shorter than 8 characters",
		"a b c d e f g\n":             "shorter than 8 characters",
		"\xff\xfe\xfd\xfc12345678":    "it is not text",
		"12345678\x00":                "it is not text",
		strings.Repeat("x", 16<<10+1): "longer than 16 KiB",
		"two lines\nof a key":         "more than one line",
	} {
		_, secret := kept(t, value)
		h := hands(t, Config{HTTP: []Target{at(t, server)}, Secrets: map[string]Secret{"fence": secret}})
		r := h.Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: server.URL, Header: map[string]playbooks.Text{"X-Key": {Secret: "fence"}}}}))
		expect(t, r, incident.Failed, why)
	}
	h := hands(t, Config{HTTP: []Target{at(t, server)}, Secrets: map[string]Secret{"dir": {File: t.TempDir()}, "env": {Env: "HOLDFAST_NOT_SET"}, "systemd": {Credential: "x"}}})
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	for name, why := range map[playbooks.Secret]string{"dir": "it is not a file", "env": "not in the daemon's environment", "systemd": "systemd handed no credentials", "other": "not named in holdfast.yaml"} {
		r := h.Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: server.URL, Body: name}}))
		expect(t, r, incident.Failed, why)
	}
	if hits != 0 {
		t.Errorf("%d requests were sent", hits)
	}
}

func TestAPlaceForASecretThatCannotBeMeantIsRefused(t *testing.T) {
	for name, s := range map[string]Secret{
		"nowhere": {}, "two places": {File: "/a", Env: "B"}, "a relative file": {File: "a"}, "a path as a credential": {Credential: "../a"}, "the directory above": {Credential: ".."},
	} {
		if _, err := New(Config{Secrets: map[string]Secret{"x": s}}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestASecretIsHandedOnlyToThoseItIsFor(t *testing.T) {
	_, secret := kept(t, canary)
	var hits int
	count := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits++ })
	friend, stranger := httptest.NewServer(count), httptest.NewServer(count)
	defer friend.Close()
	defer stranger.Close()
	secret.Only = &Recipients{HTTP: []Target{at(t, friend)}, Subjects: []string{"ledger.*"}, Commands: []string{"promote"}}
	withNATS(t, func(t *testing.T, nc *nats.Conn) {
		heard := ""
		for _, subject := range []string{"ledger.promote", "orders.hold"} {
			respond(t, nc, subject, func(m *nats.Msg) *nats.Msg { heard += m.Subject; return &nats.Msg{} })
		}
		h := hands(t, Config{Conn: nc, Subjects: []string{"ledger.*", "orders.*"}, Secrets: map[string]Secret{"fence": secret}})
		ask := func(subject string) incident.Result {
			return h.Carry(t.Context(), effect(playbooks.Run{NATS: &playbooks.NATS{Subject: subject, Request: playbooks.Secret("fence")}}))
		}
		expect(t, ask("ledger.promote"), "", "")
		expect(t, ask("orders.hold"), incident.Failed, "secret fence: it is not for subject orders.hold")
		if heard != "ledger.promote" {
			t.Errorf("asked: %s", heard)
		}
	})
	h := hands(t, Config{HTTP: []Target{at(t, friend), at(t, stranger)}, Secrets: map[string]Secret{"fence": secret},
		Commands: map[string]Command{"promote": {Argv: []string{"/bin/true"}, Accepts: []string{"T"}}, "other": {Argv: []string{"/bin/true"}, Accepts: []string{"T"}}}})
	header := map[string]playbooks.Text{"X-Key": {Secret: "fence"}}
	call := func(url string) incident.Result {
		return h.Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: url, Header: header}}))
	}
	expect(t, call(friend.URL), "", "")
	expect(t, call(stranger.URL), incident.Failed, "it is not for "+at(t, stranger).String())
	expect(t, h.Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: stranger.URL, Body: []any{playbooks.Secret("fence")}}})), incident.Failed, "it is not for")
	if hits != 1 {
		t.Errorf("%d requests were sent, want the one", hits)
	}
	run := func(command string) incident.Result {
		return h.Carry(t.Context(), effect(playbooks.Run{Exec: &playbooks.Exec{Command: command, Env: map[string]playbooks.Text{"T": {Secret: "fence"}}}}))
	}
	expect(t, run("promote"), "", "")
	expect(t, run("other"), incident.Failed, "it is not for command other")
}

// echoes are what a hostile target makes of a secret that it was sent.
var echoes = map[string]func(secret string) string{
	"as it is":                 func(s string) string { return s },
	"in capitals":              strings.ToUpper,
	"in a query":               func(s string) string { return "?token=" + url.QueryEscape(s) + "&x" },
	"in a path":                func(s string) string { return "/" + url.PathEscape(s) + "/" },
	"in lower percents":        func(s string) string { return strings.ToLower(url.QueryEscape(s)) },
	"in JSON":                  func(s string) string { text, _ := json.Marshal(map[string]string{"got": s}); return string(text) },
	"in JSON as others write":  func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, `"`, `\"`), "/", `\/`) },
	"in base64":                func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"in base64, shifted by 1":  func(s string) string { return base64.StdEncoding.EncodeToString([]byte("x" + s + "yz")) },
	"in base64, shifted by 2":  func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("xx" + s + "y")) },
	"in base64 of a user":      func(s string) string { return base64.StdEncoding.EncodeToString([]byte("admin:" + s)) },
	"in base64, wrapped":       func(s string) string { return wrapped(base64.StdEncoding.EncodeToString([]byte("token: " + s))) },
	"in hex":                   func(s string) string { return hex.EncodeToString([]byte(s)) },
	"in HTML":                  func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "&", "&amp;"), `"`, "&#34;") },
	"quoted as Go does":        func(s string) string { return fmt.Sprintf("%q", s) },
	"with broken bytes in it":  func(s string) string { return s[:5] + "\xff" + s[5:] },
	"with unseen marks in it":  func(s string) string { return s[:5] + "\u200b" + s[5:9] + "\x00" + s[9:] },
	"spread over lines":        func(s string) string { return s[:7] + "\r\n  " + s[7:] },
	"again and again":          func(s string) string { return strings.Repeat(s, 20000) },
	"cut off where it is read": func(s string) string { return strings.Repeat("x", readAtMost-len(s)/2) + s },
}

func wrapped(s string) string {
	var b strings.Builder
	for ; len(s) > 20; s = s[20:] {
		b.WriteString(s[:20] + "\n")
	}
	return b.String() + s
}

func TestATargetThatEchoesASecretMakesNobodyTellIt(t *testing.T) {
	_, secret := kept(t, canary)
	for name, echo := range echoes {
		for _, code := range []int{200, 500} {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(code)
				fmt.Fprint(w, "answer: ", echo(r.Header.Get("X-Key")))
			}))
			h := hands(t, Config{HTTP: []Target{at(t, server)}, Secrets: map[string]Secret{"fence": secret}})
			r := h.Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: server.URL, Header: map[string]playbooks.Text{"X-Key": {Secret: "fence"}}}}))
			text := r.Output + r.Reason
			reveals(t, name, text, canary)
			if !strings.Contains(text, "answer: ") || !utf8.ValidString(text) {
				t.Errorf("%s: nothing is left of the answer: %q", name, text)
			}
			flat := string(flatten(text).bytes)
			for i := 0; i+8 <= len(canary); i++ { // no eight characters of it, either
				if strings.Contains(flat, strings.ToLower(canary[i:i+8])) {
					t.Errorf("%s: a piece of the secret is told: %q", name, canary[i:i+8])
				}
			}
			server.Close()
		}
	}
}

// What is not HTTP is quoted by the library that could not read it.
func TestAnAnswerThatIsNoneIsToldWithoutTheSecretInIt(t *testing.T) {
	_, secret := kept(t, canary)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = c.Read(make([]byte, 4096))
		_, _ = io.WriteString(c, "HTTP/1.1 "+canary+" x\r\n\r\n")
		_ = c.Close()
	}()
	target := Target{"http", "127.0.0.1", uint16(l.Addr().(*net.TCPAddr).Port)}
	h := hands(t, Config{HTTP: []Target{target}, Secrets: map[string]Secret{"fence": secret}})
	r := h.Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: target.String(), Header: map[string]playbooks.Text{"X-Key": {Secret: "fence"}}}}))
	expect(t, r, incident.TimedOut, "[secret fence]")
	reveals(t, "the reason", r.Reason, canary)
	_ = l.Close()
	<-done
}

func TestATargetThatKeptASecretCannotMakeALaterDaemonTellIt(t *testing.T) {
	_, secret := kept(t, canary)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "I know ", canary) }))
	defer server.Close()
	h := hands(t, Config{HTTP: []Target{at(t, server)}, Secrets: map[string]Secret{"fence": secret}}) // has sent nothing yet
	r := h.Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: server.URL}}))
	if r.Output != "I know [secret fence]" {
		t.Errorf("output %q", r.Output)
	}
}

func TestSecretsThatOverlapAreBothTakenOut(t *testing.T) {
	v := &vault{known: map[string][]string{}}
	v.remember("one", "abcdefgh-shared")
	v.remember("two", "shared-ijklmnop")
	if got := v.scrub("<abcdefgh-shared-ijklmnop>", false); got != "<[secret one]>" {
		t.Error(got)
	}
}

func TestThePasswordAloneIsAsSecretAsWithItsUser(t *testing.T) {
	_, secret := kept(t, "holdfast:"+canary)
	v, err := openVault(Config{Secrets: map[string]Secret{"prom": secret}})
	if err != nil {
		t.Fatal(err)
	}
	if got := v.scrub("wrong password "+canary+" for holdfast", false); got != "wrong password [secret prom] for holdfast" {
		t.Error(got)
	}
}

func TestWhatHoldsNoSecretIsLeftAsItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("abc {}\"\n\t:é"))).Draw(t, "text")
		v := &vault{known: map[string][]string{}}
		v.remember("fence", canary)
		if got := v.scrub(text, false); got != text {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

func TestWhereverASecretStandsInATextItIsTakenOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[ -~]{12,40}`).Draw(t, "secret")
		if utf8.RuneCount(flatten(secret).bytes) < ShortestSecret {
			t.Skip("it is too short to be kept secret")
		}
		before, after := rapid.String().Draw(t, "before"), rapid.String().Draw(t, "after")
		v := &vault{known: map[string][]string{}}
		v.remember("x", secret)
		for _, form := range []string{secret, url.QueryEscape(secret), hex.EncodeToString([]byte(secret))} {
			if got := v.scrub(before+form+after, false); strings.Contains(got, form) {
				t.Fatalf("%q is still in %q", form, got)
			}
		}
		shifted := base64.StdEncoding.EncodeToString([]byte(before + secret + after))
		if got := v.scrub(shifted, false); got == shifted {
			t.Fatalf("the base64 of it is still in %q", got)
		}
	})
}
