package oncall

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
)

// tokenBytes is how much randomness is in a token.
const tokenBytes = 32

// NewToken makes a token (shown once) and the hash that people.yaml keeps; random is 32 random bytes, and anything else
// is a mistake in the program. A token holds 256 random bits, so a plain SHA-256 of it cannot be searched.
func NewToken(random []byte) (token, hash string) {
	if len(random) != tokenBytes {
		panic(fmt.Sprintf("oncall: a token is made of %d random bytes, not %d", tokenBytes, len(random)))
	}
	token = "hf_" + base64.RawURLEncoding.EncodeToString(random)
	return token, hashOf(token)
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Authenticate finds the person whose token this is. It takes the same time whoever it is.
func (r *Roster) Authenticate(token string) (*Person, bool) {
	presented := []byte(hashOf(token))
	ids := slices.Sorted(maps.Keys(r.People))
	found := -1
	for i, id := range ids {
		same := subtle.ConstantTimeCompare([]byte(r.People[id].Token), presented)
		found = subtle.ConstantTimeSelect(same, i, found)
	}
	if found < 0 || token == "" {
		return nil, false
	}
	return r.People[ids[found]], true
}
