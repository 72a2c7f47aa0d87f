package sim

import (
	cryptorand "crypto/rand"
	"math/rand"
)

// seedSecrets makes package crypto/rand give the same numbers in each run: etcd draws the timeout
// of its election from it.
func seedSecrets(n int64) { cryptorand.Reader = rand.New(rand.NewSource(n)) }
