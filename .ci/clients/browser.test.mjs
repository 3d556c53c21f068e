// Chromium with both clients, unmodified: Altogic's in a page of another origin, and the
// social login of Bridgekeeper's from the click to the session. CHROMIUM names the browser;
// without one the tests fail.
import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import {createServer} from 'node:http'
import {after, before, test} from 'node:test'
import {chromium} from 'playwright-core'
import {Provider} from './provider.mjs'
import {freePort, Server} from './server.mjs'

const module = name => readFileSync(new URL(`node_modules/${name}`, import.meta.url), 'utf8')
const altogic = module('altogic/dist/umd/altogic.js')
const bridgekeeper = module('@quintype/bridgekeeper-js/dist/index.js')
const running = []
let browser

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
})
after(async () => {
  await browser?.close()
  await Promise.all(running.map(one => one.stop()))
})

// A site of the application: one page for every path, with a script.
class Site {
  constructor(page) {
    this.server = createServer((request, response) => {
      response.setHeader('Content-Type', request.url.endsWith('.js') ? 'text/javascript' : 'text/html')
      response.end(request.url.endsWith('.js') ? altogic : page)
    })
    running.push(this)
  }

  async start(host) {
    await new Promise(done => this.server.listen(0, '127.0.0.1', done))
    this.url = `http://${host}:${this.server.address().port}`
    return this
  }

  stop() {
    this.server.closeAllConnections()
    return new Promise(done => this.server.close(done))
  }
}

// signIn fills in the pages of the provider.
async function signIn(page, name) {
  await page.fill('input[name=login]', name)
  await page.fill('input[name=password]', 'any')
  await page.click('button[type=submit]')
  await page.waitForSelector('input[name=prompt][value=consent]', {state: 'attached'})
  await page.click('button[type=submit]')
}

// bundle serves a folder of examples/ with a provider that knows Ann.
async function bundle(name, callback, edit) {
  const openID = new Provider()
  openID.people.ann = {email: 'ann@example.com', email_verified: true, name: 'Ann'}
  await openID.listen()
  running.push(openID)
  const port = await freePort()
  const server = new Server(name, text => `${edit(text, port)}${openID.config}`, port)
  running.push(server)
  return {server, openID, ready: () => openID.start(server.url + callback)}
}

test('Altogic: a page of another origin', async t => {
  const home = await new Site('<!doctype html><title>app</title><script src=/altogic.js></script>').start('localhost')
  const evil = await new Site('<!doctype html><title>evil</title><script src=/altogic.js></script>').start('localhost')
  const {server, ready} = await bundle('altogic', '/_auth/google/callback', text => text
    .replaceAll('http://localhost:3000', home.url))
  const key = server.key('client', '--public')
  await server.start()
  await ready()
  const context = await browser.newContext()
  const open = async url => {
    const page = await context.newPage()
    await page.goto(url)
    await page.evaluate(([url, key]) => { window.client = altogic.createClient(url, key, {signInRedirect: '/signed-out'}) }, [server.url, key])
    return page
  }

  await t.test('signs up, is known after a reload, and signs out', async () => {
    const page = await open(home.url)
    const made = await page.evaluate(() => client.auth.signUpWithEmail('bob@example.com', 'correct horse battery', 'Bob'))
    assert.equal(made.errors, null)
    assert.match(made.session.userAgent.family, /Chrome/)
    await page.close()
    const again = await open(home.url)
    assert.equal((await again.evaluate(() => client.auth.getUserFromDB())).user._id, made.user._id)
    const wrong = await again.evaluate(() => client.auth.signInWithEmail('bob@example.com', 'wrong password'))
    assert.deepEqual([wrong.errors.status, wrong.errors.items[0].code], [401, 'invalid_credentials'], 'errors can be read across origins')
    assert.equal((await again.evaluate(() => client.endpoint.delete('/orders/17', {why: 'late'}))).data.why, 'late')
    assert.equal((await again.evaluate(() => client.auth.signOut())).errors, null)
    assert.equal(await again.evaluate(() => localStorage.getItem('session')), null)
    await again.close()
  })

  await t.test('a session that was ended elsewhere sends the page to signInRedirect', async () => {
    const page = await open(home.url)
    await page.evaluate(() => client.auth.signInWithEmail('bob@example.com', 'correct horse battery'))
    const other = await context.newPage()
    await other.goto(home.url)
    await other.evaluate(([url, key]) => altogic.createClient(url, key, {localStorage: {getItem: () => localStorage.getItem('session'), setItem() {}, removeItem() {}}}).auth.signOutAll(), [server.url, key])
    await other.close()
    const gone = page.waitForURL(`${home.url}/signed-out`)
    page.evaluate(() => { client.auth.getUserFromDB() }).catch(() => {})
    await gone
    assert.equal(await page.evaluate(() => localStorage.getItem('session')), null)
    await page.close()
  })

  await t.test('R-48: a page of an origin that is not listed reads nothing', async () => {
    const page = await open(evil.url)
    const failed = await page.evaluate(() => client.auth.signInWithEmail('bob@example.com', 'correct horse battery').then(() => 'read', e => e.constructor.name))
    assert.equal(failed, 'TypeError')
    await page.close()
  })

  await t.test('signInWithProvider, from the call to the session', async () => {
    const page = await open(home.url)
    page.evaluate(() => { client.auth.signInWithProvider('google') }).catch(() => {})
    await page.waitForSelector('input[name=login]')
    await signIn(page, 'ann')
    await page.waitForURL(`${home.url}/auth-redirect?**`)
    await page.evaluate(([url, key]) => { window.client = altogic.createClient(url, key) }, [server.url, key])
    const {user, errors} = await page.evaluate(() => client.auth.getAuthGrant())
    assert.equal(errors, null)
    assert.deepEqual([user.email, user.provider], ['ann@example.com', 'google'])
    assert.equal((await page.evaluate(() => client.auth.getUserFromDB())).user._id, user._id)
    await page.close()
  })
})

// front is a context of the browser in which the pages of a front end stand before a server,
// at the same address.
async function front(server) {
  const page = '<!doctype html><title>front</title><body><a id=link>Sign in</a><script>var global = globalThis, module = {exports: {}} /* as a bundler has them */</script><script src=/client.js></script><script>' +
    'const client = module.exports; document.getElementById("link").href = client.withGoogleLogin({clientId: "x", redirectUrl: encodeURIComponent("/welcome?a=1&b=2")}).serverSideLoginPath</script>'
  const context = await browser.newContext()
  await context.route('https://**', route => route.abort()) // the script of the real provider
  await context.route(url => url.origin === server.url && !url.pathname.startsWith('/api/'), route => {
    const script = route.request().url().endsWith('.js')
    return route.fulfill({contentType: script ? 'text/javascript' : 'text/html', body: script ? bridgekeeper : page})
  })
  return context
}

test('Bridgekeeper: social login, from the click to the session', async t => {
  const {server, ready} = await bundle('bridgekeeper', '/api/auth/v1/google/callback', (text, port) => `${text}server: {publicUrl: "http://127.0.0.1:${port}"}\n`)
  await server.start()
  await ready()
  const context = await front(server)
  const page = await context.newPage()
  const errors = []
  page.on('pageerror', error => errors.push(error.message))

  await t.test('a click leads to the provider and back, signed in', async () => {
    await page.goto(`${server.url}/`)
    assert.ok((await page.evaluate(() => client.currentUser())).error)
    await page.click('#link')
    await page.waitForSelector('input[name=login]', {timeout: 5000}).catch(error => { throw new Error(`${page.url()}: ${errors}`, {cause: error}) })
    await signIn(page, 'ann')
    await page.waitForURL(`${server.url}/welcome?a=1&b=2`)
    await page.goto(`${server.url}/`) // no route of a test is asked for the target of a redirect
    const me = await page.evaluate(() => client.currentUser())
    assert.deepEqual([me.user.email, me['active-sessions-count']], ['ann@example.com', 1])
    assert.equal(await page.evaluate(() => document.cookie), '', 'no script reads the cookies')
  })

  await t.test('logout ends it', async () => {
    assert.equal(await page.evaluate(() => client.logout().then(r => r.status)), 204)
    assert.ok((await page.evaluate(() => client.currentUser())).error)
  })

  await t.test('R-52 A-36: a callback that was stolen signs nobody in elsewhere', async () => {
    const own = await front(server), strange = await front(server)
    const victim = await own.newPage(), thief = await strange.newPage()
    await victim.goto(`${server.url}/`)
    await victim.click('#link')
    await victim.waitForSelector('input[name=login]')
    const cookie = (await own.cookies()).find(one => one.name === '__Host-qt-state')
    assert.ok(cookie.httpOnly && cookie.secure && cookie.sameSite === 'Lax')
    await own.clearCookies({name: '__Host-qt-state'}) // so that the own browser is refused at first, too
    const callback = victim.waitForRequest(/google\/callback/)
    await signIn(victim, 'ann')
    const stolen = (await callback).url()
    for (const one of [victim, thief]) {
      if (one === thief) await one.goto(stolen)
      await one.waitForURL(`${server.url}/login-failed`)
      await one.goto(`${server.url}/`)
      assert.ok((await one.evaluate(() => client.currentUser())).error)
    }
    await own.addCookies([cookie])
    await victim.goto(stolen)
    await victim.goto(`${server.url}/`)
    assert.equal((await victim.evaluate(() => client.currentUser())).user?.email, 'ann@example.com', 'it is good where it was begun still')
    await Promise.all([own.close(), strange.close()])
  })
  await context.close()
})
