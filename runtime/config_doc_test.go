package runtime

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestConfigTable locks the table of all settings in CONFIG.md, which is made from
// the JSON Schema. UPDATE=1 writes it anew.
func TestConfigTable(t *testing.T) {
	const begin, end = "<!-- settings -->\n", "<!-- end of settings -->\n"
	text, err := os.ReadFile("CONFIG.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	got, after, ended := strings.Cut(rest, end)
	if !ok || !ended {
		t.Fatal("CONFIG.md has no place for the table of settings")
	}
	want := settingsTable(schemaPaths(t))
	if want == got {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatalf("CONFIG.md has\n%swant\n%s", got, want)
	}
	if err := os.WriteFile("CONFIG.md", []byte(before+begin+want+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func settingsTable(paths map[string]map[string]any) string {
	var table strings.Builder
	table.WriteString("| setting | default | what it is |\n|---|---|---|\n")
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		s := paths[path]
		if s["properties"] != nil || s["description"] == nil {
			continue // a section, or what its name says
		}
		def := ""
		if s["default"] != nil {
			text, _ := json.Marshal(s["default"]) // it was read from JSON
			def = "`" + strings.Trim(string(text), `"`) + "`"
		}
		what := strings.ReplaceAll(fmt.Sprint(s["description"]), "|", `\|`) // which would end the cell
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", path, def, what)
	}
	return table.String()
}
