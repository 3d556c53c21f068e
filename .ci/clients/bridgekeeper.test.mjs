// npm @quintype/bridgekeeper-js, unmodified, against examples/bridgekeeper, as a page of
// the same site would run it: with relative addresses and a cookie jar.
import assert from 'node:assert/strict'
import {createRequire} from 'node:module'
import {after, before, beforeEach, test} from 'node:test'
import {Mailbox} from './mail.mjs'
import {Server} from './server.mjs'

const password = 'correct horse battery'
const mailbox = new Mailbox()
const request = globalThis.fetch
let server, cookies, client

before(async () => {
  await mailbox.start()
  server = new Server('bridgekeeper', text => text +
    `mail: {from: app@example.com, smtp: {host: 127.0.0.1, port: ${mailbox.port}, tls: none}}\n`)
  await server.start()
  globalThis.fetch = browse
  client = createRequire(import.meta.url)('@quintype/bridgekeeper-js')
})
after(() => {
  globalThis.fetch = request
  return Promise.all([server.stop(), mailbox.stop()])
})
beforeEach(() => { cookies = new Map() })

// browse is the fetch of a page at the server's own address.
async function browse(path, init = {}) {
  const headers = new Headers(init.headers)
  headers.set('Sec-Fetch-Site', 'same-origin')
  if (cookies.size > 0) headers.set('Cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
  const response = await request(new URL(path, server.url), {...init, headers, redirect: 'manual'})
  for (const line of response.headers.getSetCookie()) {
    const [pair, ...attributes] = line.split('; ')
    const at = pair.indexOf('=')
    const gone = attributes.some(a => a === 'Max-Age=0')
    if (gone) cookies.delete(pair.slice(0, at))
    else cookies.set(pair.slice(0, at), pair.slice(at + 1))
    assert.ok(attributes.includes('HttpOnly') && attributes.includes('Secure') && attributes.includes('SameSite=Lax'), line)
  }
  return response
}

let accounts = 0
async function registered() {
  const email = `ann${++accounts}@example.com`
  const answer = await client.register({name: 'Ann', email, username: `ann${accounts}`, password})
  assert.equal(answer.user?.email, email, JSON.stringify(answer))
  return {email, username: `ann${accounts}`, user: answer.user, token: cookies.get('qt-auth')}
}

// onAnotherDevice runs something with a cookie jar of its own.
async function onAnotherDevice(run) {
  const own = cookies
  cookies = new Map()
  try {
    return await run()
  } finally {
    cookies = own
  }
}

test('register makes an account and signs it in', async () => {
  const {user} = await registered()
  assert.match(user.id, /^[0-9a-f]{24}$/)
  assert.equal(user['verification-status'], null)
  assert.equal(typeof user['created-at'], 'number')
  assert.equal(user['is-tfa-enabled'], false)
  const me = await client.currentUser()
  assert.equal(me.user.id, user.id)
  assert.equal(me['active-sessions-count'], 1)
  assert.equal(me.source, 'bridgekeeper')
})

test('register without a session, and for an address that is taken', async () => {
  const {email} = await registered()
  cookies.clear()
  const again = await client.register({email, password})
  assert.deepEqual([again.user, again.message], [undefined, 'User Already exists'])
  const quiet = await client.register({email: 'quiet@example.com', password, 'dont-login': true})
  assert.equal(quiet.user.email, 'quiet@example.com')
  assert.equal(cookies.has('qt-auth'), false)
})

test('login by address and by user name, and with what is wrong', async () => {
  const {email, username, user} = await registered()
  cookies.clear()
  for (const body of [{email, password: 'wrong password'}, {email: 'nobody@example.com', password}, {password}]) {
    const {user: none, message, error} = await client.login(body)
    assert.deepEqual([none, message, error.message], [undefined, 'The user name or the password is wrong.', message])
  }
  assert.equal(cookies.size, 0)
  assert.equal((await client.login({email, password})).user.id, user.id)
  assert.equal((await onAnotherDevice(() => client.login({email: '', username, password})))['active-sessions-count'], 3)
})

test('currentUser without a session', async () => {
  const {user, error} = await client.currentUser()
  assert.equal(user, undefined)
  assert.match(error.message, /Could not find qt-auth cookie or X-QT-AUTH header/)
})

test('logout ends the session, and is asked for by the own site only', async () => {
  const {token} = await registered()
  const elsewhere = await request(new URL('/api/auth/v1/logout', server.url), {headers: {Cookie: `qt-auth=${token}`, 'Sec-Fetch-Site': 'cross-site'}})
  assert.equal(elsewhere.status, 403)
  assert.ok((await client.currentUser()).user)
  assert.equal((await client.logout()).status, 204)
  assert.equal(cookies.size, 0)
  cookies.set('qt-auth', token)
  assert.equal((await client.currentUser()).user, undefined)
})

test('sessions are listed, validated and kicked', async () => {
  const {email, token, user} = await registered()
  const other = await onAnotherDevice(async () => {
    await client.login({email, password})
    return cookies.get('qt-auth')
  })
  const get = async (path, init) => (await browse(`/api/auth/v1/${path}`, init)).json()
  const {sessions, 'active-sessions-count': count} = await get('sessions')
  assert.deepEqual([sessions.length, count], [2, 2])
  assert.equal(JSON.stringify(sessions).includes(token), false)
  for (const method of ['GET', 'POST']) {
    const valid = await get('sessions/validate', {method})
    assert.deepEqual([valid.user.id, valid.sessions.length], [user.id, 2])
  }
  assert.equal((await get('kick'))['active-sessions-count'], 1)
  assert.ok((await client.currentUser()).user)
  cookies.set('qt-auth', other)
  assert.equal((await client.currentUser()).user, undefined)
})

test('a native app carries its session in a header', async () => {
  const {email} = await registered()
  const response = await request(new URL('/api/auth/v1/login', server.url), {
    method: 'POST', body: JSON.stringify({email, password}), headers: {'Content-Type': 'application/json', 'X-Qt-Auth': 'dummy'},
  })
  const token = response.headers.get('x-qt-auth')
  assert.match(token, /^lws_/)
  const me = await request(new URL('/api/auth/v1/users/me', server.url), {headers: {'X-Qt-Auth': token}})
  assert.equal((await me.json()).user.email, email)
})

test('R-47: with a cookie alone, outside of a browser, no GET changes a session', async () => {
  const {token} = await registered()
  for (const path of ['logout', 'kick', 'sessions/access-token/validate?access-token=any']) {
    const {status} = await request(new URL(`/api/auth/v1/${path}`, server.url), {headers: {Cookie: `qt-auth=${token}`}})
    assert.equal(status, 403, path)
  }
  assert.ok((await client.currentUser()).user)
})

test('a profile is changed', async () => {
  await registered()
  assert.equal((await client.updateUserProfile({name: 'Anna'})).user.name, 'Anna')
  assert.equal((await client.currentUser()).user.name, 'Anna')
})

test('a password is reset by the link of a mail', async () => {
  const {email} = await registered()
  assert.match((await client.forgotPassword({email: 'nobody@example.com'})).message, /sent successfully/)
  assert.match((await client.forgotPassword({email})).message, /sent successfully/)
  const token = (await mailbox.link(email)).searchParams.get('token')
  const short = await client.resetPasswordWithToken({token, 'new-password': 'short', 'confirm-password': 'short'})
  assert.ok(short.error.message)
  assert.equal(short.message, undefined)
  const body = {token, 'new-password': 'another fine phrase', 'confirm-password': 'another fine phrase'}
  assert.equal((await client.resetPasswordWithToken(body)).message, 'Password was successfully reset')
  assert.match((await client.resetPasswordWithToken(body)).error.message, /already consumed or is expired/)
  assert.equal((await client.currentUser()).user, undefined, 'sessions are over')
  assert.ok((await client.login({email, password: 'another fine phrase'})).user)
})

test('an address is confirmed by the link of a mail, which only a click uses up', async () => {
  const {email} = await registered()
  const back = '/welcome'
  assert.match((await client.sendVerificationLink('nobody@example.com', back)).message, /sent successfully/)
  assert.match((await client.sendVerificationLink(email, back)).message, /sent successfully/)
  assert.ok((await client.sendVerificationLink(email, 'https://evil.example/')).error.message)
  const link = await mailbox.link(email)
  const path = link.pathname + link.search
  for (let looks = 0; looks < 2; looks++) {
    const page = await browse(path)
    assert.equal(page.status, 200)
    assert.match(page.headers.get('content-type'), /text\/html/)
    assert.match(await page.text(), /name="token" value="lwt_/)
  }
  assert.equal((await client.currentUser()).user['verification-status'], null)
  const confirm = () => browse(link.pathname, {method: 'POST', body: new URLSearchParams(link.search)})
  const confirmed = await confirm()
  assert.deepEqual([confirmed.status, confirmed.headers.get('location')], [303, '/welcome#email-verified'])
  assert.equal((await client.currentUser()).user['verification-status'], 'email')
  assert.equal((await confirm()).headers.get('location'), `${back}#invalid-token`)
})

test('what is not there is JSON', async () => {
  for (const path of ['/api/sign?file-name=a&mime-type=b', '/api/login/google']) {
    const response = await browse(path)
    assert.equal(response.status, 404)
    assert.ok((await response.json()).error.message)
  }
})
