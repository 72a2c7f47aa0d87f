// Package recordtest tests package tracer/record against a real apiserver in
// this process: tracer itself may not know that simk has one. There is nothing
// in it but tests.
package recordtest
