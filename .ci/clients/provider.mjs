// A provider of OpenID Connect for tests: npm oidc-provider with its own pages, where
// whoever types a name is signed in as its person.
import {generateKeyPairSync} from 'node:crypto'
import {createServer, request} from 'node:http'

// The servers under test inherit it.
process.env.GOOGLE_SECRET = 'not-very-secret'

export class Provider {
  // people are the claims of persons, by the names that they type.
  people = {}
  clients = []

  // listen takes an address, since the clients have to know it before.
  async listen() {
    this.server = createServer((request, response) => this.handle(request, response))
    await new Promise(done => this.server.listen(0, '127.0.0.1', done))
    this.url = `http://127.0.0.1:${this.server.address().port}`
  }

  // config is what app.yaml says of it.
  get config() {
    return 'secrets: {google: {env: GOOGLE_SECRET}}\n' +
      `providers: {google: {issuer: "${this.url}", clientId: latchwork, clientSecret: "\${{ secrets.google }}"}}\n`
  }

  // start serves sign-ins to Latchwork, which comes back to redirectUri.
  async start(redirectUri) {
    const {Provider: OpenID} = await import('oidc-provider')
    const {privateKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'})
    const provider = new OpenID(this.url, {
      clients: [{client_id: 'latchwork', client_secret: process.env.GOOGLE_SECRET, redirect_uris: [redirectUri], id_token_signed_response_alg: 'ES256'}],
      claims: {openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'picture']},
      cookies: {keys: ['only for tests']},
      findAccount: (_context, id) => ({accountId: id, claims: () => ({sub: id, ...this.people[id]})}),
      jwks: {keys: [{...privateKey.export({format: 'jwk'}), alg: 'ES256', use: 'sig', kid: 'one'}]},
      pkce: {required: () => true},
    })
    this.handle = provider.callback()
  }

  stop() {
    this.server.closeAllConnections()
    return new Promise(done => this.server.close(done))
  }
}

// navigate asks for a page as browsers do that come from another site. The fetch of Node says
// always that a script asks.
function navigate(url, cookie, {method = 'GET', body}) {
  const headers = {Cookie: cookie, 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document'}
  if (body) headers['Content-Type'] = 'application/x-www-form-urlencoded'
  return new Promise((done, fail) => {
    const asked = request(url, {method, headers}, response => {
      let text = ''
      response.setEncoding('utf8').on('data', part => { text += part }).on('error', fail)
        .on('end', () => done({status: response.statusCode, headers: response.headers, text}))
    })
    asked.on('error', fail).end(body?.toString())
  })
}

// A browser without scripts: it follows redirects, keeps the cookies of each host, and fills
// in forms.
export class Browser {
  jars = new Map()

  jar(url) {
    const {host} = new URL(url)
    if (!this.jars.has(host)) this.jars.set(host, new Map())
    return this.jars.get(host)
  }

  // go opens an address and follows redirects until a page, or one that ends begins with.
  async go(url, {until = () => false, ...init} = {}) {
    for (let hops = 0; hops < 20; hops++) {
      if (until(url)) return {url}
      const jar = this.jar(url)
      const {status, headers, text} = await navigate(url, [...jar].map(([name, {value}]) => `${name}=${value}`).join('; '), init)
      for (const line of headers['set-cookie'] ?? []) {
        const [pair, ...attributes] = line.split('; ')
        const at = pair.indexOf('=')
        const gone = attributes.some(a => /^max-age=0$/i.test(a) || /^expires=.*1970/i.test(a))
        if (gone) jar.delete(pair.slice(0, at))
        else jar.set(pair.slice(0, at), {value: pair.slice(at + 1), attributes})
      }
      if (status < 300 || status > 399) return {url, status, text}
      url = new URL(headers.location, url).href
      init = {}
    }
    throw new Error(`too many redirects, the last to ${url}`)
  }

  // signIn goes to the provider from an address and signs in there as somebody. It gives the
  // address to which the browser goes next, and where until holds.
  async signIn(url, name, until) {
    let page = await this.go(url, {until})
    for (let pages = 0; pages < 3 && page.status; pages++) {
      const action = page.text.match(/<form[^>]*action="([^"]+)"/)?.[1]
      if (!action) break
      const prompt = page.text.match(/name="prompt" value="([^"]+)"/)[1]
      const body = new URLSearchParams(prompt === 'login' ? {prompt, login: name, password: 'any'} : {prompt})
      page = await this.go(new URL(action, page.url).href, {until, method: 'POST', body})
    }
    return page
  }
}
