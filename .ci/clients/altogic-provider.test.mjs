// signInWithProvider of npm altogic, unmodified, against examples/altogic and a provider of
// OpenID Connect.
import assert from 'node:assert/strict'
import {createRequire} from 'node:module'
import {after, before, test} from 'node:test'
import {Browser, Provider} from './provider.mjs'
import {Server} from './server.mjs'

const {createClient} = createRequire(import.meta.url)('altogic')
const openID = new Provider()
const app = 'http://localhost:3000/auth-redirect'
let server, clientKey

before(async () => {
  await openID.listen()
  server = new Server('altogic', text => `${text}${openID.config}`)
  clientKey = server.key('client', '--public')
  await server.start()
  await openID.start(`${server.url}/_auth/google/callback`)
})
after(() => Promise.all([server.stop(), openID.stop()]))

// A page of a browser, as far as the client looks at one.
class Page extends Map {
  getItem(key) { return this.get(key) ?? null }
  setItem(key, value) { this.set(key, value) }
  removeItem(key) { this.delete(key) }
}
const connect = () => createClient(server.url, clientKey, {localStorage: new Page()})

// start is the address to which the client sends the page.
function start(provider) {
  const page = globalThis.window = {location: {href: ''}}
  try {
    connect().auth.signInWithProvider(provider)
    return page.location.href
  } finally {
    delete globalThis.window
  }
}

const atApp = url => url.startsWith(app)
const signIn = async (name, browser = new Browser()) => new URL((await browser.signIn(start('google'), name, atApp)).url)

test('a new person signs up, and comes back as the same user', async () => {
  openID.people.ann = {email: 'Ann@Example.com', email_verified: true, name: 'Ann', picture: 'https://pictures.example/ann.png'}
  const first = await signIn('ann')
  assert.deepEqual([first.searchParams.get('status'), first.searchParams.get('action')], ['200', 'oauth-signup'])
  const client = connect()
  const {user, session, errors} = await client.auth.getAuthGrant(first.searchParams.get('access_token'))
  assert.equal(errors, null)
  assert.deepEqual([user.provider, user.providerUserId, user.email, user.emailVerified, user.name, user.profilePicture],
    ['google', 'ann', 'ann@example.com', true, 'Ann', 'https://pictures.example/ann.png'])
  assert.equal(client.auth.getSession().token, session.token)
  assert.equal((await client.auth.getUserFromDB()).user._id, user._id)
  const again = await connect().auth.getAuthGrant(first.searchParams.get('access_token'))
  assert.equal(again.errors.items[0].code, 'invalid_access_token', 'a token is good once')

  const second = await signIn('ann')
  assert.equal(second.searchParams.get('action'), 'oauth-signin')
  assert.equal((await connect().auth.getAuthGrant(second.searchParams.get('access_token'))).user._id, user._id)
})

test('R-53: an address that the account has not verified links nothing', async () => {
  await connect().auth.signUpWithEmail('bob@example.com', 'correct horse battery', 'not Bob')
  openID.people.bob = {email: 'bob@example.com', email_verified: true}
  const refused = await signIn('bob')
  assert.deepEqual([refused.searchParams.get('status'), refused.searchParams.get('access_token')], ['401', null])
})

test('R-53: an address that the provider has not verified is no address of the account', async () => {
  openID.people.eve = {email: 'victim@example.com', email_verified: false}
  const back = await signIn('eve')
  const {user} = await connect().auth.getAuthGrant(back.searchParams.get('access_token'))
  assert.deepEqual([user.providerUserId, user.email ?? null, user.emailVerified], ['eve', null, false])
})

test('R-52: the answer of the provider is good in the browser that asked, once', async () => {
  openID.people.zoe = {email: 'zoe@example.com', email_verified: true}
  const own = new Browser(), other = new Browser()
  const atCallback = url => url.includes('/_auth/google/callback')
  const {url} = await own.signIn(start('google'), 'zoe', atCallback)
  assert.ok(new URL(url).searchParams.get('code'))
  const cookie = own.jar(server.url).get('__Host-provider')
  assert.ok(['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/'].every(a => cookie.attributes.includes(a)), cookie.attributes.join())
  const status = async (browser, address) => new URL((await browser.go(address, {until: atApp})).url).searchParams.get('status')
  assert.equal(await status(other, url), '401', 'another browser')
  assert.equal(await status(own, url.replace(/state=[^&]+/, 'state=')), '401', 'no state')
  assert.equal(await status(own, url.replace('/google/', '/github/')), '401', 'another provider')
  assert.equal(await status(own, url), '200')
  assert.equal(await status(own, url), '401', 'replayed')
})

test('who says no is sent back without a token', async () => {
  const browser = new Browser()
  const page = await browser.signIn(start('google'), 'nobody', url => url.startsWith(openID.url) && new URL(url).pathname === '/auth')
  const state = new URL(page.url).searchParams.get('state')
  const back = `${server.url}/_auth/google/callback?state=${state}&error=access_denied&iss=${encodeURIComponent(openID.url)}`
  const {url} = await browser.go(back, {until: atApp})
  assert.deepEqual([new URL(url).searchParams.get('status'), new URL(url).searchParams.get('access_token')], ['401', null])
})

test('an unknown provider is JSON', async () => {
  const response = await fetch(start('discord'))
  assert.equal(response.status, 404)
  assert.equal((await response.json()).errors[0].code, 'unknown_provider')
})
