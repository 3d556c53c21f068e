// An authenticator app for tests (RFC 6238).
import {createHmac} from 'node:crypto'

const period = 30_000

// App makes codes of a secret in base 32. Each is of a later step than the one before, since
// none is taken twice; a server takes those of three steps at a time.
export class App {
  constructor(secret) {
    let bits = ''
    for (const letter of secret) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')
    this.key = Buffer.from(bits.match(/.{8}/g).map(byte => parseInt(byte, 2)))
    this.last = 0
  }

  // at is the code of a step.
  at(step) {
    const counter = Buffer.alloc(8)
    counter.writeBigUInt64BE(BigInt(step))
    const hash = createHmac('sha1', this.key).update(counter).digest()
    const offset = hash[19] & 15
    return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
  }

  // code is one that was not used. It waits where the step is about to end.
  async code() {
    const now = () => Math.floor(Date.now() / period)
    for (;;) {
      const left = period - Date.now() % period
      if (left < 3000) await new Promise(done => setTimeout(done, left))
      const step = Math.max(now() - 1, this.last + 1)
      if (step > now() + 1) {
        await new Promise(done => setTimeout(done, 1000))
        continue
      }
      this.last = step
      return this.at(step)
    }
  }

  // wrong is a code of no step near now.
  wrong() {
    const now = Math.floor(Date.now() / period)
    const good = [-2, -1, 0, 1, 2].map(by => this.at(now + by))
    return ['000000', '111111', '222222', '333333', '444444', '555555'].find(code => !good.includes(code))
  }
}
