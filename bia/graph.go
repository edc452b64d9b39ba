package bia

// graph is the needs among components, services and processes, ready to walk both ways.
type graph struct{}

// CriticalRule is a critical period made ready for arithmetic.
type CriticalRule struct{}
