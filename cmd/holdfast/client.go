package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"holdfast/console"
	"holdfast/incident"
)

// maxAnswer is how much of an answer a client reads.
const maxAnswer = 64 << 20

// A client speaks to a daemon's API.
type client struct {
	server *url.URL
	token  string // who sends; empty: nobody
	http   *http.Client
}

// Environment variables that a client reads where no flag says otherwise.
const (
	envServer    = "HOLDFAST_URL"
	envTokenFile = "HOLDFAST_TOKEN_FILE"
	envToken     = "HOLDFAST_TOKEN"
)

// connectionFlags adds to a command what it needs to reach a daemon.
func connectionFlags(c *cobra.Command) {
	c.Flags().String("server", "", "URL of the daemon (environment: "+envServer+"; default http://"+console.DefaultAddress+")")
	c.Flags().String("token-file", "", "file that holds your token (environment: "+envTokenFile+", or "+envToken+" with the token itself)")
	c.Flags().Duration("timeout", 0, "give up after this long")
}

// newClient is the client that a command's flags and the environment describe.
func newClient(c *cobra.Command) (*client, error) {
	at, _ := c.Flags().GetString("server")
	if at == "" {
		at = os.Getenv(envServer)
	}
	if at == "" {
		at = "http://" + console.DefaultAddress
	}
	server, err := url.Parse(at)
	if err != nil || server.Host == "" || server.Scheme != "http" && server.Scheme != "https" || server.User != nil {
		return nil, misused("write it as https://host:port, with --server or "+envServer, "%q is no URL of a daemon", at)
	}
	file, _ := c.Flags().GetString("token-file")
	token, err := identity(file)
	if err != nil {
		return nil, err
	}
	if token != "" && server.Scheme == "http" && !loopback(server.Hostname()) {
		return nil, misused("use https, or run the command on the daemon's own machine", "your token would travel readable to %s", server.Host)
	}
	return &client{server: server, token: token, http: &http.Client{CheckRedirect: noRedirect}}, nil
}

// noRedirect keeps a token from being carried to where nobody sent it.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func loopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

// identity reads a token: from the file that is named, else as the environment says; empty if nothing says.
func identity(file string) (string, error) {
	if file == "" {
		file = os.Getenv(envTokenFile)
	}
	if file == "" {
		return strings.TrimSpace(os.Getenv(envToken)), nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", misused("`holdfast people token NAME` makes a token; put it into a file that only you can read", "read your token: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" || strings.ContainsAny(token, " \t\r\n") {
		return "", misused("it holds the token and nothing else", "the file %s holds no token", file)
	}
	return token, nil
}

// get asks for something and returns it as it came.
func (c *client) get(ctx context.Context, path string) ([]byte, error) {
	return c.send(ctx, http.MethodGet, path, nil)
}

// read asks for something and decodes it, beside returning it as it came.
func (c *client) read(ctx context.Context, path string, into any) ([]byte, error) {
	body, err := c.get(ctx, path)
	if err != nil {
		return nil, err
	}
	return body, c.decode(body, into)
}

// order sends a command, which needs an identity.
func (c *client) order(ctx context.Context, command incident.Command) (console.Ordered, []byte, error) {
	var done console.Ordered
	if c.token == "" {
		return done, nil, misused("name the file that holds your token with --token-file or "+envTokenFile+"; `holdfast people token NAME` makes one",
			"holdfast has to know who you are: no command is taken from nobody")
	}
	text, err := json.Marshal(command)
	if err != nil {
		return done, nil, misused("", "write the command: %w", err)
	}
	body, err := c.send(ctx, http.MethodPost, "/api/v1/commands", text)
	if err != nil {
		return done, nil, err
	}
	return done, body, c.decode(body, &done)
}

func (c *client) decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return failed("are the daemon and this command of the same version?", "the answer of %s cannot be read: %w", c.server.Host, err)
	}
	return nil
}

func (c *client) send(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	path, query, _ := strings.Cut(path, "?")
	at := c.server.JoinPath(path)
	at.RawQuery = query
	r, err := http.NewRequestWithContext(ctx, method, at.String(), bytes.NewReader(body))
	if err != nil {
		return nil, misused("", "%w", err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, c.unanswered(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return nil, c.unanswered(err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, c.refused(answer, text)
	}
	return text, nil
}

// unanswered is the error of a request that brought no answer.
func (c *client) unanswered(err error) error {
	var slow net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &slow) && slow.Timeout() {
		return exitWith(exitTimedOut, "", "%s did not answer in time: %w", c.server.Host, bare(err))
	}
	if errors.Is(err, context.Canceled) {
		return failed("", "interrupted")
	}
	return exitWith(exitUnreachable, "is the daemon running there? `holdfast serve` starts one; --server or "+envServer+" names another",
		"no daemon answers at %s: %w", c.server, bare(err))
}

// bare is an error without what net/http puts before it, which only repeats the request.
func bare(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// refused is the error of an answer that says no.
func (c *client) refused(answer *http.Response, text []byte) error {
	if kind := answer.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/problem+json") {
		return failed("is it a holdfast daemon, and is the path before /api right?", "%s answered %s", c.server, answer.Status)
	}
	var p console.Problem
	if err := c.decode(text, &p); err != nil {
		return err
	}
	detail := p.Detail
	if answer.StatusCode == http.StatusConflict {
		detail = "refused: " + detail
	}
	if p.By != nil && !strings.Contains(detail, actor(*p.By)) {
		detail += fmt.Sprintf(" (by %s%s)", actor(*p.By), atWords(p.At))
	}
	return exitWith(exitOf(answer.StatusCode), p.Hint, "%s", detail)
}

func atWords(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return " at " + clockTime(at)
}

// exitOf is the exit code of an answer's status.
func exitOf(status int) int {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusConflict:
		return exitRefused
	case http.StatusNotFound:
		return exitNotFound
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		return exitUsage
	case http.StatusGatewayTimeout:
		return exitTimedOut
	}
	return exitFailure
}
