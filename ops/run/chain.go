package run

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"time"
)

// Every append to a store is one link of its chain: a digest over the link before and over what was appended. Whoever rewrites, cuts or reorders the
// log has to make every later link anew, and the heads that stand on another machine (see Anchor) say so.
//
// What a link covers of an event is its head, and the digest of its body (detail and data). That is why output can be taken out later (see Prune): its
// body's digest stays, and everything that says who did what when is still proved.

// Link is one append as the chain knows it.
type Link struct {
	N      uint64 // from 1, without gaps
	Run    string
	Upto   uint64 // the number of the last event that the append added to the run
	Digest Digest
}

// Digest is a SHA-256.
type Digest [sha256.Size]byte

// String is the digest in hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Head is where a store's chain ends. Of an empty store, N is 0.
type Head struct {
	Store string `json:"store"` // the store's own id, made once
	N     uint64 `json:"n"`
	Sum   string `json:"sum"`
}

// Anchor is a head as it was seen when it was written where the store's owner cannot take it back.
type Anchor struct {
	Head
	Time time.Time `json:"time"`
	By   string    `json:"by"`
}

// follow is the digest of the link that adds events to a run.
func (d Digest) follow(run string, events []linked) Digest {
	h := sha256.New()
	h.Write(d[:])
	put(h, run)
	for _, ev := range events {
		number := binary.BigEndian.AppendUint64(nil, ev.Seq)
		number = binary.BigEndian.AppendUint64(number, uint64(ev.Time.UnixNano())) // #nosec G115 -- its bits are what counts
		number = binary.BigEndian.AppendUint64(number, uint64(ev.Leg))             // #nosec G115 -- as above
		h.Write(number)
		put(h, string(ev.Type))
		put(h, ev.Step)
		put(h, ev.State)
		h.Write(ev.body[:])
	}
	return Digest(h.Sum(nil))
}

// linked is an event with its body's digest, which outlives the body.
type linked struct {
	Event
	body Digest
}

func link(events []Event) []linked {
	out := make([]linked, len(events))
	for i, ev := range events {
		out[i] = linked{ev, body(ev)}
	}
	return out
}

// body is the digest of what an event says, apart from what it is.
func body(ev Event) Digest {
	h := sha256.New()
	put(h, ev.Detail)
	put(h, string(ev.Data))
	return Digest(h.Sum(nil))
}

// put writes a text with its length, so that no two sequences of texts are the same bytes.
func put(h hash.Hash, s string) {
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(s))))
	h.Write([]byte(s))
}
