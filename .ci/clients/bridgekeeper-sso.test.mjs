// First-party sign-on of npm @quintype/bridgekeeper-js, unmodified, across the hosts of a
// realm: one where users sign in, one site that the browser signs in to, and one server
// that redeems its codes itself. Another realm stands on the same server.
import assert from 'node:assert/strict'
import {createHash} from 'node:crypto'
import {writeFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {join} from 'node:path'
import {after, before, beforeEach, test} from 'node:test'
import {Browser} from './browser.mjs'
import {freePort, Server} from './server.mjs'
import {App} from './totp.mjs'

const password = 'correct horse battery'
const api = '/api/auth/v1'
const secret = 'a secret of a server, made by nobody but this test'
const original = globalThis.fetch
let server, port, browser, client, key, rivalKey, at

before(async () => {
  port = await freePort()
  server = new Server('bridgekeeper', text => text
    .replaceAll('8080', port)
    .replace('clients:\n', `clients:
  shop:
    secretHash: ${createHash('sha256').update(secret).digest('hex')}
    redirectUris: ['${at.shop}/signed-in']
  other:
    secretHash: ${createHash('sha256').update(secret + ' of another').digest('hex')}
    redirectUris: ['${at.shop}/other']
`)
    .replace('realms:\n', `realms:
  rival:
    hosts: [rival.localhost]
    params: {authUrl: '${at.rival}'}
    clients:
      rival: {redirectUris: ['${at.rival}${api}/oauth/token']}
      shop:
        secretHash: ${createHash('sha256').update(secret).digest('hex')}
        redirectUris: ['${at.shop}/signed-in']
`)
    .replace(`'magazine.localhost:${port}']`, `'magazine.localhost:${port}', 'shop.localhost:${port}']`), port)
  // A sign-in that goes on to another host, as that by a provider does.
  writeFileSync(join(server.folder, 'go-on.yaml'), `version: 1
flow: goOn
endpoints:
  - {method: POST, path: /go-on, require: none}
input:
  email:    {type: string, maxLength: 254}
  password: {type: string, maxLength: 1024, secret: true}
  to:       {type: string, maxLength: 2000}
nodes:
  - id: who
    use: flow.byPassword
    with: {name: "\${{ input.email }}", password: "\${{ input.password }}"}
    next: {failed: no}
  - id: go
    use: flow.signedInAt
    with: {userId: "\${{ who.user.id }}", to: "\${{ input.to }}"}
  - id: no
    use: fail
    with: {status: 401, code: no, message: No.}
`)
  key = server.key('backend')
  rivalKey = server.key('backend', '--realm', 'rival')
  await server.start()
  client = createRequire(import.meta.url)('@quintype/bridgekeeper-js')
})
after(() => {
  globalThis.fetch = original
  return server.stop()
})
beforeEach(() => open(new Browser(port), 'auth.localhost'))

// at are the origins of the hosts.
at = new Proxy({}, {get: (_, name) => `http://${name}.localhost:${port}`})

// open shows a page of a host in a browser, whose scripts run the client.
function open(which, host) {
  browser = which
  globalThis.fetch = browser.page(host)
}

let accounts = 0
async function signedIn() {
  const email = `ann${++accounts}@example.com`
  const {user} = await client.register({name: 'Ann', email, password})
  return {email, user}
}

const site = () => ({id: 'magazine', redirect: `${at.magazine}${api}/oauth/token`, callback: `${at.magazine}/news`})
const arrived = url => url.pathname === '/news' || url.pathname === '/signed-in' || url.pathname === '/login'
const onSite = () => browser.cookies('magazine.localhost')

async function me(host) {
  globalThis.fetch = browser.page(host)
  return (await client.currentUser()).user
}

test('who is signed in comes back to the site signed in', async () => {
  const {user} = await signedIn()
  const {id, redirect, callback} = site()
  globalThis.fetch = browser.page('magazine.localhost')
  const path = client.getOauthAuthorizeUrl(id, redirect, callback)
  for (const start of [at.auth, at.magazine]) {
    onSite().clear()
    const {url} = await browser.visit(start + path, {from: 'cross-site', stop: arrived})
    assert.equal(url.href, callback, browser.way.join('\n'))
    assert.equal((await me('magazine.localhost')).id, user.id)
    assert.equal(browser.way.some(step => step.includes('lws_')), false, 'no session in an address')
    assert.deepEqual([...onSite().keys()], ['qt-auth'])
  }
  const [, code] = browser.way.find(step => step.includes('code=')).match(/code=([^&]*)/)
  const last = new URL(browser.way.find(step => step.includes('code=')))
  assert.deepEqual([last.origin + last.pathname, [...last.searchParams.keys()]], [redirect, ['callback_uri', 'code']])
  assert.equal(server.log.join('\n').includes(code), false, 'no code in the log')
})

test('who is not signed in is sent to sign in, and a script goes on from there', async () => {
  const {id, redirect, callback} = site()
  const {url} = await browser.visit(at.magazine + client.getOauthAuthorizeUrl(id, redirect, callback), {stop: arrived})
  assert.equal(url.origin + url.pathname, `${at.auth}/login`)
  const asked = Object.fromEntries(url.searchParams)
  assert.deepEqual(asked, {client_id: id, redirect_uri: redirect, callback_uri: callback})
  const refused = await client.oauthAuthorize(id, redirect, callback, true)
  assert.deepEqual([refused.redirect_uri, typeof refused.error.message], [undefined, 'string'])
  const {user} = await signedIn()
  const {redirect_uri: next} = await client.oauthAuthorize(asked.client_id, asked.redirect_uri, asked.callback_uri, true)
  assert.ok(next.startsWith(`${redirect}?code=lwt_`), next)
  assert.equal(new URL(next).searchParams.get('callback_uri'), callback)
  assert.equal((await browser.visit(next, {from: 'cross-site', stop: arrived})).url.href, callback)
  assert.equal((await me('magazine.localhost')).id, user.id)
  onSite().clear()
  const again = await browser.visit(at.auth + client.getOauthAuthorizeUrl(id, redirect, callback), {stop: arrived})
  assert.equal(again.url.href, callback, 'the mark of before is not used again')
})

test('a script that begins at the sign-in host is sent by way of the site', async () => {
  await signedIn()
  const {id, redirect, callback} = site()
  const {redirect_uri: next} = await client.oauthAuthorize(id, redirect, callback, true)
  assert.ok(next.startsWith(`${at.magazine}${api}/oauth/start?`), next)
  assert.equal(next.includes('lwt_'), false)
  assert.equal((await browser.visit(next, {stop: arrived})).url.href, callback)
  assert.ok(onSite().get('qt-auth'))
})

test('auto-SSO signs in who is signed in, and tells of who is not', async () => {
  const {id, redirect, callback} = site()
  const begin = () => browser.visit(at.auth + client.getAutoSSOUrl(id, redirect, callback), {from: 'cross-site', stop: arrived})
  assert.equal((await begin()).url.href, `${callback}?logged_in=false`)
  assert.equal(onSite().get('qt-auth'), undefined)
  const {user} = await signedIn()
  assert.equal((await begin()).url.href, callback)
  assert.equal((await me('magazine.localhost')).id, user.id)
})

// A code of a browser, before it is redeemed.
async function codeOf(which = browser) {
  const {id, redirect, callback} = site()
  const stop = url => url.searchParams.has('code')
  const {url} = await which.visit(at.magazine + client.getOauthAuthorizeUrl(id, redirect, callback), {stop})
  return url
}

test('R-60, login CSRF: the code of one browser signs nobody in in another', async () => {
  await signedIn()
  const mine = await codeOf()
  const victim = new Browser(port)
  assert.equal((await victim.visit(mine, {from: 'cross-site'})).status, 400, 'a browser without a mark')
  await codeOf(victim).catch(() => {})
  await victim.visit(`${at.magazine}${api}/oauth/start?client_id=magazine&redirect_uri=x&callback_uri=y`, {stop: url => url.hostname === 'auth.localhost'})
  assert.ok(victim.cookies('magazine.localhost').get('__Host-qt-sso'))
  assert.equal((await victim.visit(mine, {from: 'cross-site'})).status, 401, 'a browser with a mark of its own')
  assert.equal(victim.cookies('magazine.localhost').get('qt-auth'), undefined)
})

test('A-31, R-20: a code is good once, and at its own host', async () => {
  await signedIn()
  const url = await codeOf()
  const elsewhere = new URL(url)
  elsewhere.hostname = 'auth.localhost'
  browser.cookies('auth.localhost').set('__Host-qt-sso', onSite().get('__Host-qt-sso'))
  assert.equal((await browser.visit(elsewhere)).status, 401)
  const mark = onSite().get('__Host-qt-sso')
  assert.equal((await browser.visit(url, {stop: arrived})).url.pathname, '/news')
  onSite().set('__Host-qt-sso', mark)
  assert.equal((await browser.visit(url)).status, 401)
})

test('R-54, A-38: a code goes to the own URIs of a client only, and a user to the realm only', async () => {
  await signedIn()
  const {id, redirect, callback} = site()
  for (const [who, to, then] of [
    ['nobody', redirect, callback], ['shop', redirect, callback], [id, `${redirect}/`, callback], [id, `${redirect}?x=1`, callback],
    [id, redirect.replace('magazine', 'evil'), callback], [id, redirect.toUpperCase(), callback], [id, `${redirect}/../evil`, callback],
    [id, redirect, 'https://evil.example/'], [id, redirect, '//evil.example'], [id, redirect, 'javascript:alert(1)'],
    [id, redirect, `${at.rival}/news`], ['rival', `${at.rival}${api}/oauth/token`, callback],
  ]) {
    for (const ajax of [false, true]) {
      const refused = await client.oauthAuthorize(who, to, then, ajax)
      assert.equal(refused.redirect_uri, undefined, `${who} ${to} ${then}`)
      assert.equal(typeof refused.error?.message, 'string', `${who} ${to} ${then}`)
    }
  }
})

// redeem asks as a server does, which has no cookies.
const redeem = (fields, headers = {'X-BK-AUTH': key}, host = 'auth.localhost') => new Browser(port).page(host)(`${api}/oauth/token`, {
  method: 'POST', headers: {'Content-Type': 'application/x-www-form-urlencoded', ...headers},
  body: new URLSearchParams({client_id: 'shop', client_secret: secret, grant_type: 'authorization_code', ...fields}),
})

test('a server redeems its code, and nobody else does', async () => {
  const {user} = await signedIn()
  const shop = ['shop', `${at.shop}/signed-in`, `${at.shop}/news`]
  const code = async () => {
    const {redirect_uri: url} = await client.oauthAuthorize(...shop, true)
    return new URL(url).searchParams.get('code')
  }
  const {url} = await browser.visit(at.auth + client.getOauthAuthorizeUrl(...shop), {from: 'cross-site', stop: arrived})
  assert.equal(url.origin + url.pathname, shop[1])
  const one = await code()
  for (const [what, fields, headers] of [
    ['without an API key', {code: one}, {}],
    ['with a wrong secret', {code: one, client_secret: 'x'}],
    ['without a secret', {code: one, client_secret: ''}],
    ['A-31 as another client', {code: one, client_id: 'other', client_secret: `${secret} of another`}],
    ['A-11 as a site, which has no secret', {code: one, client_id: 'magazine', client_secret: ''}],
    ['A-11 as nobody', {code: one, client_id: 'nobody'}],
    ['by another grant', {code: one, grant_type: 'password'}],
    ['with what is no code', {code: browser.cookies('auth.localhost').get('qt-auth')}],
  ]) {
    const refused = await redeem(fields, headers)
    assert.ok(refused.status >= 400 && refused.status < 500, what)
    assert.equal((await refused.text()).includes('lws_'), false, what)
  }
  const answer = await redeem({code: one})
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  const {access_token: token} = await answer.json()
  const asked = await browser.send(new URL(`${at.shop}${api}/users/me`), 'none', {headers: {'X-Qt-Auth': token}})
  assert.equal((await asked.json()).user.id, user.id)
  assert.equal((await redeem({code: one})).status, 401, 'A-30: once')
  // The browser cannot redeem it at the server's host.
  browser.cookies('shop.localhost').set('__Host-qt-sso', 'x')
  assert.equal((await browser.visit(`${at.shop}${api}/oauth/token?code=${await code()}&callback_uri=/`)).status, 401)
})

test('R-38: who signs out takes the codes along that were not redeemed', async () => {
  await signedIn()
  const url = await codeOf()
  globalThis.fetch = browser.page('auth.localhost')
  assert.equal((await client.logout()).status, 204)
  assert.equal((await browser.visit(url)).status, 401)
})

// goesOn takes the browser to the site, signed in, by a code.
async function goesOn() {
  const {id, redirect, callback} = site()
  const {url} = await browser.visit(at.magazine + client.getOauthAuthorizeUrl(id, redirect, callback), {stop: arrived})
  assert.equal(url.href, callback)
}

// comes does so by a one-time token, which a sign-in hands over.
async function comes(email) {
  browser.cookies('auth.localhost').clear()
  const token = (await ticket(email)).searchParams.get('access-token')
  const opened = await browser.page('magazine.localhost')(`${api}/sessions/access-token/validate?${new URLSearchParams({'access-token': token})}`)
  assert.equal(opened.status, 200)
}

test('R-38, A-28: who signs out does so on all hosts of the realm, and in this browser only', async () => {
  const hosts = ['auth.localhost', 'magazine.localhost']
  for (const way of [goesOn, comes]) {
    for (const [here, there] of [hosts, hosts.toReversed()]) {
      open(new Browser(port), 'auth.localhost')
      const {email, user} = await signedIn()
      await way(email)
      const first = browser
      open(new Browser(port), 'auth.localhost')
      await client.login({email, password})
      await goesOn()
      const second = browser
      browser = first
      for (const host of hosts) assert.equal((await me(host)).id, user.id)
      const token = browser.cookies(there).get('qt-auth')
      globalThis.fetch = browser.page(here)
      assert.equal((await client.logout()).status, 204)
      assert.equal(browser.cookies(here).has('qt-auth'), false)
      for (const host of hosts) assert.equal(await me(host), undefined, `${way.name}: signed out at ${here}, asked at ${host}`)
      const shown = await browser.page(there)(`${api}/users/me`, {headers: {'X-Qt-Auth': token}})
      assert.equal(shown.status, 401)
      browser = second
      for (const host of hosts) assert.equal((await me(host)).id, user.id, 'another browser stays')
    }
  }
})

// A one-time token that a sign-in hands over to the site.
async function ticket(email, to = `${at.magazine}/news`) {
  const response = await browser.page('auth.localhost')('/go-on', {
    method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({email, password, to}),
  })
  assert.equal(response.status, 303)
  return new URL(response.headers.get('location'), at.auth)
}

test('a one-time token becomes a session at its host', async () => {
  const {email, user} = await signedIn()
  assert.equal((await ticket(email, '/news')).search, '', 'none for the own host')
  const url = await ticket(email)
  const token = url.searchParams.get('access-token')
  assert.match(token, /^lwt_/)
  const validate = `${api}/sessions/access-token/validate`
  const query = more => `?${new URLSearchParams({'access-token': token, ...more})}`
  for (const [what, page, more, want] of [
    ['A-31 at another host', 'auth.localhost', {}, 401],
    ['R-54 with another way back', 'magazine.localhost', {'redirect-url': 'https://evil.example/'}, 400],
    ['R-59 in another realm', 'rival.localhost', {}, 401],
  ]) {
    const refused = await browser.page(page)(validate + query(more))
    assert.equal(refused.status, want, what)
    assert.equal(typeof (await refused.json()).error.message, 'string', what)
    assert.equal(browser.cookies(page).has('qt-auth') && page !== 'auth.localhost', false, what)
  }
  const elsewhere = await browser.visit(`${at.magazine}${validate}${query()}`, {from: 'cross-site'})
  assert.equal(elsewhere.status, 403, 'R-47: no link of another site redeems it')
  const good = await browser.page('magazine.localhost')(validate + query())
  assert.equal((await good.json()).user.id, user.id)
  assert.equal((await me('magazine.localhost')).id, user.id)
  onSite().clear()
  const again = await browser.page('magazine.localhost')(validate + query())
  assert.deepEqual([again.status, onSite().size], [401, 0])
})

test('a one-time token is redeemed by a redirect or by POST', async () => {
  const {email, user} = await signedIn()
  const take = async () => (await ticket(email)).searchParams.get('access-token')
  const validate = `${api}/sessions/access-token/validate`
  const query = new URLSearchParams({'access-token': await take(), 'redirect-url': `${at.magazine}/news?a=1`, redirect: true})
  const gone = await browser.page('magazine.localhost')(`${validate}?${query}`)
  assert.deepEqual([gone.status, gone.headers.get('location')], [303, `${at.magazine}/news?a=1`])
  assert.deepEqual([gone.headers.get('cache-control'), gone.headers.get('referrer-policy')], ['no-store', 'no-referrer'])
  assert.equal((await me('magazine.localhost')).id, user.id)
  onSite().clear()
  const posted = await browser.page('magazine.localhost')(validate, {
    method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({'access-token': await take()}),
  })
  assert.equal((await posted.json()).user.id, user.id)
  assert.ok(onSite().get('qt-auth'))
})

test('R-59: a realm knows nothing of another', async () => {
  const {email, user} = await signedIn()
  const token = browser.cookies('auth.localhost').get('qt-auth')
  const rival = browser.page('rival.localhost')
  globalThis.fetch = rival
  browser.cookies('rival.localhost').set('qt-auth', token)
  assert.equal((await client.currentUser()).user, undefined, 'its cookie')
  const header = await rival(`${api}/users/me`, {headers: {'X-Qt-Auth': token}})
  assert.equal(header.status, 401, 'its header')
  browser.cookies('rival.localhost').clear()
  assert.equal((await client.login({email, password})).user, undefined, 'its user')
  const own = await client.register({email, password})
  assert.equal(own.user?.email, email, 'the same address is another user')
  assert.notEqual(own.user.id, user.id)
  globalThis.fetch = browser.page('auth.localhost')
  const {redirect_uri: next} = await client.oauthAuthorize('shop', `${at.shop}/signed-in`, `${at.shop}/news`, true)
  const code = new URL(next).searchParams.get('code')
  const elsewhere = await redeem({code}, {'X-BK-AUTH': rivalKey}, 'rival.localhost')
  assert.deepEqual([elsewhere.status, (await elsewhere.json()).error.message], [401, 'The token is invalid or has expired.'], 'its code, for a client of the same name')
  for (const [headers, host] of [[{'X-BK-AUTH': key}, 'rival.localhost'], [{'X-BK-AUTH': rivalKey}, 'auth.localhost'],
    [{'X-BK-AUTH': rivalKey, 'X-Forwarded-Host': 'rival.localhost'}, 'auth.localhost']]) {
    const foreign = await redeem({code}, headers, host)
    assert.equal((await foreign.json()).error.message, 'The API key is not valid.', 'its API key')
  }
  const {access_token: opened} = await (await redeem({code})).json()
  assert.match(opened, /^lws_/, 'the code was not used up elsewhere')
})

// tfa asks one of the endpoints of the second factor.
async function tfa(name, body) {
  const init = body && {method: 'POST', body: JSON.stringify(body), headers: {'Content-Type': 'application/json'}}
  return (await browser.page('auth.localhost')(`${api}/tfa/${name}`, init)).json()
}

test('R-26: a second factor is proved once for all hosts, and never skipped by way of another', async () => {
  const {email, user} = await signedIn()
  await tfa('setup', {password})
  const app = new App((await tfa('qr-code')).secret)
  assert.ok((await tfa('enable', {code: await app.code()}))['recovery-codes'])
  const {id, redirect, callback} = site()
  const begin = () => browser.visit(at.magazine + client.getOauthAuthorizeUrl(id, redirect, callback), {stop: arrived})
  assert.equal((await begin()).url.href, callback)
  assert.equal((await me('magazine.localhost')).id, user.id)

  open(new Browser(port), 'auth.localhost')
  const half = await client.login({email, password})
  assert.deepEqual([half.code, half.user], ['tfa-validation-is-required', undefined])
  assert.equal((await client.oauthAuthorize('shop', `${at.shop}/signed-in`, callback, true)).redirect_uri, undefined)
  assert.equal((await begin()).url.pathname, '/login')
  assert.equal((await browser.visit(at.auth + client.getAutoSSOUrl(id, redirect, callback), {stop: arrived})).url.href, `${callback}?logged_in=false`)
  const asked = await browser.page('auth.localhost')('/go-on', {
    method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({email, password, to: `${at.magazine}/news`}),
  })
  assert.deepEqual([asked.status, asked.headers.get('location')], [303, `${at.auth}/login?code=tfa-validation-is-required`], 'no one-time token without it')
  assert.equal(onSite().has('qt-auth'), false)
})
