package engine

// FormDocs describe the forms of the language, as node types are described: if,
// switch, set, merge and return.
func FormDocs() []TypeDoc {
	value := FieldDoc{Doc: "The condition: one whole expression.", Name: "when", GoType: anyType}
	chosen := FieldDoc{Doc: "What is compared with the cases under next.", Name: "value", GoType: anyType}
	return []TypeDoc{
		{Name: formIf, Doc: "Goes on by then where a condition holds, and by else where it does not.", Inputs: []FieldDoc{value},
			Outcomes: []OutcomeDoc{{Name: "then", Doc: "The condition holds."}, {Name: "else", Doc: "It does not hold."}}, Example: exampleIf},
		{Name: formSwitch, Doc: "Goes on by the case that equals a value; null and all others by default.", Inputs: []FieldDoc{chosen}, Example: exampleSwitch},
		{Name: formSet, Doc: "Gives names to values.", Outcomes: []OutcomeDoc{{Name: "set", Doc: "Always."}}, Example: exampleSet},
		{Name: formMerge, Doc: "Stands where ways meet: each field takes the one of its paths that is in reach on the way taken.",
			Outcomes: []OutcomeDoc{{Name: "merged", Doc: "Always."}}, Example: exampleMerge},
		{Name: formReturn, Doc: "Ends a flow that is used as a node, with an outcome and values.", Example: exampleReturn},
	}
}

// Nodes of a flow, as Example has them.
const (
	exampleIf = `
- id: named
  use: if
  with:
    when: ${{ input.name != '' }}
  next: {else: nameless}
- id: ok
  use: respond
  with:
    body:
      message: Welcome, ${{ input.name }}.
- id: nameless
  use: fail
  with:
    status: 400
    code: name_missing
    message: A name is needed.
`
	exampleSwitch = `
- id: language
  use: switch
  with:
    value: ${{ input.locale }}
  next: {de: german, default: english}
- id: german
  use: respond
  with:
    body:
      message: Willkommen.
- id: english
  use: respond
  with:
    body:
      message: Welcome.
`
	exampleSet = `
- id: greeting
  use: set
  with:
    text: Welcome, ${{ input.name }}.
- id: ok
  use: respond
  with:
    body:
      message: ${{ greeting.text }}
`
	exampleMerge = `
- id: named
  use: if
  with:
    when: ${{ input.name != '' }}
  next: {else: guest}
- id: person
  use: set
  with:
    name: ${{ input.name }}
  next: {set: somebody}
- id: guest
  use: set
  with:
    name: guest
- id: somebody
  use: merge
  with:
    name: ["${{ person.name }}", "${{ guest.name }}"]
- id: ok
  use: respond
  with:
    body:
      message: Welcome, ${{ somebody.name }}.
`
	exampleReturn = `
- id: done
  use: return
  with:
    outcome: greeted
    message: Welcome, ${{ input.name }}.
`
)
