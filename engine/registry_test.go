package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
)

type none = engine.Outcome[engine.None]

type id struct {
	ID string `flow:"id"`
}

func define[In, Out any](name string, options ...engine.Option) engine.NodeType {
	return engine.Define(name, "A test.", func(context.Context, In, Out) (engine.Exit, error) { return engine.Exit{}, nil }, options...)
}

// TestContradictions: a type whose tags contradict each other is refused, and
// with it each way by which a node from outside could claim what it must not.
func TestContradictions(t *testing.T) {
	type empty struct{}
	type done struct {
		Done none `flow:"done"`
	}
	for _, c := range []struct {
		name string
		typ  engine.NodeType
		want string
	}{
		{"a proof without evidence", define[struct {
			UserID string `flow:"userId"`
		}, struct {
			Ok none `flow:"ok" proves:"with.userId" factor:"x"`
		}]("x.y"), "an input must be evidence"},
		{"a proof of something unknown", define[struct {
			Code engine.Secret `flow:"code,evidence"`
		}, struct {
			Ok none `flow:"ok" proves:"with.userId" factor:"x"`
		}]("x.y"), "neither an input (with.x) nor one of its outputs"},
		{"a proof without a factor", define[struct {
			Code engine.Secret `flow:"code,evidence"`
		}, struct {
			Ok engine.Outcome[id] `flow:"ok" proves:"id"`
		}]("x.y"), "must name the factor"},
		{"R-26 a proof that somebody stands in", define[struct {
			Code engine.Secret `flow:"code,evidence"`
		}, struct {
			Ok engine.Outcome[id] `flow:"ok" proves:"id" factor:"delegated"`
		}]("x.y"), "no factor that a node can check"},
		{"a proof of an address", define[struct {
			Code engine.Secret `flow:"code,evidence"`
		}, struct {
			Ok engine.Outcome[id] `flow:"ok" proves:"id" subject:"address" factor:"x"`
		}]("x.y"), "only standard types prove addresses"},
		{"a proof of another grade", define[struct {
			Code engine.Secret `flow:"code,evidence"`
		}, struct {
			Ok engine.Outcome[id] `flow:"ok" proves:"id" factor:"x" grade:"reset"`
		}]("x.y"), "only standard types prove at another grade"},
		{"a choice of something unknown", define[empty, done]("x.y", engine.AtLeastOne("a")), "between optional inputs, which a is not"},
		{"a check of something unknown", define[empty, done]("x.y", engine.Checks("a", nil)), "it checks the input a, which is none that takes text"},
		{"a check of a number", define[struct {
			A int `flow:"a"`
		}, done]("x.y", engine.Checks("a", nil)), "it checks the input a, which is none that takes text"},
		{"a choice of what is needed", define[struct {
			A string `flow:"a"`
		}, done]("x.y", engine.ExactlyOne("a")), "between optional inputs, which a is not"},
		{"failing by a success", define[empty, done]("x.y", engine.MayFail(engine.Fail(200, "fine", ""))), "from 400 to 599 and a code"},
		{"failing for something unknown", define[empty, done]("x.y", engine.MayFailFor("a", engine.Fail(400, "bad", ""))), "the input a, which it does not have"},
		{"reading the request", define[empty, done]("x.y", engine.ReadsRequest), "only standard types read credentials"},
		{"answering", define[empty, empty]("x.y", engine.Answers), "only standard types answer"},
		{"a verified address", define[empty, struct {
			Ok engine.Outcome[struct {
				Address verified `flow:"address"`
			}] `flow:"ok"`
		}]("x.y"), "only standard types make verified"},
		{"notFound without a word", define[empty, struct {
			Done     none `flow:"done"`
			NotFound none `flow:"notFound"`
		}]("x.y"), "tells of accounts or is silent"},
		{"tells and silent", define[empty, done]("x.y", engine.Tells, engine.Silent), "not both"},
		{"evidence that is trusted", define[struct {
			Code engine.Secret `flow:"code,evidence,trusted"`
		}, done]("x.y"), "cannot be evidence"},
		{"a secret that is no Secret", define[struct {
			Code string `flow:"code" secret:"typed"`
		}, done]("x.y"), "must be a Secret"},
		{"a Secret that takes nothing", define[struct {
			Code engine.Secret `flow:"code"`
		}, done]("x.y"), "must name the kinds"},
		{"a Secret that is given as no secret", define[empty, struct {
			Ok engine.Outcome[struct {
				Token engine.Secret `flow:"token"`
			}] `flow:"ok"`
		}]("x.y"), "output token is a Secret"},
		{"a Secret deep in the outputs", define[empty, struct {
			Ok engine.Outcome[struct {
				Users map[string][]struct {
					Token *engine.Secret `flow:"token,optional"`
				} `flow:"users"`
			}] `flow:"ok"`
		}]("x.y"), "output token is a Secret"},
		{"a secret among the details of an error", define[struct {
			Code engine.Secret `flow:"code" secret:"typed"`
		}, struct {
			Bad engine.Outcome[struct {
				Why string `flow:"why"`
			}] `flow:"bad" fails:"400 bad Bad."`
		}]("x.y"), "so why cannot be a secret, or made of one"},
		{"a minted secret among the details of an error", define[empty, struct {
			Bad engine.Outcome[struct {
				Token engine.Secret `flow:"token" secret:"minted"`
			}] `flow:"bad" public:"" fails:"400 bad Bad."`
		}]("x.y"), "so token cannot be a secret, or made of one"},
		{"optional that cannot be absent", define[struct {
			N int `flow:"n,optional"`
		}, done]("x.y"), "so that it can be absent"},
		{"a function in the outputs", define[empty, struct {
			Ok engine.Outcome[struct {
				F func() `flow:"f"`
			}] `flow:"ok"`
		}]("x.y"), "not plain data"},
		{"same of nothing", define[empty, struct {
			Ok engine.Outcome[id] `flow:"ok" same:"id=with.userId"`
		}]("x.y"), "same takes output=with.input"},
		{"an outcome named error", define[empty, struct {
			Error none `flow:"error"`
		}]("x.y"), "a name of its own"},
		{"no outcome", define[empty, empty]("x.y"), "at least one outcome"},
		{"a name of the language", define[empty, done]("merge"), "group.verb"},
		{"a bad closed default", define[empty, struct {
			Done none `flow:"done"`
			No   none `flow:"no" fails:"200 fine"`
		}]("x.y"), "a status from 400 to 599"},
		{"discloses without an effect", define[empty, struct {
			Done  none `flow:"done"`
			Taken none `flow:"taken" discloses:""`
		}]("x.y"), "must have an effect"},
		{"credentials that go to nobody", define[struct {
			Code engine.Secret `flow:"code" secret:"minted" credential:"with.userId"`
		}, done]("x.y"), "takes credentials of"},
		{"credentials of what callers type", define[struct {
			UserID string        `flow:"userId"`
			Code   engine.Secret `flow:"code" secret:"typed" credential:"with.userId"`
		}, done]("x.y"), "takes credentials of"},
		{"purposes by an expression", define[struct {
			Purpose string `flow:"purpose" format:"purpose"`
		}, done]("x.y"), "must be literal"},
		{"a default of another type", define[struct {
			From int `flow:"from" default:"x"`
		}, done]("x.y"), `the default "x" is no value`},
		{"a default that is none of the values", define[struct {
			Zone string `flow:"zone" enum:"A,B" default:"UTC"`
		}, done]("x.y"), `the default "UTC" is no value`},
		{"a field that is not exported", define[struct {
			from int `flow:"from"`
		}, done]("x.y"), "not exported"},
		{"a field without a tag", define[struct {
			From int
		}, done]("x.y"), "field From has no tag flow"},
		{"a time of Go", define[struct {
			Since time.Time `flow:"since"`
		}, done]("x.y"), "an engine.Instant"},
		{"made by nobody", engine.NodeType{}, "made by Define"},
		{"a name of a sub-flow", define[empty, done]("flow.x"), "group.verb"},
		{"a name that is none", define[empty, done]("X y"), "group.verb"},
		{"without a doc", engine.Define("x.y", "", func(context.Context, empty, done) (engine.Exit, error) { return engine.Exit{}, nil }), "a doc is needed"},
		{"a need of a number", define[struct {
			User int `flow:"user" needs:"session"`
		}, done]("x.y"), "must be a string"},
		{"literal evidence", define[struct {
			Code engine.Secret `flow:"code,evidence,literal"`
		}, done]("x.y"), "is literal"},
		{"a literal that needs a proof", define[struct {
			UserID string `flow:"userId,literal" needs:"session"`
		}, done]("x.y"), "is literal"},
		{"a proof of what is no user and no verified type", define[struct {
			Count int `flow:"count" needs:"session"`
		}, done]("x.y"), "needs a proof"},
		{"a verified type as a user", define[struct {
			Held verified `flow:"held" needs:"fresh"`
		}, done]("x.y"), "needs a proof"},
		{"a text as an address", define[struct {
			Held string `flow:"held" needs:"fresh" subject:"address"`
		}, done]("x.y"), "needs a proof"},
		{"the grade of what needs no proof", define[struct {
			Held string `flow:"held,evidence"`
		}, struct {
			Found engine.Outcome[engine.None] `flow:"found" proves:"with.held" grade:"with.held" factor:"x"`
		}]("x.y"), "grade names an input"},
		{"credentials that go to no input", define[struct {
			UserID string        `flow:"userId"`
			Code   engine.Secret `flow:"code" secret:"minted" credential:"userId"`
		}, done]("x.y"), "takes credentials of"},
		{"a proof without evidence, reading the request", define[empty, struct {
			Ok engine.Outcome[id] `flow:"ok" proves:"id" factor:"x"`
		}]("x.y", engine.ReadsRequest), "an input must be evidence"},
		{"a proof of no output", define[struct {
			Code engine.Secret `flow:"code,evidence"`
		}, struct {
			Ok none `flow:"ok" proves:"id" factor:"x"`
		}]("x.y"), "neither an input (with.x) nor one of its outputs"},
		{"a proof by a session", define[struct {
			Code engine.Secret `flow:"code,evidence"`
		}, struct {
			Ok engine.Outcome[id] `flow:"ok" proves:"id" factor:"x" session:"id"`
		}]("x.y"), "session names the output"},
		{"outputs that are no struct", define[empty, struct {
			Ok engine.Outcome[string] `flow:"ok"`
		}]("x.y"), "must carry a struct"},
		{"a credential of nobody", define[empty, struct {
			Ok engine.Outcome[struct {
				Token engine.Secret `flow:"token" secret:"minted" credential:"with.userId"`
			}] `flow:"ok"`
		}]("x.y"), "which is no input"},
		{"a credential of no input", define[struct {
			UserID string `flow:"userId"`
		}, struct {
			Ok engine.Outcome[struct {
				Token engine.Secret `flow:"token" secret:"minted" credential:"userId"`
			}] `flow:"ok"`
		}]("x.y"), "which is no input"},
		{"outputs that contain themselves", define[empty, struct {
			Ok engine.Outcome[node] `flow:"ok"`
		}]("x.y"), "contains itself"},
		{"keys that are no text", define[empty, struct {
			Ok engine.Outcome[struct {
				ByAge map[int]string `flow:"byAge"`
			}] `flow:"ok"`
		}]("x.y"), "text as its keys"},
		{"a field without a name deep in the outputs", define[empty, struct {
			Ok engine.Outcome[struct {
				Part struct{ Hidden string } `flow:"part"`
			}] `flow:"ok"`
		}]("x.y"), "has no flow tag"},
		{"something with methods in the outputs", define[empty, struct {
			Ok engine.Outcome[struct {
				Err error `flow:"err"`
			}] `flow:"ok"`
		}]("x.y"), "not plain data"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r engine.Registry
			err := r.Add(c.typ)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

type verified struct{ engine.Verified }

// TestNameTaken: nobody replaces a type that is there.
func TestNameTaken(t *testing.T) {
	r := types(t)
	type done struct {
		Done none `flow:"done"`
	}
	if err := r.Add(define[struct{}, done]("session.create")); err == nil {
		t.Error("got no error, want that the name is taken")
	}
}

// node is a struct that no output may be.
type node struct {
	Parts []node `flow:"parts"`
}

// TestStandardContradictions: the standard types may do more, and are held to the
// rest.
func TestStandardContradictions(t *testing.T) {
	type empty struct{}
	for _, c := range []struct {
		name string
		typ  engine.NodeType
		want string
	}{
		{"a proof without evidence", define[empty, struct {
			Ok engine.Outcome[id] `flow:"ok" proves:"id" factor:"x"`
		}]("x.y"), "an input must be evidence"},
		{"a session of no proof", define[empty, struct {
			Ok engine.Outcome[id] `flow:"ok" session:"id"`
		}]("x.y"), "session names the output"},
		{"a session that is no output", define[empty, struct {
			Ok engine.Outcome[id] `flow:"ok" proves:"id" grade:"session" session:"sessionId"`
		}]("x.y", engine.ReadsRequest), "session names the output"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r engine.Registry
			err := r.AddStandard(c.typ)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}
