package actions

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"holdfast/internal/subjects"
	"holdfast/playbooks"
)

// A Secret is where a secret is kept; exactly one of its fields is written. It is read anew for each effect, so that one
// that was changed counts from the next effect on.
type Secret struct {
	File       string // absolute
	Credential string // one that systemd hands to the daemon: a file in $CREDENTIALS_DIRECTORY
	Env        string // a variable of the daemon's environment

	Only *Recipients // who may be handed it; nil: whoever may be touched
}

// Recipients are who may be handed a secret.
type Recipients struct {
	HTTP     []Target
	Subjects []string // "*" and a last ">" as NATS reads them
	Commands []string
}

// A recipient is who is to be handed something; one of the fields is set.
type recipient struct {
	target           Target
	subject, command string
}

func (r recipient) String() string {
	switch {
	case r.subject != "":
		return "subject " + r.subject
	case r.command != "":
		return "command " + r.command
	}
	return r.target.String()
}

// mayHave is an error unless a recipient may be handed a secret.
func (s Secret) mayHave(to recipient) error {
	o := s.Only
	switch {
	case o == nil,
		to.subject != "" && slices.ContainsFunc(o.Subjects, func(p string) bool { return subjects.Covers(p, to.subject) }),
		to.command != "" && slices.Contains(o.Commands, to.command),
		to.target != Target{} && slices.Contains(o.HTTP, to.target):
		return nil
	}
	return fmt.Errorf("it is not for %s (holdfast.yaml: secrets: only)", to)
}

// MayHave is an error unless whoever a playbook wants to hand a secret to may have it.
func (s Secret) MayHave(m playbooks.SecretMention) error {
	to := recipient{subject: m.Subject, command: m.Command}
	if u, err := url.Parse(m.URL); m.URL != "" && err == nil {
		to.target, _ = targetOf(u) // what cannot be called is told elsewhere
	}
	return s.mayHave(to)
}

// How long a secret can be, in bytes. What is shorter could not be taken out of an answer without taking out half of it;
// what is longer is no secret but a file.
const (
	ShortestSecret = 8
	LongestSecret  = 16 << 10
)

func (s Secret) check() error {
	written := 0
	for _, field := range []string{s.File, s.Credential, s.Env} {
		if field != "" {
			written++
		}
	}
	switch {
	case written != 1:
		return errors.New("it is kept in exactly one of file, credential and env")
	case s.Only != nil && slices.ContainsFunc(s.Only.Subjects, func(p string) bool { return checkPattern(p) != nil }):
		return errors.New("only: a subject cannot be meant")
	case s.File != "" && !filepath.IsAbs(s.File):
		return fmt.Errorf("%q is not an absolute path", s.File)
	case s.Credential != "" && (filepath.Base(s.Credential) != s.Credential || s.Credential == ".."):
		return fmt.Errorf("%q is not the name of a credential", s.Credential)
	}
	return nil
}

// read is the secret as it is now. A line break at its end does not count. Its errors say nothing of what was read.
func (s Secret) read() (string, error) {
	value, err := s.raw()
	if err != nil {
		return "", err
	}
	value = strings.TrimRight(value, "\r\n")
	switch {
	case value == "":
		return "", errors.New("it is empty")
	case len(value) > LongestSecret:
		return "", fmt.Errorf("it is longer than %d KiB", LongestSecret>>10)
	case !utf8.ValidString(value) || strings.ContainsRune(value, 0):
		return "", errors.New("it is not text")
	case utf8.RuneCount(flatten(value).bytes) < ShortestSecret:
		return "", fmt.Errorf("it is shorter than %d characters, and so could not be kept out of what a target answers", ShortestSecret)
	}
	return value, nil
}

func (s Secret) raw() (string, error) {
	switch {
	case s.Env != "":
		value, ok := os.LookupEnv(s.Env)
		if !ok {
			return "", errors.New("its variable is not in the daemon's environment")
		}
		return value, nil
	case s.Credential != "":
		dir := os.Getenv("CREDENTIALS_DIRECTORY")
		if dir == "" {
			return "", errors.New("systemd handed no credentials to the daemon (LoadCredential= in its unit)")
		}
		return readSecret(filepath.Join(dir, s.Credential))
	}
	return readSecret(s.File)
}

// readSecret reads a regular file; anything else could make an effect wait for ever.
func readSecret(path string) (string, error) {
	found, err := os.Stat(path)
	if err == nil && !found.Mode().IsRegular() {
		return "", errors.New("it is not a file")
	}
	if err != nil {
		return "", withoutPath(err)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", withoutPath(err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, LongestSecret+3)) // one byte too many, after a line break
	if err != nil {
		return "", withoutPath(err)
	}
	return string(text), nil
}

// withoutPath says why a file cannot be read, and not where it is: what fails is told to everybody.
func withoutPath(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return fmt.Errorf("its file cannot be read: %w", at.Err)
	}
	return errors.New("its file cannot be read")
}

// errSecret is the beginning of what is said of a secret that cannot be looked up.
var errSecret = errors.New("secret")

// A vault looks secrets up, and remembers what it has handed out: nothing that comes back from a target is told before it
// went through [vault.scrub]. It is safe for concurrent use.
type vault struct {
	sources map[string]Secret
	mu      sync.Mutex
	known   map[string][]string // name -> its values, the newest last
	hidden  []veiled            // what they look like
}

// mostVersions is how many values of one secret are remembered: an answer may still tell of the one before the last.
const mostVersions = 8

// openVault makes a vault that has already seen what can be read now: a target may tell after a restart what it was told
// before. What cannot be read is said in the log.
func openVault(c Config) (*vault, error) {
	v := &vault{sources: c.Secrets, known: map[string][]string{}}
	for _, name := range slices.Sorted(maps.Keys(c.Secrets)) {
		if err := c.Secrets[name].check(); err != nil {
			return nil, fmt.Errorf("secret %s: %w", name, err)
		}
		if value, err := c.Secrets[name].read(); err == nil {
			v.remember(name, value)
		} else {
			c.Logger.Warn().Str("secret", name).Msg("secret " + name + ": " + err.Error() + "; steps that refer to it will fail")
		}
	}
	return v, nil
}

// open reads a secret for whoever is to be handed it.
func (v *vault) open(name playbooks.Secret, to recipient) (string, error) {
	source, ok := v.sources[string(name)]
	if !ok {
		return "", fmt.Errorf("%w %s is not named in holdfast.yaml (secrets)", errSecret, name)
	}
	value, err := "", source.mayHave(to)
	if err == nil {
		value, err = source.read()
	}
	if err != nil {
		return "", fmt.Errorf("%w %s: %w", errSecret, name, err)
	}
	v.remember(string(name), value)
	return value, nil
}

func (v *vault) remember(name, value string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if slices.Contains(v.known[name], value) {
		return
	}
	v.known[name] = append(v.known[name], value)
	v.known[name] = v.known[name][max(0, len(v.known[name])-mostVersions):]
	v.hidden = nil
	for name, values := range v.known {
		for _, value := range values {
			v.hidden = append(v.hidden, looks(name, value)...)
		}
	}
}

// text is what a text stands for.
func (v *vault) text(t playbooks.Text, to recipient) (string, error) {
	if t.Secret == "" {
		return t.Plain, nil
	}
	value, err := v.open(t.Secret, to)
	if err != nil {
		return "", err
	}
	switch {
	case t.As == "basic":
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(value)), nil
	case strings.ContainsFunc(value, unicode.IsControl):
		return "", fmt.Errorf("%w %s: it holds more than one line, which fits into a body only", errSecret, t.Secret)
	case t.As == "bearer":
		return "Bearer " + value, nil
	}
	return value, nil
}

// texts are what texts stand for.
func (v *vault) texts(all map[string]playbooks.Text, to recipient) (map[string]string, error) {
	out := make(map[string]string, len(all))
	for name, t := range all {
		value, err := v.text(t, to)
		if err != nil {
			return nil, err
		}
		out[name] = value
	}
	return out, nil
}

// body is a body with the secrets in their places. The one that was given is left as it is.
func (v *vault) body(b any, to recipient) (any, error) {
	switch b := b.(type) {
	case playbooks.Secret:
		return v.open(b, to)
	case map[string]any:
		out := make(map[string]any, len(b))
		for key, value := range b {
			inner, err := v.body(value, to)
			if err != nil {
				return nil, err
			}
			out[key] = inner
		}
		return out, nil
	case []any:
		out := make([]any, 0, len(b))
		for _, value := range b {
			inner, err := v.body(value, to)
			if err != nil {
				return nil, err
			}
			out = append(out, inner)
		}
		return out, nil
	}
	return b, nil
}
