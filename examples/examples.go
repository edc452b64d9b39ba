// Package examples holds example organisations, embedded, so that the demo needs nothing but the binary.
package examples

import "embed"

// Parcels is a parcel carrier with two data centres. Its objectives are seconds, so that a whole disaster, from the
// first alert to stand-down, fits into a minute; everything else about it is as it would be with hours.
//
//go:embed parcels
var Parcels embed.FS

// StandIn is where the example's playbooks expect the carrier's own systems. The demo puts the address of its stand-in
// in its place.
const StandIn = "http://127.0.0.1:8642"
