package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/answer"
	"github.com/latchwork/latchwork/nodes/challenge"
	"github.com/latchwork/latchwork/nodes/factor"
	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/nodes/letter"
	"github.com/latchwork/latchwork/nodes/limit"
	"github.com/latchwork/latchwork/nodes/otp"
	"github.com/latchwork/latchwork/nodes/outbound"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/provider"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/standard"
	"github.com/latchwork/latchwork/nodes/token"
	"github.com/latchwork/latchwork/runtime/sqlite"
)

// backend is the open stores of an application, and what works on them.
type backend struct {
	db       *sqlite.DB
	sessions *session.Manager
	keys     *key.Manager
	hasher   *password.Argon2id
	pool     *password.Pool
	log      *slog.Logger
	pages    *answer.Pages
	letters  *letter.Templates
	worker   *outbox.Worker
	tokens   *token.Manager
	codes    *otp.Manager
	factors  *factor.Manager
	deps     standard.Deps
	listed   outbound.Listed // servers that flows may call

	background context.Context    // of what works in the background
	stop       context.CancelFunc // ends it
	running    sync.WaitGroup
}

// openBackend opens the stores of an application and starts what works in the
// background. The caller closes it.
func openBackend(ctx context.Context, a *application, log *slog.Logger) (b *backend, err error) {
	hasher, err := a.config.Password.Argon2id()
	if err != nil {
		return nil, err
	}
	allowed, err := origins(a.config)
	if err != nil {
		return nil, err
	}
	pages, err := answer.NewPages(os.DirFS(a.dir))
	if err != nil {
		return nil, err
	}
	letters, err := letter.NewTemplates(os.DirFS(a.dir), a.config.ParamsOf)
	if err != nil {
		return nil, err
	}
	if err := a.prepareDatabase(); err != nil {
		return nil, err
	}
	pool := password.NewPool(password.PoolConfig{})
	db, err := sqlite.Open(ctx, a.database, sqlite.Config{SessionCache: a.config.Store.SessionCache, Congested: pool.Congested})
	if err != nil {
		return nil, err
	}
	sealing, err := a.sealKey(db.Path())
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	main := a.config.For(engine.MainRealm)
	second := &factor.Manager{
		Store: db.Factors(), Users: db.Users(), Key: sealing, Tries: password.NewMemoryTries(factor.Tries),
		Issuer: issuer(a.config),
	}
	sessions := &session.Manager{Store: db.Sessions(), Config: main.Session, Realms: map[string]*session.Config{}, Factors: second}
	b = &backend{
		db:       db,
		sessions: sessions,
		tokens:   &token.Manager{Store: db.Tokens(), Sessions: sessions},
		factors:  second,
		keys:     &key.Manager{Store: db.Keys(), Config: main.Keys, Realms: map[string]*key.Config{}},
		codes: &otp.Manager{
			Store: db.Codes(), Users: db.Users(), Key: sealing, Tries: password.NewMemoryTries(password.TriesConfig{}),
		},
		hasher:  hasher,
		pool:    pool,
		log:     log,
		pages:   pages,
		letters: letters,
	}
	b.listed.Set(a.config.Outbound)
	b.deps = standard.Deps{
		Users:     db.Users(),
		Passwords: db.Passwords(),
		Sessions:  b.sessions,
		Keys:      b.keys,
		Tokens:    b.tokens,
		Codes:     b.codes,
		Providers: &provider.Manager{
			Store: db.Logins(), Identities: db.Identities(), Users: db.Users(), Providers: providers(a.config), PublicURL: a.config.BaseURL, Log: log,
		},

		Factors:    second,
		Challenges: &challenge.Manager{Store: db.Challenges(), Factors: second},

		Intake: password.Intake{
			Policy:  main.Password.Policy(),
			Hasher:  password.Pooled{Hasher: hasher, Pool: b.pool},
			Service: service(main),
			Realms:  map[string]password.Rules{},
		},
		Tries:       password.NewMemoryTries(password.TriesConfig{}),
		Limits:      limit.NewMemory(0),
		Outbox:      db.Outbox(),
		Key:         sealing,
		Outbound:    outbound.Config{}.ClientOf(&b.listed),
		Origins:     allowed,
		Clients:     clients(a.config),
		Pages:       pages,
		FormTargets: a.config.Origins,
		Log:         log,
	}
	b.addRealms(a.config)
	b.worker = b.delivery(a)
	b.start()
	return b, nil
}

// start starts the hash workers and the writers of last uses, and looks at the
// hashes that are stored.
func (b *backend) start() {
	ctx, stop := context.WithCancel(context.Background())
	b.background, b.stop = ctx, stop
	report := func(err error) { b.log.Error("last uses not written", "error", err) }
	b.running.Go(func() { b.sessions.Run(ctx, report) })
	b.running.Go(func() { b.keys.Run(ctx, report) })
	b.running.Go(func() {
		samples, err := b.db.SampleHashes(ctx)
		if err != nil && ctx.Err() == nil {
			b.log.Error("password hashes not looked at", "error", err)
		}
		b.cover(samples...)
	})
	b.running.Go(func() { b.sweep(ctx) })
	b.pool.Start()
}

// Sessions that are over open nothing; they are kept for a day, and then make
// room.
const (
	sweepEvery = time.Hour
	keptAfter  = 24 * time.Hour
)

// sweep removes sessions that are long over, and tokens, codes, challenges and sign-ins
// by providers that are over, until ctx ends.
func (b *backend) sweep(ctx context.Context) {
	rows := []struct {
		what string
		kept time.Duration // after the end
		of   func(ctx context.Context, before engine.Instant) (int, error)
	}{
		{"sessions", keptAfter, b.db.Sweep},
		{"tokens", 0, b.db.SweepTokens}, // nobody asks what became of one
		{"codes", 0, b.db.SweepCodes},
		{"challenges", 0, b.db.SweepChallenges},
	}
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			for _, r := range rows {
				if _, err := r.of(ctx, engine.InstantOf(now.Add(-r.kept))); err != nil && ctx.Err() == nil {
					b.log.Error("old "+r.what+" not removed", "error", err)
				}
			}
			if _, err := b.db.SweepLogins(ctx, engine.InstantOf(now)); err != nil && ctx.Err() == nil {
				b.log.Error("old sign-ins by providers not removed", "error", err)
			}
		}
	}
}

// cover hides the work of checking foreign hashes, so that the time of an answer
// does not tell who has one.
func (b *backend) cover(samples ...string) {
	if err := b.hasher.Cover(samples...); err != nil {
		b.log.Warn("the time of checking some imported password hashes cannot be hidden", "error", err)
	}
}

// close ends what works in the background, writes down what it holds, and gives
// the database free. No run may be under way.
func (b *backend) close() error {
	b.pool.Close()
	b.stop()
	b.running.Wait()
	return b.db.Close()
}

// describe says what to do about an error of opening a database.
func describe(err error) error {
	if errors.Is(err, sqlite.ErrLocked) {
		return fmt.Errorf("%w, such as a server that runs already; stop it first", err)
	}
	return err
}
