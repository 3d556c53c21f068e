// npm @quintype/bridgekeeper-js, unmodified, against examples/bridgekeeper with a second
// factor. The client has no function of its own for it, so the page asks by fetch.
import assert from 'node:assert/strict'
import {createRequire} from 'node:module'
import {after, before, beforeEach, test} from 'node:test'
import {Mailbox} from './mail.mjs'
import {Server} from './server.mjs'
import {App} from './totp.mjs'

const password = 'correct horse battery'
const mailbox = new Mailbox()
const request = globalThis.fetch
let server, strict, site, cookies, client

before(async () => {
  await mailbox.start()
  const mail = text => text + `mail: {from: app@example.com, smtp: {host: 127.0.0.1, port: ${mailbox.port}, tls: none}}\n`
  server = new Server('bridgekeeper', mail)
  strict = new Server('bridgekeeper', text => mail(text) + 'factors: {required: true}\n')
  await Promise.all([server.start(), strict.start()])
  globalThis.fetch = browse
  client = createRequire(import.meta.url)('@quintype/bridgekeeper-js')
})
after(() => {
  globalThis.fetch = request
  return Promise.all([server.stop(), strict.stop(), mailbox.stop()])
})
beforeEach(() => {
  cookies = new Map()
  site = server
})

// browse is the fetch of a page at the server's own address.
async function browse(path, init = {}) {
  const headers = new Headers(init.headers)
  headers.set('Sec-Fetch-Site', 'same-origin')
  if (cookies.size > 0) headers.set('Cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
  const response = await request(new URL(path, site.url), {...init, headers, redirect: 'manual'})
  for (const line of response.headers.getSetCookie()) {
    const [pair, ...attributes] = line.split('; ')
    const at = pair.indexOf('=')
    if (attributes.includes('Max-Age=0')) cookies.delete(pair.slice(0, at))
    else cookies.set(pair.slice(0, at), pair.slice(at + 1))
    assert.ok(attributes.includes('HttpOnly') && attributes.includes('Secure') && attributes.includes('SameSite=Lax'), line)
  }
  return response
}

// tfa asks one of the endpoints of the second factor, and gives the answer with its status.
async function tfa(name, body) {
  const init = body && {method: 'POST', body: JSON.stringify(body), headers: {'Content-Type': 'application/json'}}
  const response = await browse(`/api/auth/v1/tfa/${name}`, init)
  assert.equal(response.headers.get('cache-control'), 'no-store')
  return {...await response.json(), status: response.status}
}

let accounts = 0
async function registered() {
  const email = `tess${++accounts}@example.com`
  const answer = await client.register({name: 'Tess', email, password})
  return {email, answer}
}

// enrol sets an app up for whoever has the cookie tfa-auth.
async function enrol() {
  const shown = await tfa('qr-code')
  assert.equal(shown.status, 200, JSON.stringify(shown))
  const app = new App(shown.secret)
  const done = await tfa('enable', {code: await app.code()})
  assert.equal(done.status, 200, JSON.stringify(done))
  return {app, shown, codes: done['recovery-codes']}
}

// withApp is a user who has set an app up while signed in, and signs in anew: what the
// password alone gives.
async function withApp() {
  const {email} = await registered()
  const begun = await tfa('setup', {password})
  assert.deepEqual([begun.status, begun.code], [200, 'tfa-setup-is-required'])
  const enrolled = await enrol()
  cookies.clear()
  const login = () => client.login({email, password})
  const half = await login()
  assert.deepEqual([half.user, half.code], [undefined, 'tfa-validation-is-required'])
  assert.equal(cookies.has('qt-auth'), false)
  return {email, login, ...enrolled}
}

const signedIn = async () => (await client.currentUser()).user

test('a second factor is set up with a QR code', async () => {
  const {email} = await registered()
  const before = cookies.get('qt-auth')
  assert.equal((await signedIn())['is-tfa-enabled'], false)
  assert.equal((await tfa('setup', {password: 'a wrong password'})).status, 401)
  assert.equal(cookies.has('tfa-auth'), false)
  await tfa('setup', {password})
  const {shown, codes} = await enrol()
  assert.match(shown['qr-code'], /^data:image\/png;base64,iVBOR/)
  assert.match(shown.secret, /^[A-Z2-7]{32}$/)
  assert.match(shown.uri, new RegExp(`^otpauth://totp/.*${encodeURIComponent(email)}\\?secret=${shown.secret}&issuer=`))
  assert.equal(new Set(codes).size, 10)
  assert.notEqual(cookies.get('qt-auth'), before, 'the session has a new token')
  assert.equal((await signedIn())['is-tfa-enabled'], true)
  assert.match((await mailbox.next(email)).text, /second factor/)
})

test('what is not confirmed changes nothing', async () => {
  const {email} = await registered()
  await tfa('setup', {password})
  const app = new App((await tfa('qr-code')).secret)
  assert.equal((await tfa('enable', {code: app.wrong()})).status, 401)
  assert.equal((await signedIn())['is-tfa-enabled'], false)
  assert.ok((await client.login({email, password})).user)
})

test('login with a code of the app, which is good once', async () => {
  const {app, login} = await withApp()
  const wrong = await tfa('validate', {code: app.wrong()})
  assert.deepEqual([wrong.status, wrong.user, typeof wrong.message], [401, undefined, 'string'])
  assert.equal(await signedIn(), undefined)
  const code = await app.code()
  const done = await tfa('validate', {code: Number(code)})
  if (code.startsWith('0')) {
    assert.equal(done.status, 401, 'as a number it is another code')
    return
  }
  assert.deepEqual([done.status, done.source], [200, 'bridgekeeper'])
  assert.equal((await signedIn()).id, done.user.id)
  cookies.delete('qt-auth')
  assert.equal((await tfa('validate', {code: await app.code()})).status, 401, 'the challenge is used up')
  await login()
  assert.equal((await tfa('validate', {code})).status, 401, 'the code is used up')
  assert.equal(await signedIn(), undefined)
})

test('login with a recovery code, which is good once', async () => {
  const {codes, login} = await withApp()
  const [code] = codes
  assert.equal((await tfa('validate', {code: ` ${code.toUpperCase()} `})).status, 200)
  assert.ok(await signedIn())
  cookies.clear()
  await login()
  assert.equal((await tfa('validate', {code})).status, 401)
  assert.equal((await tfa('validate', {code: codes[1]})).status, 200)
})

test('a challenge can be tried five times', async () => {
  const {app, codes} = await withApp()
  for (let tries = 0; tries < 5; tries++) assert.equal((await tfa('validate', {code: app.wrong()})).message, 'The code is wrong or has expired.')
  assert.equal((await tfa('validate', {code: codes[0]})).message, 'The sign-in has to begin anew.')
})

test('nothing goes on without the cookie tfa-auth, nor with a session in its place', async () => {
  const {codes} = await withApp()
  const challenge = cookies.get('tfa-auth')
  for (const value of [undefined, '', 'lwc_AAAA', challenge.slice(0, -1)]) {
    if (value === undefined) cookies.delete('tfa-auth')
    else cookies.set('tfa-auth', value)
    assert.equal((await tfa('validate', {code: codes[0]})).status, 401)
  }
  cookies.set('qt-auth', challenge)
  assert.equal(await signedIn(), undefined, 'a challenge is no session')
  cookies.clear()
  cookies.set('tfa-auth', challenge)
  assert.equal((await tfa('validate', {code: codes[0]})).status, 200)
})

test('who has the password alone brings no app of their own', async () => {
  const {email} = await withApp()
  const again = await tfa('qr-code')
  assert.equal(again.status, 403)
  assert.equal(again.secret, undefined)
  assert.equal((await tfa('enable', {code: '123456'})).status, 401)
  assert.equal((await client.login({email, password})).code, 'tfa-validation-is-required')
})

// confirmed shows that a user holds the address.
async function confirmed(email) {
  await mailbox.next(email) // that the factor was set up
  await client.sendVerificationLink(email, '/')
  const link = await mailbox.link(email)
  await browse(link.pathname, {method: 'POST', body: new URLSearchParams(link.search)})
}

test('a new password by mail asks for the second factor all the same', async () => {
  const {email, codes} = await withApp()
  await confirmed(email)
  await client.forgotPassword({email})
  const token = (await mailbox.link(email)).searchParams.get('token')
  assert.ok((await client.resetPasswordWithToken({token, 'new-password': 'another fine phrase', 'confirm-password': 'another fine phrase'})).message)
  assert.equal((await tfa('validate', {code: codes[0]})).status, 401, 'the sign-in with the old password is over')
  const half = await client.login({email, password: 'another fine phrase'})
  assert.deepEqual([half.user, half.code], [undefined, 'tfa-validation-is-required'])
  assert.equal((await tfa('validate', {code: codes[0]})).status, 200)
})

test('a code of a mail asks for the second factor all the same', async () => {
  const {email, codes} = await withApp()
  await confirmed(email)
  await client.sendOtp({email})
  const otp = (await mailbox.next(email)).text.match(/[1-9]\d{5}/)[0]
  const half = await client.login({email, otp})
  assert.deepEqual([half.user, half.code, cookies.has('qt-auth')], [undefined, 'tfa-validation-is-required', false])
  assert.equal((await tfa('validate', {code: codes[0]})).status, 200)
})

test('a second factor is taken away by a code of it', async () => {
  const {email, codes} = await withApp()
  await tfa('validate', {code: codes[0]})
  assert.equal((await tfa('disable', {code: '123456'})).status, 401)
  assert.equal((await tfa('disable', {code: codes[1]})).status, 200)
  assert.equal((await signedIn())['is-tfa-enabled'], false)
  cookies.clear()
  assert.ok((await client.login({email, password})).user)
})

test('an operator takes a lost one away', async () => {
  const {email} = await withApp()
  assert.match(server.run('user', 'show', email), /totp/)
  server.run('user', 'remove-factor', email)
  cookies.clear()
  assert.ok((await client.login({email, password})).user)
})

test('where a second factor is required, nobody signs in without one', async () => {
  site = strict
  const {email, answer} = await registered()
  assert.deepEqual([answer.user, answer.code], [undefined, 'tfa-setup-is-required'])
  assert.equal(await signedIn(), undefined)
  assert.equal((await client.login({email, password})).code, 'tfa-setup-is-required')
  const {app} = await enrol()
  assert.ok(await signedIn())
  cookies.clear()
  assert.equal((await client.login({email, password})).code, 'tfa-validation-is-required')
  assert.equal((await tfa('validate', {code: await app.code()})).status, 200)
  assert.ok(await signedIn())
})
