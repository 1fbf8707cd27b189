package main

import (
	"errors"
	"path/filepath"
	"slices"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ui/root"
)

// doors are the instances whose configs lie beside this one.
func doors(path string) []root.Door {
	dir := filepath.Dir(path)
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil // the directory's own name is a pattern: there is this console, and no other
	}
	slices.Sort(files)
	var all []root.Door
	for _, file := range files {
		d := root.Door{Config: file, Instance: filepath.Base(file)}
		cfg, err := config.Load(file)
		var f *fault.Error
		switch {
		case err == nil:
			d.Instance = cfg.Instance
		case errors.As(err, &f):
			d.Why = f.On + ": " + f.Why
		default:
			d.Why = err.Error()
		}
		all = append(all, d)
	}
	return all
}
