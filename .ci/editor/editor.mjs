// Asks yaml-language-server, as an editor would, about every node type and form: what
// is proposed, what a hover shows, what is reported.
//
//   node editor.mjs latchwork   # the binary to test
import assert from 'node:assert/strict'
import {execFileSync, spawn} from 'node:child_process'
import {mkdtempSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import rpc from 'vscode-languageserver-protocol/node.js'

const binary = process.argv[2]
const run = (...args) => execFileSync(binary, args, {encoding: 'utf8', maxBuffer: 1 << 26})
const types = JSON.parse(run('nodes', '--json'))
const folder = mkdtempSync(join(tmpdir(), 'latchwork-editor-'))
const schemas = {}
for (const [kind, glob] of [['flow', '**/*.flow.yaml'], ['app', '**/app.yaml']]) {
  const file = join(folder, `${kind}.schema.json`)
  writeFileSync(file, run('schema', kind))
  schemas[pathToFileURL(file).href] = [glob]
}

const server = spawn(process.execPath, [createRequire(import.meta.url).resolve('yaml-language-server/bin/yaml-language-server'), '--stdio'],
  {stdio: ['pipe', 'pipe', 'inherit']})
const client = rpc.createMessageConnection(new rpc.StreamMessageReader(server.stdout), new rpc.StreamMessageWriter(server.stdin))
const settings = {
  yaml: {schemas, validate: true, hover: true, completion: true, hoverSchemaSource: false, schemaStore: {enable: false, url: ''}, kubernetesCRDStore: {enable: false}},
  http: {},
}
const waiting = new Map()
client.onRequest('workspace/configuration', ({items}) => items.map(item => settings[item.section] ?? null))
client.onRequest('client/registerCapability', () => null)
client.onNotification('textDocument/publishDiagnostics', d => { waiting.get(d.uri)?.(d.diagnostics); waiting.delete(d.uri) })
client.listen()
await client.sendRequest('initialize', {processId: process.pid, rootUri: null, capabilities: {
  workspace: {configuration: true},
  textDocument: {hover: {contentFormat: ['markdown']}, completion: {completionItem: {snippetSupport: true, documentationFormat: ['markdown']}}},
}})
await client.sendNotification('initialized', {})
await client.sendNotification('workspace/didChangeConfiguration', {settings: {}})

// open shows a text to the server; ¦ marks the cursor. Answers are right only
// after the diagnostics have come: before, the settings are not there.
let opened = 0
async function open(text, name = `${++opened}.flow.yaml`) {
  const at = Math.max(0, text.indexOf('¦')), before = text.slice(0, at).split('\n')
  const uri = `file:///t/${++opened}/${name}`
  const diagnostics = new Promise(resolve => waiting.set(uri, resolve))
  await client.sendNotification('textDocument/didOpen', {textDocument: {uri, languageId: 'yaml', version: 1, text: text.replace('¦', '')}})
  const where = {textDocument: {uri}, position: {line: before.length - 1, character: before.at(-1).length}}
  return {
    problems: (await diagnostics).map(d => d.message),
    proposals: async () => (await client.sendRequest('textDocument/completion', where)).items,
    hover: async () => (await client.sendRequest('textDocument/hover', where))?.contents.value ?? '',
  }
}
const proposals = async text => (await open(text)).proposals()
const problems = async text => (await open(text)).problems
const skeleton = 7 // the kind of a proposal that inserts all required keys
const words = async text => (await proposals(text)).filter(p => p.kind !== skeleton).map(p => p.label).sort()

const head = 'version: 1\nflow: f\nnodes:\n  - '
const use = head + 'id: x\n    use: '
const forms = ['if', 'switch', 'set', 'merge', 'return']
const names = types.map(t => t.name)

assert.deepEqual(await words(head + '¦\n'), ['allow', 'id', 'note', 'reveal', 'timeout', 'trust', 'use'])
const offered = await proposals(use + '¦\n')
assert.deepEqual(offered.map(p => p.label).sort(), [...names, ...forms.filter(f => !names.includes(f))].sort())
assert.ok(offered.every(p => p.documentation), 'every type is proposed with its documentation')
assert.deepEqual(await problems(use + 'user.gett\n'), ['No such node type. `latchwork nodes` lists them.'])
assert.deepEqual(await problems(use + 'flow.signedIn\n'), [])

// What the schema can tell of the forms: keys under use, and the problem.
const mistakes = {
  if: [
    ['with: {when: x, noSuchField: 1}', 'next: {else: y}', 'Property noSuchField is not allowed.'],
    ['with: {}', 'next: {else: y}', 'Missing property "when".'],
    ['', 'next: {else: y}', 'Missing property "with".'],
    ['with: {when: x}', 'next: {else: y, noSuchOutcome: z}', 'Property noSuchOutcome is not allowed.'],
    ['with: {when: x}', 'next: {then: y}', 'Missing property "else".'],
    ['with: {when: x}', '', 'Missing property "next".'],
  ],
  switch: [
    ['with: {value: x, noSuchField: 1}', 'next: {default: y}', 'Property noSuchField is not allowed.'],
    ['with: {}', 'next: {default: y}', 'Missing property "value".'],
    ['', 'next: {default: y}', 'Missing property "with".'],
    ['with: {value: x}', 'next: {a: y}', 'Missing property "default".'],
    ['with: {value: x}', '', 'Missing property "next".'],
  ],
  set: [
    ['', '', 'Missing property "with".'],
    ['with: {a: x}', 'next: {noSuchOutcome: y}', 'Property noSuchOutcome is not allowed.'],
  ],
  merge: [
    ['', '', 'Missing property "with".'],
    ['with: {a: [x]}', 'next: {noSuchOutcome: y}', 'Property noSuchOutcome is not allowed.'],
  ],
  return: [
    ['with: {outcome: a}', 'next: {noSuchOutcome: y}', 'Property next is not allowed.'],
  ],
}
for (const form of forms) {
  for (const [fields, edges, problem] of mistakes[form]) {
    assert.deepEqual(await problems(`${use}${form}\n    ${fields}\n    ${edges}\n`), [problem], `${form} ${fields} ${edges}`)
  }
}

let checked = 0
for (const t of types) {
  const fields = (t.inputs ?? []).map(f => f.name).sort()
  if (fields.length > 0) assert.deepEqual(await words(`${use}${t.name}\n    with:\n      ¦\n`), fields, `fields of ${t.name}`)
  if (!t.ends && t.outcomes?.length && !forms.includes(t.name)) {
    assert.deepEqual(await words(`${use}${t.name}\n    next:\n      ¦\n`), [...t.outcomes.map(o => o.name), 'error'].sort(), `outcomes of ${t.name}`)
  }
  const hover = await (await open(`${use}${t.name.slice(0, -1)}¦${t.name.slice(-1)}\n`)).hover()
  assert.ok(hover.replace(/\\/g, '').includes(t.doc.slice(0, 20)), `hover of ${t.name}: ${hover}`)
  const example = await problems(`version: 1\nflow: f\nnodes:${t.example}`)
  assert.deepEqual(example, [], `example of ${t.name}`)
  checked++
  if (forms.includes(t.name)) continue // of these, above
  const wrong = await problems(`${use}${t.name}\n    with:\n      noSuchField: 1\n`)
  assert.ok(wrong.some(m => m.includes('noSuchField')) || wrong.some(m => m.includes('with')), `unknown field of ${t.name}: ${wrong}`)
  if (!t.ends) {
    const unwired = await problems(`${use}${t.name}\n    next:\n      noSuchOutcome: x\n`)
    assert.ok(unwired.some(m => m.includes('noSuchOutcome')), `unknown outcome of ${t.name}: ${unwired}`)
  }
}

for (const folder of ['quickstart', 'altogic', 'bridgekeeper']) {
  const example = new URL(`../../examples/${folder}/`, import.meta.url)
  const valid = readdirSync(example).filter(name => name.endsWith('.yaml') && name !== 'app.yaml')
  assert.ok(valid.length > 0, `${folder} has flows`)
  for (const name of valid) {
    assert.deepEqual(await problems(readFileSync(new URL(name, example), 'utf8')), [], `${folder}/${name}`)
  }
}

const get = await proposals(use + 'password.check\n    ¦\n')
assert.match(get.find(p => p.kind === skeleton).textEdit.newText, /^with:\n {2}userId: \$1\n {2}password: \$2\nnext:\n {2}mismatch: \$3$/)
assert.deepEqual(await problems(use + 'respond\n    with: {status: x}\n'), ['Give a whole number or one whole expression: ${{ … }}.'])
assert.deepEqual(await problems(use + 'respond\n    with: {status: "${{ x }}"}\n'), [])

const app = await open('version: 1\nserver:\n  lisen: x\n', 'app.yaml')
assert.deepEqual(app.problems, ['Property lisen is not allowed.'])

await client.sendRequest('shutdown')
await client.sendNotification('exit')
console.log(`${checked} passed, 0 failed`)
process.exit(0)
