package sim

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/rand"

	"github.com/google/uuid"
	utilrand "k8s.io/apimachinery/pkg/util/rand"

	"simk.dev/simk/sim/clock"
)

// seed starts every source of chance in the process that an outcome may depend
// on: the scheduler's and controllers' choices (the global math/rand, which the
// godebug setting randseednop=0 in go.mod lets us seed), the suffixes of
// generated names, UIDs, and the timeout of etcd's election, which it draws from
// package crypto/rand. A replay has no secrets: nothing outside can reach it.
func seed(n int64) {
	seedCluster(n)
	uuid.SetRand(rand.New(rand.NewSource(n)))
	seedSecrets(n)
}

// seedCluster is seed without what secrets and names are drawn from, for a
// cluster that others can reach.
func seedCluster(n int64) {
	clock.Seed(n)
	rand.Seed(n) //nolint:staticcheck // upstream draws from the global source
	utilrand.Seed(n)
}

func sha256Hex(r io.Reader) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
