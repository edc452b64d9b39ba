package demo

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

// api speaks the daemon's public HTTP API: looking, as anybody on loopback may, and ordering with a person's token.
type api struct {
	url    string
	client *http.Client
}

func newAPI(address string) *api {
	return &api{url: "http://" + address, client: &http.Client{Timeout: 5 * time.Second}}
}

func (a *api) ready(ctx context.Context) bool {
	_, err := a.text(ctx, "/-/ready")
	return err == nil
}

func (a *api) status(ctx context.Context) (s console.Status, err error) {
	return s, a.read(ctx, "/api/v1/status", &s)
}

func (a *api) situations(ctx context.Context) (s console.Situations, err error) {
	return s, a.read(ctx, "/api/v1/situations", &s)
}

func (a *api) incidents(ctx context.Context) (i console.Incidents, err error) {
	return i, a.read(ctx, "/api/v1/incidents?all=true", &i)
}

func (a *api) incident(ctx context.Context, id string) (i console.Incident, err error) {
	return i, a.read(ctx, "/api/v1/incidents/"+id, &i)
}

func (a *api) read(ctx context.Context, path string, into any) error {
	body, err := a.text(ctx, path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("GET %s: %w", path, err)
	}
	return nil
}

// text gets a page as it stands.
func (a *api) text(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url+path, nil)
	if err != nil {
		return nil, err
	}
	return a.do(req)
}

// order carries out what a person asks for.
func (a *api) order(ctx context.Context, token string, c incident.Command) error {
	body, err := json.Marshal(c)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url+"/api/v1/commands", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	_, err = a.do(req)
	return err
}

func (a *api) do(req *http.Request) ([]byte, error) {
	res, err := a.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %s: %s", req.Method, req.URL.Path, res.Status, bytes.TrimSpace(body))
	}
	return body, nil
}
