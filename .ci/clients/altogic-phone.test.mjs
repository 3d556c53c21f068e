// What npm altogic, unmodified, does by phone, against examples/altogic and a receiver of
// short messages.
import assert from 'node:assert/strict'
import {after, before, test} from 'node:test'
import * as altogic from './altogic.mjs'
import {code, password} from './altogic.mjs'
import {Messages} from './messages.mjs'
import {Server} from './server.mjs'

const messages = new Messages()
let server, clientKey, open, openKey

before(async () => {
  await messages.start()
  server = new Server('altogic', text => text.replace('confirmPhone: false', 'confirmPhone: true') +
    `messages: {webhook: "${messages.url}"}\n`)
  clientKey = server.key('client', '--public')
  open = new Server('altogic', text => text + `messages: {webhook: "${messages.url}"}\n`)
  openKey = open.key('client', '--public')
  await Promise.all([server.start(), open.start()])
})
after(() => Promise.all([server.stop(), open.stop(), messages.stop()]))

const connect = () => altogic.connect(server.url, clientKey)
const other = digits => digits === '999999' ? '999998' : String(Number(digits) + 1)

let accounts = 0
const number = () => `+1555000${String(++accounts).padStart(4, '0')}`

async function confirmed() {
  const phone = number(), client = connect()
  await client.auth.signUpWithPhone(phone, password, 'Ann')
  assert.equal((await client.auth.verifyPhone(phone, await messages.code(phone))).errors, null)
  const {user, errors} = await client.auth.signInWithPhone(phone, password)
  assert.equal(errors, null)
  return {phone, client, user}
}

test('a number is confirmed by the code that is sent to it', async () => {
  const client = connect(), phone = number()
  const signedUp = await client.auth.signUpWithPhone(phone, password, 'Ann')
  assert.equal(signedUp.errors, null)
  assert.equal(signedUp.session, null)
  assert.deepEqual([signedUp.user.phone, signedUp.user.phoneVerified], [phone, false])
  const early = await client.auth.signInWithPhone(phone, password)
  assert.equal(early.errors.status, 401)
  assert.equal(code(early.errors), 'phone_not_verified')

  const text = await messages.next(phone), [digits] = text.match(/[1-9][0-9]{5}/)
  assert.match(text, /An account was made with this number/)
  assert.equal(code((await client.auth.verifyPhone(phone, other(digits))).errors), 'invalid_code')
  assert.equal(code((await client.auth.signInWithCode(phone, digits)).errors), 'invalid_code', 'it confirms, and does not sign in')
  const {user, session} = await client.auth.verifyPhone(phone, digits)
  assert.equal(user.phoneVerified, true)
  // who made the account is perhaps another. Whoever made it knows the password.
  assert.equal(session, null)
  assert.equal(client.auth.getSession(), null)
  assert.equal(code((await connect().auth.verifyPhone(phone, digits)).errors), 'invalid_code', 'once')
  assert.equal(code((await client.auth.signUpWithPhone(phone, password)).errors), 'phone_not_unique')
  const signedIn = await client.auth.signInWithPhone(phone, password)
  assert.equal(signedIn.errors, null)
  assert.equal(client.auth.getSession().token, signedIn.session.token)
})

// The client of a page of the same site sends cookies; in Node it has none.
test('the browser that signed up is signed in by the code', async () => {
  const phone = number(), headers = {'X-Client-Key': clientKey, 'Content-Type': 'application/json'}
  const call = (path, init) => fetch(`${server.url}/_api/rest/v1/auth/${path}`, {method: 'POST', ...init, headers: {...headers, ...init?.headers}})
  const signedUp = await call('signup-phone', {body: JSON.stringify({phone, password})})
  const [cookie, ...attributes] = signedUp.headers.get('set-cookie').split('; ')
  assert.ok(['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/'].every(a => attributes.includes(a)), attributes.join())
  const query = `phone=${encodeURIComponent(phone)}&code=${await messages.code(phone)}`
  const {user, session} = await (await call(`verify-phone?${query}`, {headers: {Cookie: cookie}})).json()
  assert.equal(user.phoneVerified, true)
  const client = connect()
  client.auth.setSession(session)
  assert.equal((await client.auth.getUserFromDB()).user._id, user._id)
  assert.equal((await client.auth.signInWithPhone(phone, password)).errors, null, 'the password stays')
  const another = number()
  await connect().auth.signUpWithPhone(another, password)
  const foreign = `phone=${encodeURIComponent(another)}&code=${await messages.code(another)}`
  const confirmed = await (await call(`verify-phone?${foreign}`, {headers: {Cookie: cookie}})).json()
  assert.deepEqual([confirmed.user.phone, confirmed.session], [another, null], 'the cookie is good once')
})

//
test('another account than the own one is confirmed, and not signed in to', async () => {
  const call = (path, init) => fetch(`${server.url}/_api/rest/v1/auth/${path}`,
    {method: 'POST', ...init, headers: {'X-Client-Key': clientKey, 'Content-Type': 'application/json', ...init?.headers}})
  const own = number(), other = number()
  const cookie = (await call('signup-phone', {body: JSON.stringify({phone: own, password})})).headers.get('set-cookie').split('; ')[0]
  await connect().auth.signUpWithPhone(other, password)
  const query = `phone=${encodeURIComponent(other)}&code=${await messages.code(other)}`
  const {user, session} = await (await call(`verify-phone?${query}`, {headers: {Cookie: cookie}})).json()
  assert.deepEqual([user.phone, user.phoneVerified, session], [other, true, null])
})

//
test('a code that signs in takes an account away from whoever made it with the number of another', async () => {
  const maker = connect(), holder = connect(), phone = number()
  await maker.auth.signUpWithPhone(phone, password)
  await messages.next(phone)
  await holder.auth.sendSignInCode(phone)
  const {user, errors} = await holder.auth.signInWithCode(phone, await messages.code(phone))
  assert.deepEqual([errors, user.phoneVerified], [null, true])
  assert.equal(code((await maker.auth.signInWithPhone(phone, password)).errors), 'invalid_credentials')
})

test('who signed up and is signed in confirms the number, and keeps the password', async () => {
  const client = altogic.connect(open.url, openKey), phone = number()
  const {user, session} = await client.auth.signUpWithPhone(phone, password, 'Ann')
  assert.equal(client.auth.getSession().token, session.token)
  assert.equal((await client.auth.resendVerificationCode(phone)).errors, null)
  const verified = await client.auth.verifyPhone(phone, await messages.code(phone))
  assert.equal(verified.errors, null)
  assert.deepEqual([verified.user._id, verified.user.phoneVerified, verified.session], [user._id, true, null])
  assert.equal((await client.auth.signInWithPhone(phone, password)).errors, null)
})

test('a code that confirms a number does not change the number of another account', async () => {
  const client = altogic.connect(open.url, openKey), phone = number(), other = number()
  const own = await client.auth.signUpWithPhone(other, password)
  const stolen = altogic.connect(open.url, openKey)
  await stolen.auth.signUpWithPhone(phone, password)
  await client.auth.resendVerificationCode(other)
  const confirmed = await stolen.auth.verifyPhone(other, await messages.code(other))
  assert.deepEqual([confirmed.user._id, confirmed.session], [own.user._id, null])
  assert.equal((await stolen.auth.getUserFromDB()).user.phone, phone)
})

test('the code that confirms a number is sent again, and the first is good no longer', async () => {
  const client = connect(), phone = number()
  await client.auth.signUpWithPhone(phone, password)
  const first = await messages.code(phone)
  assert.equal((await client.auth.resendVerificationCode(phone)).errors, null)
  const second = await messages.code(phone)
  if (first !== second) assert.equal(code((await client.auth.verifyPhone(phone, first)).errors), 'invalid_code')
  assert.equal((await client.auth.verifyPhone(phone, second)).user.phoneVerified, true)
})

test('a code signs in, and nobody learns who has an account', async () => {
  const {phone, user} = await confirmed()
  const client = connect(), nobody = number()
  assert.equal((await client.auth.sendSignInCode(nobody)).errors, null)
  assert.equal((await client.auth.sendSignInCode(phone)).errors, null)
  const digits = await messages.code(phone)
  assert.equal(code((await client.auth.signInWithCode(nobody, digits)).errors), 'invalid_code')
  const signedIn = await client.auth.signInWithCode(phone, digits)
  assert.equal(signedIn.user._id, user._id)
  assert.equal((await client.auth.getUserFromDB()).user._id, user._id)
  assert.deepEqual(messages.all.filter(message => message.to === nobody), [])
})

test('a code is good for five tries', async () => {
  const {phone} = await confirmed()
  const client = connect()
  await client.auth.sendSignInCode(phone)
  const digits = await messages.code(phone)
  for (let i = 0; i < 5; i++) assert.equal(code((await client.auth.signInWithCode(phone, other(digits))).errors), 'invalid_code')
  assert.equal(code((await client.auth.signInWithCode(phone, digits)).errors), 'invalid_code')
})

test('a code sets a password, and does nothing else', async () => {
  const {phone, client} = await confirmed()
  const fresh = connect()
  assert.equal((await fresh.auth.sendResetPwdCode(phone)).errors, null)
  const digits = await messages.code(phone)
  assert.equal(code((await fresh.auth.signInWithCode(phone, digits)).errors), 'invalid_code', 'it signs nobody in')
  assert.equal((await fresh.auth.resetPwdWithCode(phone, digits, 'short')).errors.status, 400)
  assert.equal((await fresh.auth.resetPwdWithCode(phone, digits, 'another fine phrase')).errors, null)
  assert.equal(code((await fresh.auth.resetPwdWithCode(phone, digits, 'a third fine phrase')).errors), 'invalid_code')
  assert.equal(code((await client.auth.getUserFromDB()).errors), 'invalid_session_token', 'sessions are over')
  assert.equal((await fresh.auth.signInWithPhone(phone, 'another fine phrase')).errors, null)
  assert.equal(code((await fresh.auth.signInWithPhone(phone, password)).errors), 'invalid_credentials')
})

test('a new number counts when its code is typed, and the old one is told', async () => {
  const {phone, client, user} = await confirmed()
  const next = number()
  assert.equal(code((await client.auth.changePhone('not the password', next)).errors), 'invalid_credentials')
  const asked = await client.auth.changePhone(password, next)
  assert.equal(asked.errors, null)
  assert.equal(asked.user.phone, phone, 'not yet')
  const digits = await messages.code(next)
  assert.equal(code((await connect().auth.verifyPhone(next, digits)).errors), 'invalid_code', 'for the session that asked only')
  const changed = await client.auth.verifyPhone(next, digits)
  assert.equal(changed.errors, null)
  assert.equal(changed.session, null)
  assert.deepEqual([changed.user._id, changed.user.phone, changed.user.phoneVerified], [user._id, next, true])
  assert.match(await messages.next(phone), /another phone number/)
  assert.equal(code((await connect().auth.signInWithPhone(phone, password)).errors), 'invalid_credentials')
  assert.equal((await connect().auth.signInWithPhone(next, password)).errors, null)
})
