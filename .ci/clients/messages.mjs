// A receiver of short messages for tests: it takes what the server posts to a webhook.
import {once} from 'node:events'
import {createServer} from 'node:http'

export class Messages {
  all = []
  waiting = []

  async start() {
    this.server = createServer(async (request, answer) => {
      let text = ''
      for await (const part of request) text += part
      this.all.push(JSON.parse(text))
      for (const wake of this.waiting.splice(0)) wake()
      answer.writeHead(204).end()
    })
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    this.url = `http://127.0.0.1:${this.server.address().port}/`
  }

  // next waits for the next message to a number and takes it.
  async next(number) {
    const end = Date.now() + 10_000
    for (;;) {
      const i = this.all.findIndex(message => message.to === number)
      if (i >= 0) return this.all.splice(i, 1)[0].text
      if (Date.now() > end) throw new Error(`no message came to ${number}`)
      await Promise.race([new Promise(wake => this.waiting.push(wake)), new Promise(done => setTimeout(done, 200))])
    }
  }

  // code is the code in the next message to a number.
  async code(number) {
    const [, code] = (await this.next(number)).match(/\b([1-9][0-9]{5})\b/)
    return code
  }

  stop() {
    this.server.closeAllConnections()
    return new Promise(done => this.server.close(done))
  }
}
