package cache

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/keys/fault"
)

// Where nginx keeps pages is said by its own configuration; what is not there is not purged, and what is elsewhere is named.
func TestNginxIsPurgedWhereItKeepsPages(t *testing.T) {
	const file = "0123456789abcdef0123456789abcdef"
	for name, x := range map[string]struct {
		conf  string // CACHE is the configured directory, OTHER another one
		kept  []string
		gone  bool // the configured directory is not there
		state State
		says  string // why, or on the way
		left  int
	}{
		"as configured":            {"proxy_cache_path CACHE levels=1:2 keys_zone=A:1m;", []string{"CACHE"}, false, Purged, "nginx kept 1 of it", 0},
		"within":                   {"http { proxy_cache_path\n  \"CACHE/pages/\" levels=1:2; }", []string{"CACHE/pages"}, false, Purged, "nginx kept 1 of it", 0},
		"nothing of it":            {"proxy_cache_path CACHE levels=1:2;", []string{"CACHE/@other"}, false, Purged, "nginx kept 0 of it", 1},
		"elsewhere":                {"# proxy_cache_path CACHE;\nproxy_cache_path OTHER levels=1:2;", []string{"CACHE", "OTHER"}, false, Failed, "nginx keeps pages in OTHER, and nginx_cache of the config is CACHE", 2},
		"elsewhere as well":        {"proxy_cache_path CACHE levels=1:2;\nproxy_cache_path OTHER levels=1:2;", []string{"CACHE", "OTHER"}, false, Failed, "nginx keeps it in OTHER as well", 2},
		"elsewhere something else": {"proxy_cache_path CACHE levels=1:2;\nproxy_cache_path OTHER levels=1:2;", []string{"CACHE", "OTHER/@other"}, false, Purged, "nginx kept 1 of it", 1},
		"the directory is gone":    {"proxy_cache_path CACHE levels=1:2;", nil, true, Absent, "CACHE, where nginx is told to keep pages, is not there", 0},
		"never a page":             {"proxy_cache_path CACHE levels=1:2;", nil, false, Absent, "nginx keeps no page in CACHE", 0},
		"no cache at all":          {"events {}\nhttp { server { } }", nil, true, Absent, "nginx is not told to keep any pages", 0},
		"gone and nobody knows":    {"", nil, true, Failed, "whether it keeps pages elsewhere is unknown", 0},
		"empty and nobody knows":   {"", nil, false, Failed, "whether it keeps pages elsewhere is unknown", 0},
		"pages and nobody knows":   {"", []string{"CACHE"}, false, Purged, "nginx kept 1 of it", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			s.Config.Nodes = s.Config.Nodes[:2]
			n, _ := s.Config.Node("worker-1")
			other := t.TempDir()
			named := strings.NewReplacer("CACHE", n.Cache, "OTHER", other)
			s.hosts["worker-1"].nginx(t, named.Replace(x.conf))
			var files []string
			for _, at := range x.kept {
				dir, key, is := strings.Cut(at, "/@")
				if !is {
					key = "data"
				}
				files = append(files, keepIn(t, named.Replace(dir), file, "httpbackend/@"+key))
			}
			if x.gone {
				if err := os.RemoveAll(n.Cache); err != nil {
					t.Fatal(err)
				}
			}
			v := s.purge(t, Order{URLs: []string{"/@data"}, At: []Where{Origin, TheEdge}}, "")
			said := v.Items[0].Why + "; " + strings.Join(v.Notes, "; ")
			if v.Items[0].State != x.state || !strings.Contains(said, named.Replace(x.says)) {
				t.Errorf("%s: %s", v.Items[0].State, said)
			}
			left := 0
			for _, f := range files {
				if _, err := os.Stat(f); err == nil {
					left++
				}
			}
			if held := v.Items[1].State == Waiting; left != x.left || held != (x.state == Failed) || (v.Err == nil) != x.state.Settled() {
				t.Errorf("%d left; the edge %s, %v", left, v.Items[1].State, v.Err)
			}
		})
	}
}

func keepIn(t *testing.T, root, name, key string) string {
	t.Helper()
	path := filepath.Join(root, name[31:], name[29:31], name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	text := "\x05\x00\x00\x00\xff\xfe\n" + "KEY: " + key + "\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>/@data</p>\nKEY: httpbackend/@other\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Everything is what the config names; what nginx keeps besides is told and stays.
func TestEverythingIsOfTheConfiguredDirectory(t *testing.T) {
	s := newStand(t)
	s.Config.Nodes = s.Config.Nodes[:2]
	n, _ := s.Config.Node("worker-1")
	other := t.TempDir()
	s.hosts["worker-1"].nginx(t, "proxy_cache_path "+n.Cache+" levels=1:2;\nproxy_cache_path "+other+" levels=1:2;")
	gone, stays := keepIn(t, n.Cache, "0123456789abcdef0123456789abcdef", "httpbackend/a"), keepIn(t, other, "0123456789abcdef0123456789abcdef", "httpbackend/b")
	v := s.purge(t, Order{Everything: true, At: []Where{Origin}}, instance)
	if said := strings.Join(v.Notes, " "); v.Err != nil || !strings.Contains(said, "it keeps pages in "+other+" as well") {
		t.Errorf("%v %s", v.Err, said)
	}
	if _, err := os.Stat(gone); err == nil {
		t.Error("it is still there")
	}
	if _, err := os.Stat(stays); err != nil {
		t.Error(err)
	}
	s.hosts["worker-1"].nginx(t, "proxy_cache_path "+other+" levels=1:2;")
	if v := s.purge(t, Order{Everything: true, At: []Where{Origin}}, instance); fault.CodeOf(v.Err) != fault.Failed || v.Items[0].State != Failed {
		t.Errorf("%v %+v", v.Err, v.Items)
	}
}
