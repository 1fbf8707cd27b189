package theme

import "github.com/vmtui/vmtui/ops/config"

// grounds are a theme's two palettes, for the two grounds a terminal can have.
type grounds struct {
	about       string
	dark, light palette
}

// About is what a shipped theme is for, "" for one that does not ship.
func About(name string) string {
	if name == config.TerminalTheme {
		return "the terminal's own sixteen colours"
	}
	return shipped[name].about
}

// shipped are the themes everybody has. Every text colour keeps a contrast of at least 4.5 to 1 on the grounds that terminals have and on the
// selected row's, every line 3 to 1; contrast keeps 7 and 4.5. The test computes it.
var shipped = map[string]grounds{
	"harbour": {
		about: "blue and calm; it is on where nothing is said",
		dark: palette{
			text: "#c8d0e8", muted: "#969ebb", faint: "#616b92", off: "#989eb6",
			accent: "#82aaff", good: "#9ece6a", warn: "#e5b567", bad: "#ff7a8e", info: "#6cc7e8",
			border: "#5d69a0", ground: "#2b3352", onFill: "#14161f", button: "#353d5c", field: "#252b44",
		},
		light: palette{
			text: "#1f2328", muted: "#59636e", faint: "#848d97", off: "#5f6770",
			accent: "#0550ae", good: "#187533", warn: "#8a5a00", bad: "#c4212f", info: "#0b6e99",
			border: "#808d9c", ground: "#dbe9fb", onFill: "#ffffff", button: "#e4e8ed", field: "#eef1f5",
		},
	},
	"contrast": {
		about: "the strongest contrast, for glare and tired eyes",
		dark: palette{
			text: "#ffffff", muted: "#d4d4d4", faint: "#8c8c8c", off: "#bfbfbf",
			accent: "#7cd4ff", good: "#5dff7a", warn: "#ffd23f", bad: "#ffa7a7", info: "#7ff0e6",
			border: "#a8a8a8", ground: "#003355", onFill: "#000000", button: "#303030", field: "#202020",
		},
		light: palette{
			text: "#000000", muted: "#333333", faint: "#6e6e6e", off: "#484848",
			accent: "#003d99", good: "#004d14", warn: "#5c3a00", bad: "#950012", info: "#00475c",
			border: "#595959", ground: "#cfe4ff", onFill: "#ffffff", button: "#dcdcdc", field: "#ececec",
		},
	},
	"ember": {
		about: "warm and brown",
		dark: palette{
			text: "#ebdbb2", muted: "#bdae93", faint: "#84766b", off: "#b1a395",
			accent: "#fe9a45", good: "#b8bb26", warn: "#fabd2f", bad: "#fc8072", info: "#83b5a8",
			border: "#84766b", ground: "#45372b", onFill: "#1d1a17", button: "#4a3f35", field: "#332b25",
		},
		light: palette{
			text: "#3c2f25", muted: "#6b5a4a", faint: "#9a8976", off: "#716253",
			accent: "#a8460a", good: "#5f6b00", warn: "#8a5a00", bad: "#b3261e", info: "#2f6f66",
			border: "#9f8968", ground: "#f4e3c4", onFill: "#fffaf0", button: "#efe4d0", field: "#f5edde",
		},
	},
	"fjord": {
		about: "cool and quiet",
		dark: palette{
			text: "#e5e9f0", muted: "#a9b4c8", faint: "#6a7690", off: "#a7b1c2",
			accent: "#88c0d0", good: "#a3be8c", warn: "#ebcb8b", bad: "#e69ca4", info: "#8fb3e0",
			border: "#5f6c87", ground: "#33425c", onFill: "#1b222d", button: "#3b4860", field: "#2a3446",
		},
		light: palette{
			text: "#2e3440", muted: "#566176", faint: "#818da2", off: "#5d667b",
			accent: "#2a6a86", good: "#44702a", warn: "#855c00", bad: "#a93a46", info: "#3a62a0",
			border: "#7d8da5", ground: "#dce8f2", onFill: "#ffffff", button: "#e3e8ef", field: "#edf1f6",
		},
	},
	"signal": {
		about: "for every kind of colour vision: blue, yellow and orange instead of green and red",
		dark: palette{
			text: "#e6e6e6", muted: "#a8a8a8", faint: "#6c6c6c", off: "#a4a4a4",
			accent: "#d69ad6", good: "#56b4e9", warn: "#f0e442", bad: "#ff8a4c", info: "#4cc9a4",
			border: "#6c6c6c", ground: "#2f3a4a", onFill: "#101010", button: "#3a3a3a", field: "#2a2a2a",
		},
		light: palette{
			text: "#1a1a1a", muted: "#555555", faint: "#8c8c8c", off: "#676767",
			accent: "#8a3a78", good: "#005f9e", warn: "#7a6400", bad: "#af4500", info: "#00735a",
			border: "#8c8c8c", ground: "#dfeaf5", onFill: "#ffffff", button: "#e6e6e6", field: "#f0f0f0",
		},
	},
}
