package desk

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/audit"
)

// Commands is what was asked of the world, as soon as there is more of it than in that version.
func (d *Desk) Commands(ctx context.Context, after uint64) (audit.View, error) {
	return d.calls.View(ctx, after)
}

// Save writes a text into a new file under "saved" in the state directory, which only its owner can read, and says where. An older file is never
// written over.
func (d *Desk) Save(_ context.Context, name, text string) (string, error) {
	dir := filepath.Join(d.cfg.StateDir, "saved")
	refuse := func(err error) (string, error) {
		return "", (&fault.Error{What: "not saved", On: dir, Next: "look at the directory's permissions and at the disk"}).Because(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return refuse(err)
	}
	stem := filepath.Join(dir, time.Now().Format("20060102-150405-")+fileName(name))
	for i := 1; ; i++ {
		path := stem + ".txt"
		if i > 1 {
			path = fmt.Sprintf("%s-%d.txt", stem, i)
		}
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- made of letters and digits below
		if os.IsExist(err) && i < 1000 {
			continue
		}
		if err != nil {
			return refuse(err)
		}
		_, err = file.WriteString(d.secrets.Redact(text))
		if later := file.Close(); err == nil {
			err = later
		}
		if err != nil {
			return refuse(err)
		}
		return path, nil
	}
}

// fileName is a name of letters, digits and dashes.
func fileName(s string) string {
	plain := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return strings.Join(plain, "-")
}
