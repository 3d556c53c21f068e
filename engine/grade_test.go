package engine

import "testing"

// A need takes its grade or better; where it names several, the first or better, or
// exactly one of the others.
func TestGrades_R49(t *testing.T) {
	all := []Grade{NoGrade, Pending, Live, Carried, Fresh, Reset}
	for _, test := range []struct {
		need []Grade
		take []Grade
	}{
		{[]Grade{Pending}, []Grade{Pending, Live, Carried, Fresh}},
		{[]Grade{Live}, []Grade{Live, Carried, Fresh}},
		{[]Grade{Carried}, []Grade{Carried, Fresh}},
		{[]Grade{Fresh}, []Grade{Fresh}},
		{[]Grade{Reset}, []Grade{Reset}},
		{[]Grade{Fresh, Reset}, []Grade{Fresh, Reset}},
		{[]Grade{Fresh, Pending}, []Grade{Pending, Fresh}},
		{[]Grade{Carried, Pending}, []Grade{Pending, Carried, Fresh}},
	} {
		for _, g := range all {
			want := false
			for _, taken := range test.take {
				want = want || taken == g
			}
			if got := g.meetsOne(test.need); got != want {
				t.Errorf("%s for %s: got %t, want %t", g, gradesText(test.need), got, want)
			}
		}
	}
}
