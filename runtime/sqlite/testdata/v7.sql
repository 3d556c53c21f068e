INSERT INTO users (realm, id, status, groups, email, email_verified, phone, phone_verified, username, name, picture,
  provider, provider_user_id, sign_up_at, updated_at, last_login_at, slug, factors, data) VALUES
  ('main', '65536f000000000000000001', 'active', '["admin","staff"]', 'alice@example.com', 1, NULL, 0, 'alice', 'Alice',
   NULL, 'latchwork', '', 1700000000100, 1700000000200, 1700000000300, 'alice', '[]', '{"plan":"gold"}'),
  ('main', '65536f000000000000000002', 'disabled', '[]', NULL, 0, '+4930123456', 0, NULL, NULL,
   NULL, 'github', '42', 1700000000000, 1700000000000, 0, '', '[]', '{}');

INSERT INTO identifiers (realm, value, user_id) VALUES
  ('main', 'alice@example.com', '65536f000000000000000001'),
  ('main', 'alice', '65536f000000000000000001'),
  ('main', '+4930123456', '65536f000000000000000002');

INSERT INTO passwords (realm, user_id, hash) VALUES
  ('main', '65536f000000000000000001', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA');

INSERT INTO sessions (realm, hash, id, user_id, created, last_seen, idle_end, final_end, ip, user_agent, groups, factors,
  actor, note, data) VALUES
  ('main', CAST('0123456789abcdef0123456789ABCDEF' AS BLOB), '65536f0000000000000000a1', '65536f000000000000000001',
   1700000000300, 1700000000400, 1700600000400, 1702000000300, '192.0.2.1', 'Mozilla/5.0', '["desk"]', '["password"]',
   '', '', '{"cart":[1]}');

INSERT INTO keys (realm, hash, id, name, kind, owner, scopes, endpoints, created, expires, revoked, replaced, last_used)
  VALUES
  ('main', CAST('fedcba9876543210fedcba9876543210' AS BLOB), '65536f0000000000000000b1', 'app', 'private', '',
   '["users:read"]', '[]', 1700000000000, 1800000000000, 0, 0, 1700000000500);

INSERT INTO outbox (realm, kind, user_id, body, created, due, tries) VALUES
  ('main', 'mail', '65536f000000000000000001', '{"template":"password-changed"}', 1700000000200, 1700000000200, 0);

INSERT INTO codes (realm, binding, channel, address, purposes, mac, tries, created, expires) VALUES
  ('main', CAST('0123456789ABCDEF0123456789abcdef' AS BLOB), 'message', '+4930123456', '["sign-in"]',
   CAST('ABCDEF0123456789abcdef0123456789' AS BLOB), 1, 1700000000000, 1700000600000);

INSERT INTO users (realm, id, status, groups, email, email_verified, phone, phone_verified, username, name, picture,
  provider, provider_user_id, sign_up_at, updated_at, last_login_at, slug, factors, data) VALUES
  ('main', '65536f000000000000000003', 'active', '[]', 'carol@example.com', 1, NULL, 0, NULL, NULL,
   NULL, 'latchwork', '', 1700000000000, 1700000000000, 0, '', '["totp"]', '{}');

INSERT INTO authenticators (realm, user_id, state, secret, step, started) VALUES
  ('main', '65536f000000000000000003', 'enrolled', CAST('sealed' AS BLOB), 56666666, 1700000000000);

INSERT INTO recovery_codes (realm, user_id, mac) VALUES
  ('main', '65536f000000000000000003', CAST('0123456789abcdefABCDEF0123456789' AS BLOB));

INSERT INTO challenges (realm, hash, user_id, return_to, factors, ceiling, tries, created, expires) VALUES
  ('main', CAST('abcdef0123456789ABCDEF0123456789' AS BLOB), '65536f000000000000000001', '', '["password"]', 0, 1,
   1700000000000, 1700000300000);

INSERT INTO identities (realm, issuer, subject, user_id, provider, created) VALUES
  ('main', 'https://login.example.com', '77', '65536f000000000000000001', 'acme', 1700000000200);

INSERT INTO logins (realm, state, binding, provider, callback, return_to, expires) VALUES
  ('main', CAST('0123456789ABCDEF0123456789abcdef' AS BLOB), CAST('0123456789abcdef0123456789ABCDEF' AS BLOB), 'acme',
   'https://app.example.com/acme/callback', '/', 1700000600000);

INSERT INTO sessions (realm, hash, id, user_id, created, last_seen, idle_end, final_end, ip, user_agent, groups, factors,
  actor, note, data, family) VALUES
  ('main', CAST('abcdef0123456789abcdef0123456789' AS BLOB), '65536f0000000000000000a2', '65536f000000000000000003',
   1700000000300, 1700000000400, 1700600000400, 1702000000300, '192.0.2.1', 'Mozilla/5.0', '[]', '["password"]',
   '', '', '{}', '65536f0000000000000000a9');

INSERT INTO challenges (realm, hash, user_id, return_to, factors, ceiling, tries, created, expires, origin) VALUES
  ('main', CAST('0123456789abcdeF0123456789abcdeF' AS BLOB), '65536f000000000000000003', '/', '["password"]', 0, 0,
   1700000000000, 1700000300000, '65536f0000000000000000a2');
