// Package karpentertest tests package autoscale/karpenter against a real control
// plane in this process: autoscale itself may not know that simk has one. There is
// nothing in it but tests.
package karpentertest
