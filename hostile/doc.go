// Package hostile holds, as its tests, what nobody should send: alerts, documents, orders and events made so that a reader
// that believes too much reads something else than its neighbour, reads for ever, or takes all the memory there is.
package hostile
