package tootctl

// Asking says what a command that asks will ask and do in a version, "" for one that asks nothing.
func (c *Call) Asking(v Version) string {
	switch c.Command.Name() {
	case "self-destruct":
		said := "it asks for the domain, and then whether you are sure, where anything but n or no goes on"
		if v.before(Version{4, 3, 0}) {
			return said + "; then it begins at once"
		}
		return said + "; then it only prints a variable: the destruction begins when that is in the environment"
	case "maintenance fix-duplicates":
		said := "it asks whether to continue, and which of two local accounts of one name stays; killed on its way it leaves unique indexes dropped until it is run again"
		if v.before(Version{4, 4, 0}) {
			return said
		}
		return "it first asks whether to continue though the schema is newer than it knows; " + said
	}
	return ""
}
