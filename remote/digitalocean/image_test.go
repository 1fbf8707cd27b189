package digitalocean

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

func images(w http.ResponseWriter, r *http.Request) {
	image := func(id int, name, slug, kind string) map[string]any {
		return map[string]any{"id": id, "name": name, "slug": slug, "type": kind, "distribution": "Debian"}
	}
	switch r.URL.Path {
	case "/v2/images":
		answer(w, 200, map[string]any{"images": []any{
			image(1, "worker-golden", "", "snapshot"), image(2, "twice", "", "snapshot"), image(3, "twice", "", "backup"),
		}})
	case "/v2/images/3":
		answer(w, 200, map[string]any{"image": image(3, "twice", "", "backup")})
	case "/v2/images/debian-13-x64":
		answer(w, 200, map[string]any{"image": image(9, "13 x64", "debian-13-x64", "base")})
	default:
		refuse(w, 404, "The resource you requested could not be found.")
	}
}

func TestImageByName(t *testing.T) {
	c, _ := serve(t, images)
	for name, want := range map[string]int{"worker-golden": 1, "3": 3, "debian-13-x64": 9} {
		if got, err := c.ImageByName(t.Context(), name); err != nil || got.ID != want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := c.ImageByName(t.Context(), "twice"); err == nil || !strings.Contains(err.Error(), "2 (snapshot), 3 (backup)") {
		t.Errorf("ambiguous: %v", err)
	}
	for _, name := range []string{"nope", "With Spaces/and more", "4"} {
		if _, err := c.ImageByName(t.Context(), name); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTagUses(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v2/droplets":
			if r.URL.Query().Get("tag_name") != "web" {
				refuse(w, 400, "no tag")
				return
			}
			answer(w, 200, map[string]any{"droplets": []any{map[string]any{"id": 11, "name": "worker-1"}}})
		case "/v2/databases":
			answer(w, 200, map[string]any{"databases": []any{map[string]any{"id": "db-1", "name": "main", "engine": "pg"}, map[string]any{"id": "db-2", "name": "cache"}}})
		case "/v2/databases/db-1/firewall":
			answer(w, 200, map[string]any{"rules": []any{map[string]string{"type": "tag", "value": "web"}}})
		case "/v2/databases/db-2/firewall":
			answer(w, 200, map[string]any{"rules": []any{map[string]string{"type": "ip_addr", "value": "web"}, map[string]string{"type": "tag", "value": "other"}}})
		case "/v2/load_balancers":
			answer(w, 200, map[string]any{"load_balancers": []any{map[string]any{"id": "lb-1", "tag": "web"}, map[string]any{"id": "lb-2", "tag": "x"}}})
		default:
			refuse(w, 404, "no")
		}
	})
	u, err := c.TagUses(t.Context(), "web")
	if err != nil {
		t.Fatal(err)
	}
	if len(u.Droplets) != 1 || u.Droplets[0].ID != 11 || strings.Join(u.Databases, ",") != "main" || strings.Join(u.Balancers, ",") != "lb-1" {
		t.Errorf("uses: %+v", u)
	}
}
