package sidekiq

import (
	"strings"
	"testing"
	"time"
)

// Pages grow with what is small and quick, shrink with what takes Redis long, and recover from a single moment of it.
func TestPages(t *testing.T) {
	p, small, large := pace{next: siftFirst}, []found{{raw: strings.Repeat("x", 250)}}, []found{{raw: strings.Repeat("x", 40_000)}}
	for range 5 {
		p.learn(small)
		p.heed(p.size(), time.Millisecond)
	}
	if p.size() != pageMost {
		t.Errorf("small and quick: %d", p.size())
	}
	p.heed(pageMost, 4*scriptTime)
	p.learn(small)
	if p.size() != pageMost/4 {
		t.Errorf("slow: %d", p.size())
	}
	for range 4 {
		p.heed(p.size(), time.Millisecond)
		p.learn(small)
	}
	if p.size() != pageMost {
		t.Errorf("it was a moment: %d", p.size())
	}
	p.learn(large)
	if p.size() > pageBytes/40_000 {
		t.Errorf("large: %d", p.size())
	}
}
