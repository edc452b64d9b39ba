// Package sim is the whole of holdfast in one thread: several daemons, their journal, monitors, machines, engineers and an
// attacker, on one queue of events and one seed, in virtual time. What runs in it is the code that runs in production,
// from the invoker's loop down to the bytes of the journal; a shadow that shares none of it checks the invariants of
// docs/reliability.md at every append and at every effect.
//
// A seed is a house's worst week: a random choice of faults at random rates for three quarters of it, then a quarter
// without any, in which everything has to come to its end.
package sim
