package engine

import "testing"

// A need takes its grade or better; where it names several, the first or better, or
// exactly one of the others.
func TestGrades_R49(t *testing.T) {
	all := []Grade{NoGrade, mixed, Pending, Live, Carried, Fresh, Reset}
	for _, test := range []struct {
		need []Grade
		take []Grade
	}{
		{[]Grade{Pending}, []Grade{mixed, Pending, Live, Carried, Fresh}},
		{[]Grade{Live}, []Grade{Live, Carried, Fresh}},
		{[]Grade{Carried}, []Grade{Carried, Fresh}},
		{[]Grade{Fresh}, []Grade{Fresh}},
		{[]Grade{Reset}, []Grade{Reset}},
		{[]Grade{Fresh, Reset}, []Grade{Fresh, Reset}},
		{[]Grade{Fresh, Pending}, []Grade{Pending, Fresh}},
		{[]Grade{Carried, Pending}, []Grade{Pending, Carried, Fresh}},
		{[]Grade{Live, Pending}, []Grade{Pending, Live, Carried, Fresh}},
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

// Where ways meet, what is pending on one and more on another is neither.
func TestGradesThatMeet_R49(t *testing.T) {
	for _, test := range []struct{ a, b, want Grade }{
		{Pending, Pending, Pending}, {Pending, Live, mixed}, {Pending, Fresh, mixed}, {mixed, Pending, mixed}, {mixed, Fresh, mixed}, {mixed, mixed, mixed},
		{Live, Fresh, Live}, {Carried, Carried, Carried}, {Pending, Reset, NoGrade}, {mixed, Reset, NoGrade}, {Reset, Reset, Reset}, {NoGrade, Pending, NoGrade}, {NoGrade, mixed, NoGrade},
	} {
		if got := weaker(test.a, test.b); got != test.want {
			t.Errorf("%s and %s: got %s, want %s", test.a, test.b, got, test.want)
		}
		if got := weaker(test.b, test.a); got != test.want {
			t.Errorf("%s and %s: got %s, want %s", test.b, test.a, got, test.want)
		}
	}
	if gradeOf("pending") != Pending {
		t.Error("pending is another grade")
	}
}
