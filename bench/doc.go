// Command bench holds holdfast against its peers and its raw limits, all measured in one run: `make bench`. What each row
// means, what was measured and how to repeat it is in docs/performance.md. It is a module of its own, so that neither it
// nor a peer reaches users.
//
// These are benchmarks, never tests: a slow machine makes a row worse, and nothing that CI runs depends on one.
package main
