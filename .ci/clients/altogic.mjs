// What the tests of npm altogic share.
import {createRequire} from 'node:module'

export const {createClient} = createRequire(import.meta.url)('altogic')
export const password = 'correct horse battery'

// Storage is what a browser's localStorage is to the client.
class Storage extends Map {
  getItem(key) { return this.get(key) ?? null }
  setItem(key, value) { this.set(key, value) }
  removeItem(key) { this.delete(key) }
}

// connect is a client as a page has one, with a storage of its own.
export const connect = (url, key, options = {}) => createClient(url, key, {localStorage: new Storage(), ...options})

// code is the codes of errors.
export const code = errors => errors?.items.map(item => item.code).join()
