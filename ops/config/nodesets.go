package config

import "github.com/vmtui/vmtui/ops/nodeset"

// NodeSets is what a set of nodes can name: every node, and a group for each role.
func (c *Config) NodeSets() nodeset.Fleet {
	fleet := nodeset.Fleet{Groups: map[string][]string{}}
	for _, n := range c.Nodes {
		fleet.Names = append(fleet.Names, n.Name)
		fleet.Groups[n.Role] = append(fleet.Groups[n.Role], n.Name)
	}
	return fleet
}
