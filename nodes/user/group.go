package user

import (
	"context"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/engine"
)

type groupWith struct {
	UserID string   `flow:"userId" needs:"session" doc:"The user to change."`
	Groups []string `flow:"groups,trusted" doc:"Keys of access groups."`
}

type groupOutcomes struct {
	Changed engine.Outcome[engine.None] `flow:"changed" doc:"It is so, whatever it was before."`
}

func groupNode(store Store, name, doc string, change func(keys []string) Change) engine.NodeType {
	return engine.Define(name, doc,
		func(ctx context.Context, in groupWith, out groupOutcomes) (engine.Exit, error) {
			if err := checkGroups(in.Groups); err != nil {
				return engine.Exit{}, err
			}
			_, err := store.Update(ctx, engine.Realm(ctx), in.UserID, change(groupKeys(in.Groups)), engine.Now(ctx))
			if err != nil {
				return engine.Exit{}, known(err)
			}
			return out.Changed.Exit(engine.None{}), nil
		},
		engine.Effect, engine.MayFail(failUnknown),
		engine.Example(`
- id: changed
  use: `+name+`
  allow: {unproved: Staff look after access groups.}
  with:
    userId: ${{ input.userId }}
    groups: [staff]
- id: ok
  use: respond
  with:
    status: 204
`))
}

// checkGroups refuses keys that could not be told from none.
func checkGroups(keys []string) error {
	if slices.ContainsFunc(keys, func(key string) bool { return strings.TrimSpace(key) == "" }) {
		return invalid("groups", "The key of an access group is empty.")
	}
	return nil
}

// groupKeys are access groups, sorted and each once, never nil.
func groupKeys(keys []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(append([]string{}, keys...))))
}
