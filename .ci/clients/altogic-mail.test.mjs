// What npm altogic, unmodified, does by mail, against examples/altogic and a mail server.
import assert from 'node:assert/strict'
import {after, before, test} from 'node:test'
import * as altogic from './altogic.mjs'
import {code, password} from './altogic.mjs'
import {Mailbox} from './mail.mjs'
import {Server} from './server.mjs'

const mailbox = new Mailbox()
let server, clientKey

before(async () => {
  await mailbox.start()
  server = new Server('altogic', text => text.replace('confirmEmail: false', 'confirmEmail: true') +
    `mail: {from: app@example.com, smtp: {host: 127.0.0.1, port: ${mailbox.port}, tls: none}}\n`)
  clientKey = server.key('client', '--public')
  await server.start()
})
after(() => Promise.all([server.stop(), mailbox.stop()]))

const connect = () => altogic.connect(server.url, clientKey)
const token = link => link.searchParams.get('access_token')

let accounts = 0
async function confirmed() {
  const email = `ann+${++accounts}@example.com`
  const client = connect()
  await client.auth.signUpWithEmail(email, password, 'Ann')
  const {user, session, errors} = await client.auth.getAuthGrant(token(await mailbox.link(email)))
  assert.equal(errors, null)
  return {email, client, user, session}
}

test('an address is confirmed by the link that is mailed to it', async () => {
  const client = connect(), email = 'new@example.com'
  const signedUp = await client.auth.signUpWithEmail(email, password, 'Ann')
  assert.equal(signedUp.errors, null)
  assert.equal(signedUp.session, null)
  assert.equal(signedUp.user.emailVerified, false)
  const early = await client.auth.signInWithEmail(email, password)
  assert.equal(early.errors.status, 401)
  assert.equal(code(early.errors), 'email_not_verified')

  const link = await mailbox.link(email)
  assert.equal(`${link.origin}${link.pathname}`, 'http://localhost:3000/auth-redirect')
  assert.equal(link.searchParams.get('action'), 'email-confirm')
  const {user, session} = await client.auth.getAuthGrant(token(link))
  assert.equal(user.emailVerified, true)
  assert.equal(client.auth.getSession().token, session.token)
  const again = await connect().auth.getAuthGrant(token(link))
  assert.equal(again.errors.status, 403)
  assert.equal(code(again.errors), 'invalid_access_token')
  assert.equal((await connect().auth.signInWithEmail(email, password)).errors, null)
})

test('the link that confirms an address is mailed again', async () => {
  const client = connect(), email = 'again@example.com'
  await client.auth.signUpWithEmail(email, password)
  await mailbox.next(email)
  assert.equal((await client.auth.resendVerificationEmail(email)).errors, null)
  const {user} = await client.auth.getAuthGrant(token(await mailbox.link(email)))
  assert.equal(user.emailVerified, true)
})

test('a magic link signs in, and nobody learns who has an account', async () => {
  const {email, user} = await confirmed()
  const client = connect()
  assert.equal((await client.auth.sendMagicLinkEmail('nobody@example.com')).errors, null)
  assert.equal((await client.auth.sendMagicLinkEmail(email)).errors, null)
  const link = await mailbox.link(email)
  assert.equal(link.searchParams.get('action'), 'magic-link')
  assert.equal((await client.auth.getAuthGrant(token(link))).user._id, user._id)
  assert.equal((await client.auth.getUserFromDB()).user._id, user._id)
  assert.deepEqual(mailbox.mails.filter(mail => mail.to.text === 'nobody@example.com'), [])
})

test('a reset link sets a password, and does nothing else', async () => {
  const {email, client} = await confirmed()
  const other = connect()
  assert.equal((await other.auth.sendResetPwdEmail(email)).errors, null)
  const reset = token(await mailbox.link(email))
  assert.equal(code((await other.auth.getAuthGrant(reset)).errors), 'invalid_access_token', 'it signs nobody in')
  const weak = await other.auth.resetPwdWithToken(reset, 'short')
  assert.equal(weak.errors.status, 400)
  assert.equal((await other.auth.resetPwdWithToken(reset, 'another fine phrase')).errors, null)
  assert.equal(code((await other.auth.resetPwdWithToken(reset, 'a third fine phrase')).errors), 'invalid_access_token')
  assert.equal(code((await client.auth.getUserFromDB()).errors), 'invalid_session_token', 'sessions are over')
  assert.equal((await other.auth.signInWithEmail(email, 'another fine phrase')).errors, null)
  assert.match((await mailbox.next(email)).subject, /password was changed/)
})

test('a new address counts when its link is used, and the old one is told', async () => {
  const {email, client, user} = await confirmed()
  const next = `new+${accounts}@example.com`
  const wrong = await client.auth.changeEmail('not the password', next)
  assert.equal(code(wrong.errors), 'invalid_credentials')
  const asked = await client.auth.changeEmail(password, next)
  assert.equal(asked.errors, null)
  assert.equal(asked.user.email, email, 'not yet')
  const link = await mailbox.link(next)
  assert.equal(link.searchParams.get('action'), 'change-email')
  const {user: changed} = await client.auth.getAuthGrant(token(link))
  assert.deepEqual([changed._id, changed.email, changed.emailVerified], [user._id, next, true])
  assert.match((await mailbox.next(email)).subject, /address was changed/)
  assert.equal(code((await connect().auth.signInWithEmail(email, password)).errors), 'invalid_credentials')
  assert.equal((await connect().auth.signInWithEmail(next, password)).errors, null)
})
