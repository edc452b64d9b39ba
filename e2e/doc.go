// Package e2e proves holdfast with the real parts around it: a Prometheus whose rule fires, an Alertmanager that posts,
// a nats-server of one's own, promtool. It is a module of its own, so that none of it reaches users.
package e2e
