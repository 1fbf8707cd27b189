package desk

import (
	"encoding/json"
	"os"

	"github.com/vmtui/vmtui/keys/fault"
)

// readKept reads what keep wrote; what was never kept stays empty.
func readKept(path string, into any) error {
	b, err := os.ReadFile(path) // #nosec G304 -- in the state directory
	if os.IsNotExist(err) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		return (&fault.Error{What: "the remembered lines cannot be read", On: path, Next: "mend the file or remove it"}).Because(err)
	}
	return nil
}

// keep writes a file of the state directory that only its owner can read, whole or not at all. Of two consoles the last one to write wins.
func keep(path string, what any) error {
	b, err := json.MarshalIndent(what, "", " ")
	if err != nil {
		return err
	}
	fresh := path + ".new"
	if err = os.WriteFile(fresh, b, 0o600); err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		return (&fault.Error{What: "the line was not remembered", On: path, Next: "look at the directory's permissions and at the disk"}).Because(err)
	}
	return nil
}
