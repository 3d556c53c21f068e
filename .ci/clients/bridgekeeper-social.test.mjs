// Social login of npm @quintype/bridgekeeper-js, unmodified, against examples/bridgekeeper and
// a provider of OpenID Connect.
import assert from 'node:assert/strict'
import {createRequire} from 'node:module'
import {after, before, test} from 'node:test'
import {Browser, Provider} from './provider.mjs'
import {freePort, Server} from './server.mjs'
import {App} from './totp.mjs'

const openID = new Provider()
const request = globalThis.fetch
let server, client

before(async () => {
  await openID.listen()
  const port = await freePort()
  server = new Server('bridgekeeper', text => `${text}server: {publicUrl: "http://127.0.0.1:${port}"}\n${openID.config}` +
    'cors: {origins: ["http://127.0.0.1:3000"], credentials: true}\n', port)
  await server.start()
  await openID.start(`${server.url}/api/auth/v1/google/callback`)
  client = createRequire(import.meta.url)('@quintype/bridgekeeper-js')
})
after(() => Promise.all([server.stop(), openID.stop()]))

// on runs a function of the client in a page of the server's own, in a browser.
async function on(browser, run) {
  globalThis.fetch = (path, init = {}) => {
    const cookies = [...browser.jar(server.url)].map(([name, {value}]) => `${name}=${value}`).join('; ')
    return request(new URL(path, server.url), {...init, headers: {...init.headers, Cookie: cookies, 'Sec-Fetch-Site': 'same-origin'}})
  }
  try {
    return await run()
  } finally {
    globalThis.fetch = request
  }
}

// start is the address of the link that a page shows, as the client makes it. The client
// injects the script of the provider, too, of which no page is here.
function start(redirectUrl, name = 'Google') {
  const element = {appendChild() {}, insertBefore() {}}
  globalThis.document = {getElementsByTagName: () => [{...element, parentNode: element}], createElement: () => ({}), getElementById: () => null}
  globalThis.window ??= {}
  try {
    return new URL(client[`with${name}Login`]({clientId: 'x', appId: 'x', redirectUrl: encodeURIComponent(redirectUrl)}).serverSideLoginPath, server.url).href
  } finally {
    delete globalThis.document
    delete globalThis.window
  }
}

const atHome = url => url.startsWith(server.url) && !url.includes('/api/auth/')
const atCallback = url => url.includes('/google/callback')
const path = url => url.slice(server.url.length)

test('social login, from the link to the session, twice', async () => {
  openID.people.ann = {email: 'ann@example.com', email_verified: true, name: 'Ann'}
  const browser = new Browser()
  const {url} = await browser.signIn(start('/welcome?from=google'), 'ann', atHome)
  assert.equal(path(url), '/welcome?from=google')
  const cookie = browser.jar(server.url).get('qt-auth')
  assert.ok(['HttpOnly', 'Secure', 'SameSite=Lax'].every(a => cookie.attributes.includes(a)), cookie.attributes.join())
  const me = await on(browser, () => client.currentUser())
  assert.deepEqual([me.user.email, me.user['verification-status'], me.user.name], ['ann@example.com', 'email', 'Ann'])
  const other = new Browser()
  await other.signIn(start('/'), 'ann', atHome)
  const again = await on(other, () => client.currentUser())
  assert.deepEqual([again.user.id, again['active-sessions-count']], [me.user.id, 2])
})

test('R-54 A-38: it goes on to listed places only', async () => {
  openID.people.liz = {email: 'liz@example.com', email_verified: true}
  for (const target of ['https://evil.example/', '//evil.example', 'javascript:alert(1)', `${'http://127.0.0.1:3000'}.evil.example/`, '/\\evil.example']) {
    const {url} = await new Browser().go(start(target), {until: atHome})
    assert.equal(path(url), '/login-failed', target)
  }
  const listed = url => url.startsWith('http://127.0.0.1:3000/')
  const {url} = await new Browser().signIn(start('http://127.0.0.1:3000/in'), 'liz', listed)
  assert.match(url, /^http:\/\/127\.0\.0\.1:3000\/in\?access-token=lwt_[\w-]+$/)
  const elsewhere = await request(`${server.url}/api/auth/v1/sessions/access-token/validate?${new URL(url).searchParams}`, {headers: {'Sec-Fetch-Site': 'same-origin'}})
  assert.equal(elsewhere.status, 401, 'it is good at that host only')
})

test('R-52 A-36: stolen, replayed and missing states sign nobody in', async () => {
  openID.people.zoe = {email: 'zoe@example.com', email_verified: true}
  const own = new Browser(), thief = new Browser()
  const {url} = await own.signIn(start('/'), 'zoe', atCallback)
  const ends = async (browser, address) => path((await browser.go(address, {until: atHome})).url)
  assert.equal(await ends(thief, url), '/login-failed')
  assert.equal(thief.jar(server.url).has('qt-auth'), false)
  for (const [what, address] of Object.entries({
    'no state': url.replace(/state=[^&]+/, 'x=1'), 'no code': url.replace(/code=[^&]+/, 'x=1'), 'no iss': url.replace(/iss=[^&]+/, 'x=1'),
    'a mix-up': url.replace(/iss=[^&]+/, 'iss=https%3A%2F%2Fevil.example'), 'another provider': url.replace('/google/', '/github/'),
  })) {
    const browser = new Browser()
    const {url: fresh} = await browser.signIn(start('/'), 'zoe', atCallback)
    const mended = address.replace(/state=[^&]+/, fresh.match(/state=[^&]+/)[0]).replace(/code=[^&]+/, fresh.match(/code=[^&]+/)[0])
    assert.equal(await ends(browser, mended), '/login-failed', what)
    assert.equal(browser.jar(server.url).has('qt-auth'), false, what)
  }
  assert.equal(await ends(own, url), '/')
  assert.ok(own.jar(server.url).has('qt-auth'))
  own.jar(server.url).delete('qt-auth')
  assert.equal(await ends(own, url), '/login-failed', 'replayed')
})

// A neighbouring host sets a cookie for all hosts of the domain, but none that browsers keep
// to one host.
test('R-52 A-36: a browser that a neighbour has given the cookie of a sign-in is not signed in by it', async () => {
  openID.people.mal = {email: 'mal@example.com', email_verified: true}
  const own = new Browser(), victim = new Browser()
  const {url} = await own.signIn(start('/'), 'mal', atCallback)
  for (const [name, cookie] of own.jar(server.url)) if (!name.startsWith('__Host-')) victim.jar(server.url).set(name, cookie)
  assert.equal(path((await victim.go(url, {until: atHome})).url), '/login-failed')
  assert.equal(victim.jar(server.url).has('qt-auth'), false)
})

test('R-53 A-35: an account with an address that nobody has confirmed is not linked', async () => {
  const maker = new Browser()
  await on(maker, () => client.register({email: 'victim@example.com', password: 'correct horse battery', 'dont-login': true}))
  openID.people.victim = {email: 'victim@example.com', email_verified: true}
  const browser = new Browser()
  assert.equal(path((await browser.signIn(start('/'), 'victim', atHome)).url), '/login-failed')
  assert.equal(browser.jar(server.url).has('qt-auth'), false)
})

test('an unknown provider, and no provider, go where failures go', async () => {
  assert.equal(path((await new Browser().go(start('/', 'Facebook'), {until: atHome})).url), '/login-failed')
  const without = await request(new URL('/api/auth/v1/login', server.url))
  assert.equal(without.status, 400)
  assert.ok((await without.json()).error.message)
})

test('R-26: who signs in by a provider proves the second factor, too', async () => {
  const own = new Provider()
  own.people.amy = {email: 'amy@example.com', email_verified: true}
  await own.listen()
  const port = await freePort()
  const strict = new Server('bridgekeeper', text => `${text}server: {publicUrl: "http://127.0.0.1:${port}"}\nfactors: {required: true}\n` +
    own.config, port)
  await strict.start()
  try {
    await own.start(`${strict.url}/api/auth/v1/google/callback`)
    const signIn = async browser => {
      const {url} = await browser.signIn(start('/in').replace(server.url, strict.url), 'amy', url => url.startsWith(`${strict.url}/in`))
      return new URL(url).searchParams.get('code')
    }
    const cookies = browser => [...browser.jar(strict.url)].map(([name, {value}]) => `${name}=${value}`).join('; ')
    const tfa = async (browser, name, body) => {
      const headers = {Cookie: cookies(browser), 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/json'}
      const response = await request(`${strict.url}/api/auth/v1/tfa/${name}`, body ? {method: 'POST', body: JSON.stringify(body), headers} : {headers})
      return {status: response.status, session: response.headers.getSetCookie().find(line => line.startsWith('qt-auth=')), ...await response.json()}
    }
    const first = new Browser()
    assert.equal(await signIn(first), 'tfa-setup-is-required')
    assert.equal(first.jar(strict.url).has('qt-auth'), false)
    const app = new App((await tfa(first, 'qr-code')).secret)
    const enabled = await tfa(first, 'enable', {code: await app.code()})
    assert.equal(enabled.status, 200)
    assert.ok(enabled.session)

    const second = new Browser()
    assert.equal(await signIn(second), 'tfa-validation-is-required')
    assert.equal(second.jar(strict.url).has('qt-auth'), false)
    assert.equal((await tfa(second, 'validate', {code: app.wrong()})).status, 401)
    const validated = await tfa(second, 'validate', {code: await app.code()})
    assert.equal(validated.status, 200)
    assert.ok(validated.session)
  } finally {
    await Promise.all([strict.stop(), own.stop()])
  }
})
