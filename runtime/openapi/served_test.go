package openapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/runtime"
	"github.com/latchwork/latchwork/runtime/openapi"
	"github.com/latchwork/latchwork/runtime/openapi/openapitest"
)

// bodies are values of answers, each in a form that has a schema of its own.
var bodies = []string{
	`a constant`,
	`null`,
	`[1, 2.5, true, null, {a: b}]`,
	`{list: [], map: {}, n: 1}`,
	`"${{ input.text }}"`,
	`"${{ input.word }}"`,
	`"${{ input.count }}"`,
	`"${{ input.many }}"`,
	`"${{ input.ratio }}"`,
	`"${{ input.data }}"`,
	`"${{ input.list }}"`,
	`"${{ input.closed }}"`,
	`"${{ input.closed?.a }}"`,
	`"${{ input.either }}"`,
	`"hello ${{ input.word }}"`,
	`"${{ input.text ?? 'nobody' }}"`,
	`"${{ input.text == nil }}"`,
	`"${{ input.count + 1 }}"`,
	`"${{ input.count / 0 }}"`,
	`"${{ input.ratio * 2 }}"`,
	`"${{ input.count > 3 ? 'many' : nil }}"`,
	`"${{ input.count > 3 ? {'a': 1} : [1, 'x'] }}"`,
	`"${{ {'a': input.text, 'b': input.data?.x?.y, 'c': now()} }}"`,
	`"${{ {'a': (input.data ?? {})['first-name']} }}"`,
	`"${{ map(input.list, # ?? 0) }}"`,
	`"${{ map(input.list, ({'it': #, 'n': input.count})) }}"`,
	`"${{ filter([1, 2, 3], # > 1) }}"`,
	`"${{ find([1, 2, 3], # > input.count) }}"`,
	`"${{ first(input.list) }}"`,
	`"${{ len(input.list) }}"`,
	`"${{ split(input.word, ',') }}"`,
	`"${{ split(input.word, ',')[0] }}"`,
	`"${{ assign({'a': 1}, {'b': input.word}) }}"`,
	`"${{ assign({'a': 1, 'b': 2}, {'b': input.text}) }}"`,
	`"${{ assign({'a': 1}, input.data ?? {}, {'b': input.word}) }}"`,
	`"${{ assign({'a': 1}, input.closed ?? {}) }}"`,
	`"${{ assign(input.count > 5 ? {'a': 1} : {'b': 1}, {'c': 2}) }}"`,
	`"${{ got.value }}"`,
	`"${{ got.same }}"`,
	`{got: "${{ got.both }}", more: "${{ {'x': got.both} }}"}`,
	`"${{ let x = input.text; x ?? 'none' }}"`,
	`"${{ let x = {'a': input.text}; x.a }}"`,
	`"${{ {'a': 1, 'b': [1, 2]}.b }}"`,
	`"${{ sort([3, 1, input.count]) }}"`,
	`"${{ upper(input.word) + '!' }}"`,
	`"${{ not (input.count > 3) }}"`,
	`"${{ sum([1, 2]) }}"`,
	`"${{ input.word[0:2] }}"`,
	`"${{ since('2020-01-01T00:00:00Z') }}"`,
	`"${{ request }}"`,
	`"${{ request.ip }}"`,
	`"${{ params.public }}"`,
	`"${{ params.public.list }}"`,
	`"${{ made.text }}"`,
	`"${{ made.sum }}"`,
	`"${{ made.both }}"`,
	`"${{ met.value }}"`,
	`"${{ met.number }}"`,
	`{met: "${{ met.value }}", text: "${{ made.text ?? 'x' }}"}`,
}

const served = `
-- app.yaml --
version: 1
params: {public: {name: Shop, list: [1, two]}}
errors:
  short:
    body: {error: {code: "${{ errors[0].code }}", all: "${{ map(errors, #.message) }}"}}
    status: {validation_error: 422, gone: 410}
-- part.yaml --
version: 1
flow: part
input:
  word: {type: string, enum: [word, "a,b"]}
  many: {type: string, optional: true}
nodes:
  - id: asked
    use: if
    with: {when: "${{ input.many == nil }}"}
    next: {else: named}
  - id: unnamed
    use: return
    with: {outcome: unnamed, value: none, same: "${{ input.word }}", both: {a: 1}}
  - id: named
    use: return
    with: {outcome: named, value: "${{ input.many }}", same: "${{ input.word }}", both: {b: "${{ input.many }}"}}
`

const servedFlow = `version: 1
flow: body%d
%s
endpoints:
  - {method: POST, path: /body%d, require: none}
input:
  text:   {type: string, maxLength: 20, optional: true}
  word:   {type: string, maxLength: 20, default: word}
  count:  {type: integer, minimum: 1, maximum: 10, default: 3}
  many:   {type: string, maxLength: 9, coerce: string, optional: true}
  ratio:  {type: number, default: 0.5}
  data:   {type: object, optional: true}
  list:   {type: array, items: {type: integer}, maxItems: 5, default: [1, 2]}
  closed: {type: object, optional: true, required: [a], properties: {a: {type: string}}, additionalProperties: false}
  either: {type: [string, integer, "null"], default: null}
nodes:
  - id: made
    use: set
    with:
      text: ${{ input.text }}
      sum: ${{ input.count + input.ratio }}
      both: {a: "${{ input.text }}", b: [1, "${{ input.count }}"]}
  - id: got
    use: flow.part
    with: {word: "${{ input.word }}", many: "${{ input.many }}"}
    next: {named: asked, unnamed: asked}
  - id: asked
    use: if
    with: {when: "${{ input.count > 5 }}"}
    next: {else: few}
  - id: lots
    use: set
    with: {value: lots, number: "${{ input.ratio }}"}
    next: {set: met}
  - id: few
    use: set
    with: {value: "${{ input.text }}", number: 1}
  - id: met
    use: merge
    with:
      value: ["${{ lots.value }}", "${{ few.value }}"]
      number: ["${{ lots.number }}", "${{ few.number }}"]
  - id: enough
    use: if
    with: {when: "${{ input.count == 10 }}"}
    next: {else: ok}
  - id: gone
    use: fail
    with: {status: 409, code: gone, message: Too many.}
  - id: ok
    use: respond
    with:
      body: %s
`

// TestServedAnswers asks servers of all kinds of bodies for answers, and finds each
// in the document.
func TestServedAnswers(t *testing.T) {
	a := txtar.Parse([]byte(served))
	for i, body := range bodies {
		shape := ""
		if i%2 == 1 {
			shape = "errors: short"
		}
		source := fmt.Appendf(nil, servedFlow, i, shape, i, body)
		a.Files = append(a.Files, txtar.File{Name: fmt.Sprintf("body%d.yaml", i), Data: source})
	}
	config, set := read(t, a)
	server := runtime.New(runtime.Deps{Config: config, Compiler: compiler(t),
		Load: func() (*engine.App, []*flows.Flow, flows.Diagnostics) { return config.App(), set, nil }})
	if diags := server.Reload(); len(diags) > 0 {
		t.Fatal(diags)
	}
	out, err := openapi.New("app", config, server.Programs()).JSON()
	if err != nil {
		t.Fatal(err)
	}
	document := openapitest.Valid(t, out)
	statuses := map[int]int{}
	for i := range bodies {
		for _, sent := range []string{
			``,
			`{"text":"Ada","word":"a,b","count":7,"many":4,"ratio":2,"data":{"x":{"y":[1]}},"list":[5],"closed":{"a":"b"},"either":4}`,
			`{"count":6,"data":{},"list":[],"either":"x"}`,
			`{"count":10}`,
			`{"count":"x","list":["a"]}`,
			`{"closed":{"b":1}}`,
			`[]`,
			`{`,
		} {
			r := httptest.NewRequest("POST", fmt.Sprintf("/body%d", i), strings.NewReader(sent))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			server.ServeHTTP(w, r)
			openapitest.Answer(t, document, "POST", r.URL.Path, w.Code, w.Header().Get("Content-Type"), w.Body.Bytes())
			statuses[w.Code]++
		}
	}
	for _, status := range []int{http.StatusOK, http.StatusBadRequest, http.StatusConflict, http.StatusGone, http.StatusUnprocessableEntity} {
		if statuses[status] == 0 {
			t.Errorf("got no answer with %d", status)
		}
	}
}
