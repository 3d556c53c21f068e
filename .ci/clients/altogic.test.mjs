// npm altogic, unmodified, against examples/altogic.
import assert from 'node:assert/strict'
import {createServer} from 'node:http'
import {after, before, test} from 'node:test'
import * as altogic from './altogic.mjs'
import {code, createClient, password} from './altogic.mjs'
import {Server} from './server.mjs'

let server, apiKey, clientKey

before(async () => {
  server = new Server('altogic', text => text.replace('version: 1\n', 'version: 1\nserver: {basePath: "/e:63218f2c5e1d"}\n'))
  apiKey = server.key('server')
  clientKey = server.key('client', '--public')
  await server.start()
})
after(() => server.stop())

const connect = (options = {}) => altogic.connect(`${server.url}/e:63218f2c5e1d/`, clientKey, {apiKey, ...options})

let accounts = 0
async function signedUp() {
  const client = connect()
  const email = `ann${++accounts}@example.com`
  const {user, session, errors} = await client.auth.signUpWithEmail(email, password, 'Ann')
  assert.equal(errors, null)
  return {client, email, user, session}
}


test('sign-up gives the user and the first session', async () => {
  const {client, email, user, session} = await signedUp()
  assert.match(user._id, /^[0-9a-f]{24}$/)
  assert.equal(user.email, email)
  assert.equal(user.name, 'Ann')
  assert.equal(user.provider, 'altogic')
  assert.equal(user.providerUserId, user._id)
  assert.equal(user.password, undefined)
  assert.match(user.signUpAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.equal(session.userId, user._id)
  assert.deepEqual(session.accessGroupKeys, [])
  assert.equal(session.userAgent.family, 'node-fetch')
  assert.equal(client.auth.getSession().token, session.token)
})

test('sign-up takes an object of fields, and drops what a caller may not set', async () => {
  const client = connect()
  const {user} = await client.auth.signUpWithEmail('bob@example.com', password, {name: 'Bob', city: 'Oslo', groups: ['admin'], emailVerified: true})
  assert.equal(user.name, 'Bob')
  assert.equal(user.city, 'Oslo')
  assert.equal(user.emailVerified, false)
})

test('sign-up tells what is wrong, one entry each', async () => {
  const client = connect()
  const {user, session, errors} = await client.auth.signUpWithEmail('no address', 'short')
  assert.deepEqual([user, session, errors.status], [null, null, 400])
  const {email} = await signedUp()
  const again = await client.auth.signUpWithEmail(email, password)
  assert.equal(again.errors.status, 400)
  assert.deepEqual(again.errors.items[0].details, {value: email, param: 'email'})
  assert.equal(code(again.errors), 'email_not_unique')
})

test('sign-in tells nobody whether it was the address or the password', async () => {
  const {email, user} = await signedUp()
  const client = connect()
  for (const [address, typed] of [[email, 'wrong password'], ['nobody@example.com', password]]) {
    const {session, errors} = await client.auth.signInWithEmail(address, typed)
    assert.equal(session, null)
    assert.equal(errors.status, 401)
    assert.equal(code(errors), 'invalid_credentials')
  }
  const signedIn = await client.auth.signInWithEmail(email, password)
  assert.equal(signedIn.user._id, user._id)
  assert.ok(signedIn.user.lastLoginAt)
  assert.equal(client.auth.getSession().token, signedIn.session.token)
})

test('sign-out of the own session', async () => {
  const {client, session} = await signedUp()
  assert.equal((await client.auth.signOut()).errors, null)
  assert.equal(client.auth.getSession(), null)
  client.auth.setSession(session)
  const {errors} = await client.auth.getUserFromDB()
  assert.equal(errors.status, 401)
  assert.equal(code(errors), 'invalid_session_token')
  assert.equal(client.auth.getSession(), null, 'the client has dropped it')
})

test('sessions are listed, and others are ended by their handle', async () => {
  const {client, email, session} = await signedUp()
  const other = connect()
  const second = await other.auth.signInWithEmail(email, password)
  const {sessions} = await client.auth.getAllSessions()
  assert.equal(sessions.length, 2)
  assert.equal(sessions.filter(s => s.token === session.token).length, 1, 'the own token')
  const handle = sessions.find(s => s.token !== session.token).token
  assert.notEqual(handle, second.session.token)
  assert.equal((await client.auth.signOut(handle)).errors, null)
  assert.equal(code((await other.auth.getUserFromDB()).errors), 'invalid_session_token')
  assert.equal((await client.auth.getUserFromDB()).errors, null)
})

test('nobody ends the session of another, and loses none by trying', async () => {
  const ann = await signedUp(), bob = await signedUp()
  const {errors} = await ann.client.auth.signOut(bob.session.token)
  assert.equal(errors.status, 403)
  assert.equal(code(errors), 'access_denied')
  assert.equal((await ann.client.auth.getUserFromDB()).errors, null)
  assert.equal((await bob.client.auth.getUserFromDB()).errors, null)
})

test('sign-out everywhere, and everywhere else', async () => {
  const {client, email} = await signedUp()
  const other = connect()
  await other.auth.signInWithEmail(email, password)
  assert.equal((await client.auth.signOutAllExceptCurrent()).errors, null)
  assert.equal(code((await other.auth.getUserFromDB()).errors), 'invalid_session_token')
  await other.auth.signInWithEmail(email, password)
  assert.equal((await client.auth.signOutAll()).errors, null)
  assert.equal(code((await other.auth.getUserFromDB()).errors), 'invalid_session_token')
})

test('a new password needs the old one, and ends other sessions', async () => {
  const {client, email} = await signedUp()
  const other = connect()
  await other.auth.signInWithEmail(email, password)
  const wrong = await client.auth.changePassword('another fine phrase', 'not the old one')
  assert.equal(wrong.errors.status, 401)
  assert.equal(code(wrong.errors), 'invalid_credentials')
  assert.equal((await client.auth.changePassword('another fine phrase', password)).errors, null)
  assert.equal((await client.auth.getUserFromDB()).errors, null)
  assert.equal(code((await other.auth.getUserFromDB()).errors), 'invalid_session_token')
  assert.equal(code((await other.auth.signInWithEmail(email, password)).errors), 'invalid_credentials')
  assert.equal((await other.auth.signInWithEmail(email, 'another fine phrase')).errors, null)
})

test('the cookie helper of a server finds the user of a cookie', async () => {
  const {client, user, session} = await signedUp()
  const site = createServer(async (request, response) => {
    request.cookies = Object.fromEntries((request.headers.cookie ?? '').split('; ').map(pair => pair.split('=')))
    if (request.url === '/sign-in') client.auth.setSessionCookie(session.token, request, response)
    const found = request.url === '/sign-in' ? {} : await connect().auth.getUserFromDBbyCookie(request, response)
    response.end(JSON.stringify(found))
  })
  await new Promise(done => site.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${site.address().port}`
  try {
    const [cookie] = (await fetch(`${url}/sign-in`)).headers.get('set-cookie').split(';')
    assert.equal(cookie, `session_token=${session.token}`)
    assert.equal((await (await fetch(url, {headers: {cookie}})).json()).user._id, user._id)
    const none = await (await fetch(url)).json()
    assert.equal(code(none.errors), 'session_token_not_found')
    await client.auth.signOut()
    const over = await fetch(url, {headers: {cookie}})
    assert.equal(code((await over.json()).errors), 'invalid_session_token')
    assert.match(over.headers.get('set-cookie'), /session_token=;|Max-Age=0|Expires/i, 'the cookie is removed')
  } finally {
    site.close()
  }
})

test('keys are looked at', async () => {
  const errors = async options => (await createClient(`${server.url}/e:63218f2c5e1d`, options.clientKey ?? clientKey, options).auth.signInWithEmail('a@b.c', password)).errors
  assert.equal(code(await errors({apiKey: 'wrong'})), 'invalid_API_key')
  assert.equal(code(await errors({clientKey: 'wrong'})), 'invalid_client_key')
  assert.equal(code(await errors({})), 'invalid_credentials', 'the client key alone will do')
})

test('endpoints of the application, by all methods', async () => {
  const {client} = await signedUp()
  const {data, errors} = await client.endpoint.get('/orders/17', {page: 2, tags: ['a', 'b'], q: 'a b&c'}, {'X-Trace': 't1'})
  assert.equal(errors, null)
  assert.deepEqual(data, {id: '17', page: 2, tags: '["a","b"]', q: 'a b&c', trace: 't1'})
  assert.deepEqual((await client.endpoint.post('/orders', {item: 'tea', count: 2}, {dry: true})).data, {made: {item: 'tea', count: 2}, dry: true})
  const nothing = {item: null, count: null, why: null}
  assert.deepEqual((await client.endpoint.put('/orders/17', {item: 'tea', count: 3})).data, {...nothing, method: 'PUT', id: '17', item: 'tea', count: 3})
  assert.deepEqual((await client.endpoint.delete('/orders/17', {why: 'too late'})).data, {...nothing, method: 'DELETE', id: '17', why: 'too late'})
  assert.deepEqual((await client.endpoint.delete('/orders/17')).data, {...nothing, method: 'DELETE', id: '17'})
  const gone = await client.endpoint.get('/nowhere')
  assert.equal(gone.errors.status, 404)
  assert.equal(code(gone.errors), 'resource_not_found')
})
