// A mail server for tests: it takes whatever comes and keeps it.
import {once} from 'node:events'
import {simpleParser} from 'mailparser'
import {SMTPServer} from 'smtp-server'

export class Mailbox {
  mails = []
  waiting = []

  async start() {
    this.server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      onData: async (stream, _session, done) => {
        const mail = await simpleParser(stream)
        this.mails.push(mail)
        for (const wake of this.waiting.splice(0)) wake()
        done()
      },
    })
    this.server.listen(0, '127.0.0.1')
    await once(this.server.server, 'listening')
    this.port = this.server.server.address().port
  }

  // next waits for the next mail to an address and takes it.
  async next(address) {
    const end = Date.now() + 10_000
    for (;;) {
      const i = this.mails.findIndex(mail => mail.to.value.some(to => to.address === address))
      if (i >= 0) return this.mails.splice(i, 1)[0]
      if (Date.now() > end) throw new Error(`no mail came to ${address}`)
      await Promise.race([new Promise(wake => this.waiting.push(wake)), new Promise(done => setTimeout(done, 200))])
    }
  }

  // link is the address in the next mail to somebody, with its query.
  async link(address) {
    const mail = await this.next(address)
    const [link] = mail.text.match(/https?:\/\/\S+/)
    return new URL(link)
  }

  stop() {
    return new Promise(done => this.server.close(done))
  }
}
