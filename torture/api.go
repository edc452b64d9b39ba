package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"holdfast/console"
	"holdfast/incident"
)

// An api is a daemon as people and monitoring reach it.
type api struct {
	url    string
	client *http.Client
}

func newAPI(url string) *api {
	return &api{url: url, client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

func (a *api) status(ctx context.Context) (s console.Status, err error) {
	body, err := a.send(ctx, http.MethodGet, "/api/v1/status", "", nil)
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(body, &s)
}

// order carries out what a person asks for; the answer is what it changed. A *refusal is a no.
func (a *api) order(ctx context.Context, token string, c incident.Command) (o console.Ordered, err error) {
	text, err := json.Marshal(c)
	if err != nil {
		return o, err
	}
	body, err := a.send(ctx, http.MethodPost, "/api/v1/commands", token, text)
	if err != nil {
		return o, err
	}
	return o, json.Unmarshal(body, &o)
}

// post brings an alert over the bridge; the answer is where it stands in the alert log.
func (a *api) post(ctx context.Context, source string, alert []byte) (s console.Stored, err error) {
	body, err := a.send(ctx, http.MethodPost, "/api/v1/alerts/"+source, "", alert)
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(body, &s)
}

func (a *api) reload(ctx context.Context) error {
	_, err := a.send(ctx, http.MethodPost, "/-/reload", "", nil)
	return err
}

// A refusal is an answer other than 200.
type refusal struct {
	status int
	said   string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d: %s", r.status, r.said) }

func (a *api) send(ctx context.Context, method, path, token string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, a.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := a.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, &refusal{res.StatusCode, string(bytes.TrimSpace(answer))}
	}
	return answer, nil
}
