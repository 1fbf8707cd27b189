//go:build lab

package cache

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/fixtures/lab/nginx"
	"github.com/vmtui/vmtui/remote/page"
)

// front is a real nginx before the origin, whose cache is worker-1's.
func (s *stand) front(t *testing.T, ignoreVary bool) *nginx.Server {
	t.Helper()
	back := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/secret") {
			w.Header().Set("Cache-Control", "private")
		}
		origin(w, r)
		_, _ = io.WriteString(w, r.URL.Path)
	}))
	t.Cleanup(back.Close)
	n, err := nginx.Start(t.Context(), strings.TrimPrefix(back.URL, "http://"), ignoreVary)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Stop() })
	s.hosts["worker-1"].program(t, "nginx", "exec /usr/sbin/nginx -c "+filepath.Join(n.Dir, "nginx.conf")+" -e /dev/null \"$@\"") // which has a configuration of its own
	for i := range s.Config.Nodes {
		if s.Config.Nodes[i].Name == "worker-1" {
			s.Config.Nodes[i].Cache = n.Cache
		}
		if s.Config.Nodes[i].Name == "worker-2" {
			s.Config.Nodes[i].Cache = "none"
		}
	}
	return n
}

// cached asks nginx for a page and gives its type and whether nginx had it.
func (s *stand) cached(t *testing.T, n *nginx.Server, path string, f Form) (kind, state string) {
	t.Helper()
	a, err := s.Get(t.Context(), page.Ask{At: "http://" + n.Addr(), Host: instance, Path: path, Accept: accepts[f]})
	if err != nil {
		t.Fatal(err)
	}
	return a.Header("Content-Type"), a.Header("X-Cached")
}

// What nginx itself keeps is found by its path, in every variant, and nothing else goes.
func TestLabNginxKeepsNothingOfWhatWasPurged(t *testing.T) {
	s := newStand(t)
	n := s.front(t, false)
	want := func(path string, f Form, state string) {
		t.Helper()
		if _, got := s.cached(t, n, path, f); got != state {
			t.Errorf("%s as %s: %s, want %s", path, f, got, state)
		}
	}
	paths := []string{"/@data", "/@data/1", "/@data?page=1", "/@dat", "/a.b+c(d)", "/users/data"}
	for _, p := range paths {
		want(p, HTML, "MISS")
		want(p, HTML, "HIT")
	}
	want("/@data", JSON, "MISS")
	want("/@data", JSON, "HIT")
	v := s.purge(t, Order{URLs: []string{"/@data", "/a.b+c(d)"}, At: []Where{Origin}}, "")
	if v.Err != nil || !strings.Contains(strings.Join(v.Notes, " "), "nginx kept 3 of it") {
		t.Errorf("%v %v", v.Err, v.Notes)
	}
	want("/@data", JSON, "MISS")
	want("/@data", HTML, "MISS")
	want("/a.b+c(d)", HTML, "MISS")
	for _, p := range []string{"/@data/1", "/@data?page=1", "/@dat", "/users/data"} {
		want(p, HTML, "HIT")
	}
	if v := s.purge(t, Order{Prefixes: []string{"/@da"}, At: []Where{Origin}}, ""); v.Err != nil {
		t.Error(v.Err)
	}
	want("/@data?page=1", HTML, "MISS")
	want("/@dat", HTML, "MISS")
	want("/users/data", HTML, "HIT")
	if v := s.purge(t, Order{Everything: true, At: []Where{Origin}}, instance); v.Err != nil {
		t.Error(v.Err)
	}
	left := 0
	_ = filepath.WalkDir(n.Cache, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			left++
		}
		return nil
	})
	if left != 0 {
		t.Errorf("%d files are left", left)
	}
	want("/users/data", HTML, "MISS")
	want("/users/data", HTML, "HIT") // it goes on keeping things
}

// The disaster at nginx: a cache without the origin's Vary serves JSON to browsers, until it is purged.
func TestLabNginxWithoutVaryIsMended(t *testing.T) {
	s := newStand(t)
	n := s.front(t, true)
	if kind, state := s.cached(t, n, "/@data", JSON); state != "MISS" || !strings.Contains(kind, "activity+json") {
		t.Errorf("%s %s", kind, state)
	}
	if kind, state := s.cached(t, n, "/@data", HTML); state != "HIT" || !strings.Contains(kind, "activity+json") {
		t.Errorf("no disaster: %s %s", kind, state)
	}
	if v := s.purge(t, Order{URLs: []string{"/@data"}, At: []Where{Origin}}, ""); v.Err != nil {
		t.Fatal(v.Err)
	}
	if kind, state := s.cached(t, n, "/@data", HTML); state != "MISS" || !strings.Contains(kind, "html") {
		t.Errorf("%s %s", kind, state)
	}
}
