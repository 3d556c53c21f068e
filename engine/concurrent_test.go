package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/latchwork/latchwork/engine"
)

const everyForm = `version: 1
flow: f
endpoints:
  - {method: POST, path: /f, require: none}
input:
  id: {type: string}
  n: {type: integer}
nodes:
  - id: even
    use: if
    with:
      when: ${{ input.n % 2 == 0 }}
    next: {else: odd}
  - id: x
    use: set
    with:
      text: even ${{ input.id }}
    next: {set: m}
  - id: odd
    use: thing.get
    with:
      id: ${{ input.id }}
    next: {other: failed, error: failed}
  - id: m
    use: merge
    with:
      text: ["${{ x.text }}", "${{ odd.id }}"]
  - id: said
    use: echo
    with:
      text: ${{ upper(m.text) }}
      word: ${{ m.text }}
  - id: ok
    use: respond
    with:
      body: ${{ said.text }}
  - id: failed
    use: fail
    with:
      status: 400
      code: failed
      message: Not ${{ input.id }}.
`

// Runs of one program that go on at the same time see nothing of one another.
func TestConcurrentRuns(t *testing.T) {
	p := compileOne(t, languageTypes(t), everyForm)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			var a engine.Answer
			for n := range 200 {
				id := fmt.Sprintf("u%dx%d", worker, n)
				status, want := 200, fmt.Sprintf("%q", strings.ToUpper(id)+" "+id+" ")
				switch n % 4 {
				case 0, 2:
					want = fmt.Sprintf("%q", "EVEN "+strings.ToUpper(id)+" even "+id+" ")
				case 3:
					id = []string{"other", "teapot", "panic", "broken"}[n/4%4]
					status, want = 400, `{"errors":[{"origin":"client_error","code":"failed","message":"Not `+id+`."}]}`
				}
				a.Reset()
				p.Run(context.Background(), &engine.Request{Source: body{"id": id, "n": n}}, &a)
				if got := string(a.Body); a.Status != status || got != want {
					t.Errorf("%s %d: got %d %s, want %d %s", id, n, a.Status, got, status, want)
				}
			}
		})
	}
	wg.Wait()
}
