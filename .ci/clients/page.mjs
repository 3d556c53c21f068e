// A page of the same site as a server, for tests: its fetch takes relative addresses and
// has a cookie jar.
import assert from 'node:assert/strict'

const request = globalThis.fetch

export class Page {
  cookies = new Map()

  // server has the url that addresses are relative to.
  constructor(server) {
    this.server = server
  }

  // fetch is for globalThis.fetch, as a script of the page would call it.
  fetch = async (path, init = {}) => {
    const headers = new Headers(init.headers)
    headers.set('Sec-Fetch-Site', 'same-origin')
    if (this.cookies.size > 0) headers.set('Cookie', [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await request(new URL(path, this.server.url), {...init, headers, redirect: 'manual'})
    for (const line of response.headers.getSetCookie()) this.keep(line)
    return response
  }

  keep(line) {
    const [pair, ...attributes] = line.split('; ')
    const at = pair.indexOf('=')
    if (attributes.includes('Max-Age=0')) this.cookies.delete(pair.slice(0, at))
    else this.cookies.set(pair.slice(0, at), pair.slice(at + 1))
    assert.ok(attributes.includes('HttpOnly') && attributes.includes('Secure') && attributes.includes('SameSite=Lax'), line)
  }

  // elsewhere runs something with an empty jar, as on another device.
  async elsewhere(run) {
    const own = this.cookies
    this.cookies = new Map()
    try {
      return await run()
    } finally {
      this.cookies = own
    }
  }
}
