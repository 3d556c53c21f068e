// What npm @quintype/bridgekeeper-js, unmodified, does with codes, against
// examples/bridgekeeper, a mail server and a receiver of short messages.
import assert from 'node:assert/strict'
import {createRequire} from 'node:module'
import {after, before, beforeEach, test} from 'node:test'
import {Mailbox} from './mail.mjs'
import {Messages} from './messages.mjs'
import {Page} from './page.mjs'
import {Server} from './server.mjs'

const password = 'correct horse battery'
const mailbox = new Mailbox(), messages = new Messages()
let client, page, servers = []

before(() => Promise.all([mailbox.start(), messages.start()]))
// Each test has a server of its own: rates count for all that come from one address.
beforeEach(async () => {
  page = new Page(await started(text => text))
  globalThis.fetch = page.fetch
  client = createRequire(import.meta.url)('@quintype/bridgekeeper-js')
})
after(() => Promise.all([mailbox.stop(), messages.stop(), ...servers.map(server => server.stop())]))

async function started(edit) {
  const server = new Server('bridgekeeper', text => edit(text) +
    `mail: {from: app@example.com, smtp: {host: 127.0.0.1, port: ${mailbox.port}, tls: none}}\nmessages: {webhook: "${messages.url}"}\n`)
  servers.push(server)
  await server.start()
  return server
}

let accounts = 0
async function registered() {
  const email = `ann${++accounts}@example.com`
  const {user} = await client.register({name: 'Ann', email, password})
  return {email, user}
}

// code is the one in the next mail to somebody.
const code = async address => (await mailbox.next(address)).text.match(/[1-9]\d{5}/)[0]

test('a code of a mail signs in, once', async () => {
  const {email, user} = await registered()
  await client.sendVerificationLink(email, '/')
  const link = await mailbox.link(email)
  await page.fetch(link.pathname, {method: 'POST', body: new URLSearchParams(link.search)})
  page.cookies.clear()
  const sent = await client.sendOtp({email})
  assert.deepEqual([sent.status, sent.message, sent.error], [200, 'OTP was sent successfully.', undefined])
  const otp = await code(email)
  const wrong = await client.login({email, otp: otp === '111111' ? '222222' : '111111'})
  assert.deepEqual([wrong.user, typeof wrong.message], [undefined, 'string'])
  assert.equal((await client.login({email, otp: Number(otp)})).user.id, user.id)
  page.cookies.clear()
  assert.equal((await client.login({email, otp})).user, undefined, 'it is used up')
  assert.ok((await client.login({email, password})).user, 'the password is what it was')
})

test('a code makes an account only where the caller asks for one', async () => {
  const email = 'unknown@example.com'
  await client.sendOtp({email})
  assert.equal((await client.login({email, otp: await code(email)})).user, undefined)
  await client.sendOtp({email})
  const made = await client.login({email, otp: await code(email), 'auto-signup': true})
  assert.deepEqual([made.user.email, made.user['verification-status']], [email, 'email'])
  assert.ok(page.cookies.get('qt-auth'))
})

test('a code goes to the signed-in user, and to nobody else without an address', async () => {
  const {email} = await registered()
  assert.equal((await client.sendOtp()).status, 200)
  assert.ok(await code(email))
  page.cookies.clear()
  for (const data of [{}, 'a@example.com']) {
    const {status, message, error} = await client.sendOtp(data)
    assert.ok(status >= 400 && message && error.message, JSON.stringify(data))
  }
})

test('a password is reset by a code', async () => {
  const {email} = await registered()
  await client.sendOtp({email})
  const otp = await code(email)
  const reset = digits => client.resetPassword({email, otp: digits, 'new-password': 'another fine phrase'})
  const wrong = await reset(otp === '111111' ? '222222' : '111111')
  assert.deepEqual([wrong.error.message, wrong.message], ['OTP did not match', undefined])
  const done = await reset(otp)
  assert.deepEqual([done.message, done.error], ['Password was successfully reset', undefined])
  assert.equal((await client.currentUser()).user, undefined, 'sessions are over')
  assert.ok((await client.login({email, password: 'another fine phrase'})).user)
})

// signedUp makes an account as a sign-up page does that asks for a code then.
async function signedUp() {
  const email = `bea${++accounts}@example.com`
  const {user} = await client.register({name: 'Bea', email, password, 'dont-login': true})
  assert.deepEqual([user.email, user['verification-status']], [email, null])
  return {email, user}
}

test('who signed up confirms the address by a code, and keeps the password', async () => {
  const {email, user} = await signedUp()
  assert.equal((await client.sendOtp({email})).status, 200)
  const otp = await code(email)
  const verify = digits => client.updateWithOtp(digits, {email, 'verification-status': 'email'})
  assert.equal((await verify(otp === '111111' ? '222222' : '111111')).status, 400)
  assert.equal((await verify(otp)).status, 200)
  assert.equal((await verify(otp)).status, 400, 'it is used up')
  assert.equal(page.cookies.has('qt-auth'), false)
  const signedIn = await client.login({email, password})
  assert.deepEqual([signedIn.user.id, signedIn.user['verification-status']], [user.id, 'email'])
})

//
test('who holds an address does not confirm the account of another who has typed it, and may take it', async () => {
  const {email} = await signedUp()
  await page.elsewhere(async () => {
    await client.sendOtp({email})
    const otp = await code(email)
    assert.equal((await client.updateWithOtp(otp, {email})).status, 400)
    await client.sendOtp({email})
    assert.equal((await client.login({email, otp: await code(email)})).user['verification-status'], 'email')
  })
  assert.equal((await client.login({email, password})).user, undefined, 'the password of the other is over')
})

test('a code is taken from the browser that asked for it only', async () => {
  const {email} = await signedUp()
  await page.elsewhere(() => client.sendOtp({email}))
  assert.equal((await client.updateWithOtp(await code(email), {email})).status, 400)
})

//
test('a signed-in user has another address when its code is typed, and the old one is told', async () => {
  const {email, user} = await registered()
  const next = `new-${email}`
  await client.sendOtp({email: next})
  assert.equal((await client.currentUser()).user.email, email, 'not yet')
  assert.equal((await client.updateWithOtp(await code(next), {email: next})).status, 200)
  const {user: changed} = await client.currentUser()
  assert.deepEqual([changed.id, changed.email, changed['verification-status']], [user.id, next, 'email'])
  assert.match((await mailbox.next(email)).subject, /address was changed/)
  await client.sendOtp({email})
  await page.elsewhere(() => client.register({email, password}))
  assert.equal((await client.updateWithOtp(await code(email), {email})).status, 400, 'it is taken')
})

test('a code makes an account by register', async () => {
  const email = 'coded@example.com'
  await client.sendOtp({email})
  const otp = await code(email)
  const wrong = await client.register({email, otp: otp === '111111' ? '222222' : '111111'})
  assert.deepEqual([wrong.user, wrong.message], [undefined, 'OTP did not match'])
  const {user} = await client.register({name: 'Cod', email, otp})
  assert.deepEqual([user.email, user.name, user['verification-status']], [email, 'Cod', 'email'])
  assert.equal((await client.currentUser()).user.id, user.id)
  await client.sendOtp({email})
  assert.equal((await client.register({email, otp: await code(email)})).message, 'User Already exists')
})

test('the same by phone', async () => {
  const phone = '+15550001111', other = '+15550002222'
  await client.sendOtp({'phone-number': phone})
  const {user} = await client.register({'login-phone-number': phone, otp: await messages.code(phone)})
  assert.deepEqual([user['phone-number'], user.email, user['verification-status']], [phone, null, 'phone'])
  await client.sendOtp({'phone-number': other})
  assert.equal((await client.updateWithOtp(await messages.code(other), {'login-phone-number': other})).status, 200)
  assert.match(await messages.next(phone), /another phone number/)
  page.cookies.clear()
  await client.sendOtp({'phone-number': other})
  assert.equal((await client.login({'phone-number': other, otp: Number(await messages.code(other))})).user.id, user.id)
  page.cookies.clear()
  await client.sendOtp({'phone-number': phone})
  const made = await client.login({'phone-number': phone, otp: await messages.code(phone), 'auto-signup': true})
  assert.notEqual(made.user.id, user.id)
})

test('sessions are limited by refusing, where the application says so', async () => {
  page.server = await started(text => text.replace('limit: {max: 10, policy: endOldest}', 'limit: {max: 2, policy: refuse}'))
  const {email} = await registered()
  assert.equal((await page.elsewhere(() => client.login({email, password})))['active-sessions-count'], 2)
  await page.elsewhere(async () => {
    const response = await page.fetch('/api/auth/v1/login', {method: 'POST', body: JSON.stringify({email, password}), headers: {'Content-Type': 'application/json'}})
    const {user, message} = await response.json()
    assert.deepEqual([response.status, user, page.cookies.size], [403, undefined, 0])
    assert.match(message, /too many devices/)
  })
  await page.fetch('/api/auth/v1/kick')
  assert.ok((await page.elsewhere(() => client.login({email, password}))).user)
})
