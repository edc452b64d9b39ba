package config

import (
	"maps"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nkeys"

	"holdfast/internal/source"
	"holdfast/internal/subjects"
	"holdfast/invoker/actions"
	"holdfast/playbooks"
)

// Loopback reports whether only this machine reaches an address.
func Loopback(listen string) bool {
	if listen == None {
		return true
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// A checker collects what is wrong beyond form.
type checker struct {
	*Config
	problems source.Problems
	whole    source.Mark
}

// at is the place of a value, or of the document where nobody wrote it.
func (k *checker) at(marks source.Marks, key string) source.Mark {
	if m := marks.Of(key); m.Written() {
		return m
	}
	return k.whole
}

func (k *checker) check() {
	k.checkHTTP()
	k.checkNATS()
	k.checkSubjects(k.Alerts.Marks, "subjects", k.Alerts.Subjects)
	for i, s := range k.Alerts.Subjects {
		if reserved(s) {
			k.problems.Errorf(k.at(k.Alerts.Marks, item("subjects", i)), "config/subject",
				"name subjects of your own; holdfast.alerts.> is heard anyway", "%q cannot be taken into the alert log", s)
		}
	}
	if k.Alerts.MaxAge < 0 || k.Alerts.MaxBytes < 0 {
		k.problems.Errorf(k.at(k.Alerts.Marks, "max_bytes"), "config/value", "", "the alert log cannot keep less than nothing")
	}
	k.checkSenders()
	k.checkCheckpoints()
	k.checkActions()
	k.checkWatchdog(k.Watchdog)
	for _, name := range slices.Sorted(maps.Keys(k.Secrets)) {
		k.checkSecret(k.Secrets[name])
	}
	k.oneOf(k.Log.Marks, "level", k.Log.Level, levels...)
	k.oneOf(k.Log.Marks, "format", k.Log.Format, formats...)
}

// sourceName is what a source of alerts over HTTP can be called.
var sourceName = regexp.MustCompile(`^[a-z0-9-]{1,63}$`)

// checkSenders wants that each source is that of one sender, and each token too: what two may post to, or have, proves neither of
// them. Whether two files hold the same token is seen at the start.
func (k *checker) checkSenders() {
	whose, tokens := map[string]string{}, map[string]string{}
	if file := k.Alerts.TokenFile; file != "" {
		tokens[filepath.Clean(file)] = "alerts.token_file"
	}
	for _, name := range slices.Sorted(maps.Keys(k.Alerts.Senders)) {
		s := k.Alerts.Senders[name]
		if file := filepath.Clean(s.TokenFile); s.TokenFile != "" {
			if other := tokens[file]; other != "" {
				k.problems.Errorf(k.at(s.Marks, "token_file"), "config/sender", "give each a token of its own: `openssl rand -hex 32` makes one",
					"%s has the same token file as %s, so whoever has one token posts as both", name, other)
			}
			tokens[file] = name
		}
		for i, to := range s.Sources {
			at := k.at(s.Marks, item("sources", i))
			if !s.Marks.Has("sources") {
				at = k.at(s.Marks, "")
			}
			switch other := whose[to]; {
			case !sourceName.MatchString(to):
				k.problems.Errorf(at, "config/sender", "lower case letters, digits and hyphens, at most 63", "%q cannot name a source of alerts", to)
			case other != "":
				k.problems.Errorf(at, "config/sender", "give each a source of its own", "%s and %s may both post as %q", other, name, to)
			}
			whose[to] = name
		}
	}
}

func (k *checker) checkCheckpoints() {
	c := k.Trail.Checkpoints
	if c == nil {
		return
	}
	if c.File == "" && c.URL == "" && c.Subject == "" {
		k.problems.Errorf(k.at(k.Trail.Marks, "checkpoints"), "config/value", "write file, url or subject", "checkpoints are kept nowhere")
	}
	if c.Every < time.Second {
		k.problems.Errorf(k.at(c.Marks, "every"), "config/value", "write 1m", "a checkpoint every %s is too often", c.Every)
	}
	if u, err := url.Parse(c.URL); c.URL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		k.problems.Errorf(k.at(c.Marks, "url"), "config/value", "write https://audit.internal/holdfast", "%q cannot be posted to", c.URL)
	}
	if c.Subject != "" {
		if strings.ContainsAny(c.Subject, "*> \t") || reserved(c.Subject) {
			k.problems.Errorf(k.at(c.Marks, "subject"), "config/subject", "name a subject of your own", "checkpoints cannot be published to %q", c.Subject)
		}
	}
}

func (k *checker) oneOf(marks source.Marks, key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		k.problems.Errorf(k.at(marks, key), "config/value", source.DidYouMean(value, allowed), "%q is no value of %s", value, key)
	}
}

func (k *checker) checkHTTP() {
	h := k.HTTP
	k.checkListen(h.Marks, h.Listen)
	k.checkTLS(h.TLS)
	if h.ExternalURL != "" {
		u, err := url.Parse(h.ExternalURL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			k.problems.Errorf(k.at(h.Marks, "external_url"), "config/url", "such as https://holdfast.example.org", "%q is no address of a page", h.ExternalURL)
		}
	}
	if Loopback(h.Listen) {
		return
	}
	const why = "whoever reaches the port can raise a disaster and read every plan"
	if h.TLS == nil {
		k.problems.Errorf(k.at(h.Marks, "listen"), "config/open-http",
			"add http.tls with cert and key, or listen on "+DefaultHTTP, "%s is not loopback and has no TLS: %s", h.Listen, why)
	}
	if k.Alerts.TokenFile == "" && len(k.Alerts.Senders) == 0 {
		k.problems.Warnf(k.at(h.Marks, "listen"), "config/alerts-token",
			"add alerts.token_file, and let the Alertmanager send its content", "%s is not loopback: without a token of its own, an Alertmanager cannot post there", h.Listen)
	}
}

func (k *checker) checkWatchdog(w *Watchdog) {
	if w == nil {
		return
	}
	if u, err := url.Parse(w.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		k.problems.Errorf(k.at(w.Marks, "url"), "config/url", "such as https://watchdog.example.org/holdfast", "%q is no address of a page", w.URL)
	}
	if w.Every < time.Second {
		k.problems.Errorf(k.at(w.Marks, "every"), "config/value", "such as 1m", "the watchdog cannot be called every %s", w.Every)
	}
}

func (k *checker) checkListen(marks source.Marks, listen string) {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		k.problems.Errorf(k.at(marks, "listen"), "config/listen", "such as 127.0.0.1:9464", "%q is no address with a port", listen)
		return
	}
	if host != "" && host != "localhost" && net.ParseIP(host) == nil {
		k.problems.Errorf(k.at(marks, "listen"), "config/listen", "write the IP address: a name may resolve to another one tomorrow", "%q is no IP address", host)
	}
}

// checkTLS wants a certificate with its key.
func (k *checker) checkTLS(t *TLS) {
	if t == nil {
		return
	}
	if t.Cert == "" || t.Key == "" {
		k.problems.Errorf(k.at(t.Marks, ""), "config/tls", "name the files of both", "cert and key belong together")
	}
}

func (k *checker) checkNATS() {
	n := k.NATS
	switch {
	case n.Embedded != nil && n.URL != "":
		k.problems.Errorf(k.at(n.Marks, "url"), "config/nats", "keep one of the two", "NATS is either embedded or a server of your own")
		return
	case n.Embedded != nil:
		k.checkEmbedded(n.Embedded)
		for _, key := range []string{"creds", "nkey", "tls", "replicas"} {
			if n.Marks.Has(key) {
				k.problems.Errorf(k.at(n.Marks, key), "config/nats", "remove it, or write nats.url", "%s is for a server of your own", key)
			}
		}
		return
	}
	k.checkExternal(n)
}

func (k *checker) checkExternal(n NATS) {
	if n.Creds != "" && n.NKey != "" {
		k.problems.Errorf(k.at(n.Marks, "nkey"), "config/nats", "keep one of the two", "creds and nkey are two ways to say the same")
	}
	if t := n.TLS; t != nil && (t.Cert == "") != (t.Key == "") {
		k.problems.Errorf(k.at(t.Marks, ""), "config/tls", "name the files of both", "cert and key belong together")
	}
	k.oneOf(n.Marks, "replicas", strconv.Itoa(n.Replicas), "1", "3", "5")
	for _, server := range strings.Split(n.URL, ",") {
		u, err := url.Parse(strings.TrimSpace(server))
		switch {
		case err != nil, u.Host == "", u.Scheme != "nats" && u.Scheme != "tls":
			k.problems.Errorf(k.at(n.Marks, "url"), "config/url", "such as nats://nats.internal:4222", "%q is no address of a nats-server", server)
		case u.User != nil:
			k.problems.Errorf(k.at(n.Marks, "url"), "config/secret", "use creds or nkey, which name a file", "the address holds a password")
		case u.Scheme == "nats" && n.TLS == nil && !Loopback(net.JoinHostPort(u.Hostname(), "0")):
			k.problems.Warnf(k.at(n.Marks, "url"), "config/open-nats", "write tls:// or add nats.tls.ca", "the way to %s is not encrypted", u.Hostname())
		}
	}
}

func (k *checker) checkEmbedded(e *Embedded) {
	k.checkCluster(e.Cluster)
	if e.Listen == None {
		return
	}
	k.checkListen(e.Marks, e.Listen)
	k.checkTLS(e.TLS)
	for _, name := range slices.Sorted(maps.Keys(e.Users)) {
		k.checkUser(e.Users[name])
	}
	if Loopback(e.Listen) {
		return
	}
	if e.TLS == nil {
		k.problems.Errorf(k.at(e.Marks, "listen"), "config/open-nats",
			"add nats.embedded.tls with cert and key, or listen on "+DefaultNATS, "%s is not loopback and has no TLS", e.Listen)
	}
	if len(e.Users) == 0 {
		k.problems.Errorf(k.at(e.Marks, "listen"), "config/open-nats", "add nats.embedded.users", "%s is not loopback and has no users", e.Listen)
	}
	if e.Anonymous != nil && *e.Anonymous {
		k.problems.Errorf(k.at(e.Marks, "anonymous"), "config/open-nats",
			"give every sender a user", "anonymous alerts are for loopback only: who reaches %s could raise a disaster", e.Listen)
	}
}

// checkCluster refuses a cluster that cannot hold, or that anybody could join.
func (k *checker) checkCluster(c *Cluster) {
	if c == nil {
		return
	}
	k.checkListen(c.Marks, c.Listen)
	k.checkTLS(c.TLS)
	if c.TLS != nil && c.TLS.CA == "" {
		k.problems.Errorf(k.at(c.TLS.Marks, ""), "config/tls", "name the file of the authority that signed the nodes' certificates", "the nodes of a cluster know each other by ca")
	}
	if n := len(c.Peers); n != 3 && n != 5 {
		k.problems.Errorf(k.at(c.Marks, "peers"), "config/cluster", "name all nodes, this one too: three, or five", "a cluster of %d cannot be had", n)
	}
	if c.Node == "" || strings.ContainsAny(c.Node, " \t.*>") {
		k.problems.Errorf(k.at(c.Marks, "node"), "config/cluster", "such as holdfast-1", "%q cannot name a node", c.Node)
	}
	beyond := !Loopback(c.Listen)
	for i, peer := range c.Peers {
		if _, _, err := net.SplitHostPort(peer); err != nil {
			k.problems.Errorf(k.at(c.Marks, item("peers", i)), "config/listen", "such as 10.0.0.2:6222", "%q is no address with a port", peer)
		}
		beyond = beyond || !Loopback(peer)
	}
	if beyond && (c.TLS == nil || c.PasswordFile == "") {
		k.problems.Errorf(k.at(c.Marks, "listen"), "config/open-cluster", "add tls with ca, cert and key, and password_file",
			"the cluster is not on loopback alone: who reaches %s could join it and rewrite the logs", c.Listen)
	}
}

func (k *checker) checkUser(u *User) {
	if (u.PasswordFile == "") == (u.NKey == "") {
		k.problems.Errorf(k.at(u.Marks, ""), "config/user", "name a file with the password, or the public nkey", "%s needs exactly one of password_file and nkey", u.Name)
	}
	if u.NKey != "" && !nkeys.IsValidPublicUserKey(u.NKey) {
		k.problems.Errorf(k.at(u.Marks, "nkey"), "config/user", "it begins with U; the seed stays with the client", "%q is not the public nkey of a user", u.NKey)
	}
	if len(u.Publish) == 0 && len(u.Subscribe) == 0 {
		k.problems.Errorf(k.at(u.Marks, ""), "config/user", "such as publish: [holdfast.alerts.prom]", "%s may neither publish nor subscribe", u.Name)
	}
	k.checkSubjects(u.Marks, "publish", u.Publish)
	k.checkSubjects(u.Marks, "subscribe", u.Subscribe)
}

func (k *checker) checkSubjects(marks source.Marks, key string, all []string) {
	for i, s := range all {
		if !subjects.Valid(s) {
			k.problems.Errorf(k.at(marks, item(key, i)), "config/subject", "tokens joined by dots; * for one token, > for the rest", "%q is no subject", s)
		}
	}
}

// reserved reports whether a subject, or one that a pattern stands for, is holdfast's or the server's own.
func reserved(s string) bool {
	first, _, _ := strings.Cut(s, ".")
	return slices.Contains([]string{"holdfast", "*", ">"}, first) || strings.HasPrefix(first, "$") || strings.HasPrefix(first, "_")
}

func (k *checker) checkActions() {
	a := k.Actions
	for _, t := range a.HTTP.Allow {
		if _, err := actions.ParseTarget(t.Target); err != nil {
			k.problems.Errorf(k.at(t.Marks, "target"), "config/action", "scheme, host and port: https://fence.internal", "%v", err)
		}
		k.oneOf(t.Marks, "for", string(t.For), fors...)
	}
	for i, text := range a.TCP.Allow {
		if _, err := actions.ParseEndpoint(text); err != nil {
			k.problems.Errorf(k.at(a.TCP.Marks, item("allow", i)), "config/action", "host and port: ledger.internal:5432", "%v", err)
		}
	}
	for _, s := range a.NATS.Allow {
		switch {
		case !subjects.Valid(s.Subject):
			k.problems.Errorf(k.at(s.Marks, "subject"), "config/subject", "tokens joined by dots; * for one token, > for the rest", "%q is no subject", s.Subject)
		case reserved(s.Subject):
			k.problems.Errorf(k.at(s.Marks, "subject"), "config/action",
				"spell the subjects out", "with %q a playbook could write into holdfast's own logs", s.Subject)
		}
		k.oneOf(s.Marks, "for", string(s.For), fors...)
	}
	for _, name := range slices.Sorted(maps.Keys(a.Exec)) {
		k.checkCommand(a.Exec[name])
	}
}

func (k *checker) checkCommand(c *Command) {
	switch {
	case len(c.Argv) == 0 || c.Argv[0] == "":
		k.problems.Errorf(k.at(c.Marks, "argv"), "config/action", "such as [/usr/local/bin/promote-ledger]", "%s has no program", c.Name)
	case !filepath.IsAbs(c.Argv[0]):
		k.problems.Errorf(k.at(c.Marks, "argv"), "config/action", "write the absolute path: PATH is not searched", "%q is not an absolute path", c.Argv[0])
	}
	if !filepath.IsAbs(c.Dir) {
		k.problems.Errorf(k.at(c.Marks, "dir"), "config/action", "", "%q is not an absolute path", c.Dir)
	}
	k.oneOf(c.Marks, "for", string(c.For), fors...)
	if c.Timeout < 0 || c.Output < 0 || c.Output > 64<<10 {
		k.problems.Errorf(k.at(c.Marks, "output"), "config/value", "0 to 65536 bytes", "%s keeps an impossible amount of output", c.Name)
	}
	k.checkVariables(c)
}

// checkSecret wants one place where a secret is kept. Whether it is there is seen when it is needed: the machine that
// checks need not be the one that knows it.
func (k *checker) checkSecret(s *Secret) {
	written := slices.DeleteFunc([]string{"file", "credential", "env"}, func(key string) bool { return !s.Marks.Has(key) })
	if len(written) != 1 {
		k.problems.Errorf(k.at(s.Marks, ""), "config/secret-source", "such as {file: /etc/holdfast/secrets/fence-token}", "%s needs exactly one of file, credential and env", s.Name)
	}
	if !playbooks.SecretName(s.Name) {
		k.problems.Errorf(k.at(s.Marks, ""), "config/secret-source", "letters, digits, dots, hyphens and _", "%q is not the name of a secret", s.Name)
	}
	if s.Credential != "" && (filepath.Base(s.Credential) != s.Credential || s.Credential == "..") {
		k.problems.Errorf(k.at(s.Marks, "credential"), "config/secret-source", "the word before the colon in LoadCredential=", "%q is not the name of a credential", s.Credential)
	}
	if s.Marks.Has("env") && !playbooks.VariableName(s.Env) {
		k.problems.Errorf(k.at(s.Marks, "env"), "config/secret-source", "", "%q is not the name of a variable", s.Env)
	}
	k.checkRecipients(s.Only)
}

// checkRecipients wants that whoever may have a secret can be touched at all; a slip of the pen here would keep it from
// whom it is for, on the night it is needed.
func (k *checker) checkRecipients(r *Recipients) {
	if r == nil {
		return
	}
	for i, text := range r.HTTP {
		target, err := actions.ParseTarget(text)
		if err != nil {
			k.problems.Errorf(k.at(r.Marks, item("http", i)), "config/secret-source", "scheme, host and port: https://fence.internal", "%v", err)
		} else if !slices.ContainsFunc(k.Actions.HTTP.Allow, func(t Target) bool {
			allowed, err := actions.ParseTarget(t.Target)
			return err == nil && allowed == target
		}) {
			k.problems.Errorf(k.at(r.Marks, item("http", i)), "config/secret-source", "add it to actions: http: allow", "%s may have the secret, and nothing may call it", target)
		}
	}
	k.checkSubjects(r.Marks, "nats", r.NATS)
	for i, name := range r.Exec {
		if k.Actions.Exec[name] == nil {
			k.problems.Errorf(k.at(r.Marks, item("exec", i)), "config/secret-source", source.DidYouMean(name, slices.Sorted(maps.Keys(k.Actions.Exec))), "there is no command %q under actions", name)
		}
	}
}

func (k *checker) checkVariables(c *Command) {
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		k.checkVariable(k.at(c.Marks, "env."+name+":"), name)
		secret := c.Env[name].Secret
		if kept := k.Secrets[string(secret)]; kept != nil {
			if err := kept.Kept().MayHave(playbooks.SecretMention{Command: c.Name}); err != nil {
				k.problems.Errorf(k.at(c.Marks, "env."+name), "config/action-not-allowed", "add the command under only: exec of the secret", "secret %s: %v", secret, err)
			}
		} else if secret != "" {
			k.problems.Errorf(k.at(c.Marks, "env."+name), "config/unknown-secret",
				source.DidYouMean(string(secret), slices.Sorted(maps.Keys(k.Secrets))), "there is no secret %q under secrets", secret)
		}
	}
	for i, name := range c.Accepts {
		k.checkVariable(k.at(c.Marks, item("accepts", i)), name)
		if slices.Contains(dangerous, name) || strings.HasPrefix(name, "LD_") || strings.HasPrefix(name, "DYLD_") {
			k.problems.Errorf(k.at(c.Marks, item("accepts", i)), "config/action",
				"set it in env, where no playbook reaches it", "a playbook that sets %s decides which program runs", name)
		}
		if _, twice := c.Env[name]; twice {
			k.problems.Errorf(k.at(c.Marks, item("accepts", i)), "config/action", "keep one of the two", "%s is set in env, and a step cannot set it as well", name)
		}
	}
}

// dangerous variables make another program of the one that is allowed.
var dangerous = []string{"PATH", "IFS", "ENV", "BASH_ENV", "SHELLOPTS", "PYTHONPATH", "PYTHONSTARTUP", "PERL5LIB", "PERL5OPT", "RUBYOPT", "RUBYLIB", "NODE_OPTIONS", "JAVA_TOOL_OPTIONS"}

func (k *checker) checkVariable(at source.Mark, name string) {
	if !playbooks.VariableName(name) || strings.HasPrefix(name, "HOLDFAST_") {
		k.problems.Errorf(at, "config/action", "letters, digits and _; HOLDFAST_… are set by holdfast itself", "%q is not the name of a variable that can be set", name)
	}
}

// item is the key that marks the place of a list's item.
func item(key string, i int) string { return key + "[" + strconv.Itoa(i) + "]" }
