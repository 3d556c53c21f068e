package letter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	webhookPatience = 15 * time.Second
	webhookBody     = 4 << 10 // of an answer, of which nothing is read but its end
)

// Webhook is a Carrier that posts short messages to a URL, as {"to": …, "text": …}. An
// answer of 200 to 299 says that one was taken.
type Webhook struct {
	Config MessagesConfig
	Client *http.Client // nil means one of its own
}

// webhookClient follows no redirect, which could lead to where messages must not go.
var webhookClient = &http.Client{
	Timeout:       webhookPatience,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

type webhookMessage struct {
	To   string `json:"to"`
	Text string `json:"text"`
}

// Send is part of Carrier. Its errors do not have the URL, which may hold a secret.
func (w Webhook) Send(ctx context.Context, m Message) error {
	if err := w.Config.Validate(); err != nil {
		return fmt.Errorf("letter: %w", err)
	}
	text, err := json.Marshal(webhookMessage{m.To, m.Text})
	if err != nil {
		return fmt.Errorf("letter: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.Config.Webhook, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("letter: messages.webhook: %w", withoutURL(err))
	}
	r.Header.Set("Content-Type", "application/json")
	client := w.Client
	if client == nil {
		client = webhookClient
	}
	answer, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("letter: messages.webhook: %w", withoutURL(err))
	}
	defer answer.Body.Close()
	// Read to its end, the connection can be used again.
	_, _ = io.CopyN(io.Discard, answer.Body, webhookBody)
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("letter: messages.webhook answers %d", answer.StatusCode)
	}
	return nil
}

func withoutURL(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
