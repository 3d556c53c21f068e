// A server process for tests: a copy of a folder of examples/, served by the binary that
// LATCHWORK names.
import {execFileSync, spawn} from 'node:child_process'
import {once} from 'node:events'
import {cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {createInterface} from 'node:readline'

const binary = process.env.LATCHWORK
const examples = new URL('../../examples/', import.meta.url).pathname

export class Server {
  // bundle is the name of a folder of examples/; edit changes its app.yaml. port is where
  // it is served, for those who must know before; any that is free if it is left out.
  constructor(bundle, edit = text => text, port = undefined) {
    this.port = port
    this.folder = mkdtempSync(join(tmpdir(), `latchwork-${bundle}-`))
    cpSync(join(examples, bundle), this.folder, {recursive: true, filter: path => !path.includes('/app.db')}) // of a server that runs there
    const file = join(this.folder, 'app.yaml')
    writeFileSync(file, edit(readFileSync(file, 'utf8')))
  }

  // run runs a command of latchwork in the folder, and gives what it prints.
  run(...args) {
    return execFileSync(binary, args, {cwd: this.folder, encoding: 'utf8'})
  }

  // key makes an API key and gives its secret.
  key(name, ...flags) {
    return JSON.parse(this.run('key', 'create', name, '--json', ...flags)).secret
  }

  // start serves the folder until stop, at url.
  async start() {
    const [port, admin] = await Promise.all([this.port ?? freePort(), freePort()])
    this.url = `http://127.0.0.1:${port}`
    this.process = spawn(binary, ['serve', '--listen', `127.0.0.1:${port}`, '--admin', `127.0.0.1:${admin}`],
      {cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe']})
    this.log = []
    const lines = createInterface({input: this.process.stderr})
    lines.on('line', line => this.log.push(line))
    this.process.on('exit', code => { this.exitCode = code })
    for (let tries = 0; ; tries++) {
      const healthy = await fetch(`http://127.0.0.1:${admin}/readyz`).then(r => r.ok, () => false)
      if (healthy) return
      if (this.exitCode !== undefined || tries > 200) throw new Error(`latchwork does not serve:\n${this.log.join('\n')}`)
      await new Promise(done => setTimeout(done, 25))
    }
  }

  async stop() {
    if (this.process && this.exitCode === undefined) {
      const gone = once(this.process, 'exit')
      this.process.kill('SIGTERM')
      await gone
    }
    rmSync(this.folder, {recursive: true, force: true})
  }
}

export function freePort() {
  const server = createServer()
  return new Promise((done, fail) => {
    server.on('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const {port} = server.address()
      server.close(() => done(port))
    })
  })
}
