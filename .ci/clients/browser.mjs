// A browser for tests: hosts that all lead to one server, a cookie jar for each, redirects
// that are followed, and what Sec-Fetch-Site says on the way.
import {request} from 'node:http'

export class Browser {
  // port is the server's.
  constructor(port) {
    this.port = port
    this.jars = new Map()
  }

  cookies(host) {
    if (!this.jars.has(host)) this.jars.set(host, new Map())
    return this.jars.get(host)
  }

  // page makes fetch what a page of a host has.
  page(host) {
    return (path, init = {}) => this.send(new URL(path, `http://${host}:${this.port}`), 'same-origin', init)
  }

  // visit goes to an address, as a link on a page of another site does or, without one, as
  // somebody who types it; it follows redirects until one leads to an address that stops.
  async visit(address, {from, stop = () => false} = {}) {
    this.way = []
    for (let url = new URL(address), site = from ?? 'none'; ;) {
      this.way.push(url.href)
      if (stop(url)) return {url, status: 0}
      const response = await this.send(url, site, {headers: {'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document'}})
      const location = response.headers.get('location')
      if (!location) return {url, status: response.status, response}
      const next = new URL(location, url)
      if (site === 'same-origin' && next.host !== url.host) site = 'cross-site'
      url = next
    }
  }

  // send sends one request to the server, whatever the host, and keeps its cookies.
  send(url, site, init) {
    const cookies = this.cookies(url.hostname)
    const headers = new Headers(init.headers)
    headers.set('Sec-Fetch-Site', site)
    if (cookies.size > 0) headers.set('Cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const options = {host: '127.0.0.1', port: this.port, path: url.pathname + url.search, method: init.method ?? 'GET'}
    return new Promise((done, fail) => {
      const r = request({...options, headers: {...Object.fromEntries(headers), Host: url.host}}, async response => {
        const parts = []
        for await (const part of response) parts.push(part)
        for (const line of response.headers['set-cookie'] ?? []) this.keep(cookies, line)
        const body = response.statusCode === 204 ? null : Buffer.concat(parts)
        const {'set-cookie': _, ...rest} = response.headers
        done(new Response(body, {status: response.statusCode, headers: rest}))
      })
      r.on('error', fail)
      r.end(init.body === undefined ? undefined : String(init.body))
    })
  }

  keep(cookies, line) {
    const [pair, ...attributes] = line.split('; ')
    const at = pair.indexOf('=')
    for (const wanted of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/']) {
      if (!attributes.includes(wanted)) throw new Error(`the cookie lacks ${wanted}: ${line}`)
    }
    if (attributes.includes('Max-Age=0')) cookies.delete(pair.slice(0, at))
    else cookies.set(pair.slice(0, at), pair.slice(at + 1))
  }
}
