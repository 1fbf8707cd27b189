package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// ErrRemembered is why a value from an earlier process is stale: nobody has looked since the start.
var ErrRemembered = errors.New("not looked at yet since the start")

const cacheVersion = 1

// saved is the cache file: the last known states, so that the first frame after a start shows them with their ages.
type saved struct {
	Version  int                     `json:"version"`
	Instance string                  `json:"instance"`
	Nodes    map[string]kept[Health] `json:"nodes"`
	Droplets map[string]int          `json:"droplets"`
	Balancer kept[Balancer]          `json:"balancer"`
	Services map[string]kept[string] `json:"services"`
	Holds    kept[[]Hold]            `json:"holds"`
	Sidekiqs kept[[]Sidekiq]         `json:"sidekiqs"`
}

type kept[T any] struct {
	Value T         `json:"value"`
	Seen  time.Time `json:"seen"`
}

func keep[T any](o Observation[T]) kept[T] { return kept[T]{o.Value, o.Seen} }

func (k kept[T]) observation() Observation[T] {
	if k.Seen.IsZero() || k.Seen.After(time.Now()) {
		return Observation[T]{}
	}
	return Observation[T]{Value: k.Value, Seen: k.Seen, Err: ErrRemembered}
}

// remember fills the state from the cache. A cache that is missing, damaged, or another instance's is no cache.
func (w *Watch) remember() {
	if w.cfg.Cache == "" {
		return
	}
	raw, err := os.ReadFile(w.cfg.Cache)
	if err != nil {
		return
	}
	var old saved
	if json.Unmarshal(raw, &old) != nil || old.Version != cacheVersion || old.Instance != w.cfg.Instance {
		return
	}
	for i, n := range w.cfg.Nodes {
		if old.Droplets[n.Name] == n.Droplet { // otherwise the name belongs to another machine now
			w.state.nodes[i].health = old.Nodes[n.Name].observation()
		}
	}
	for i, p := range w.cfg.Services {
		w.state.services[i] = old.Services[p.Name].observation()
	}
	w.state.balancer, w.state.holds, w.state.sidekiqs = old.Balancer.observation(), old.Holds.observation(), old.Sidekiqs.observation()
}

// keepSaving writes the cache now and then, and once more at the end. A cache that cannot be written is not worth a word.
func (w *Watch) keepSaving(ctx context.Context) {
	var last []byte
	tick := time.NewTicker(savePause)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			last = w.save(last)
		case <-ctx.Done():
			w.save(last)
			return
		}
	}
}

// save writes the cache unless it holds the same already, and gives what it holds.
func (w *Watch) save(last []byte) []byte {
	now, err := json.Marshal(w.keepsake())
	if err != nil || slices.Equal(now, last) || replace(w.cfg.Cache, now) != nil {
		return last
	}
	return now
}

func (w *Watch) keepsake() saved {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := saved{
		Version: cacheVersion, Instance: w.cfg.Instance, Balancer: keep(w.state.balancer), Holds: keep(w.state.holds), Sidekiqs: keep(w.state.sidekiqs),
		Nodes: map[string]kept[Health]{}, Droplets: map[string]int{}, Services: map[string]kept[string]{},
	}
	for i, n := range w.cfg.Nodes {
		k := keep(w.state.nodes[i].health)
		k.Value.LogLines = nil // visitors' addresses do not belong into a file
		s.Nodes[n.Name], s.Droplets[n.Name] = k, n.Droplet
	}
	for i, p := range w.cfg.Services {
		s.Services[p.Name] = keep(w.state.services[i])
	}
	return s
}

// replace writes a file so that a reader sees the old or the new one, whole.
func replace(path string, data []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".fleet-*") // mode 600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
