package bia

import (
	"time"

	"holdfast/internal/source"
)

// Parse reads and checks a bia.yaml. With an error among the problems the analysis must not be used.
func Parse(file string, text []byte) (*Analysis, source.Problems) { panic("unwritten") }

// Service finds a process or service.
func (a *Analysis) Service(id string) (*Service, bool) { panic("unwritten") }

// Judged are the ids of all processes and services, sorted.
func (a *Analysis) Judged() []string { panic("unwritten") }

// Objectives are what holds for a process or service after inheritance.
func (a *Analysis) Objectives(id string) Objectives { panic("unwritten") }

// Clocks are the instants that follow from an outage of a service that started at t0.
func (a *Analysis) Clocks(id string, t0 time.Time) Clocks { panic("unwritten") }

// Dependents are the services that name a component or service among their needs, sorted.
func (a *Analysis) Dependents(id string) []string { panic("unwritten") }

// Below are the components that a service rests on, directly or through other services, sorted.
func (a *Analysis) Below(service string) []string { panic("unwritten") }

// Domains are the failure domains of a component, its site first, sorted after that.
func (a *Analysis) Domains(component string) []string { panic("unwritten") }

// Members are the components of a failure domain, sorted.
func (a *Analysis) Members(domain string) []string { panic("unwritten") }

// AllDomains are all failure domains: sites, and whatever components name, sorted.
func (a *Analysis) AllDomains() []string { panic("unwritten") }
