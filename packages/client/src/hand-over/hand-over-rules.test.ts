import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../agent/config.ts'
import { chooseRule, fillIn } from './hand-over-rules.ts'

const folder = mkdtempSync(join(tmpdir(), 'sanad-rules-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const BASE = `serverUrl: https://s.example
serverId: s.example
managementRoot: root.pem
stateDirectory: state
chipDirectory: chips
handOverDirectory: hand-over
`
function load(handOver: string) {
  const path = join(folder, 'client.yaml')
  writeFileSync(path, `${BASE}handOver:\n${handOver}`)
  return loadConfig(path)
}

const PKCS12 = '{ kind: pkcs12, path: "keys/{serialNo}.p12", passwordFile: password }'

describe('The rules of hand-over in client.yaml', () => {
  it('gives each device the first rule of hand-over that fits it, with paths relative to the file', async () => {
    const { handOver = [] } = await load(`
  - { kind: pem, for: { serialNo: S1 } }
  - { kind: pkcs11, for: { make: Example, model: Face }, module: /usr/lib/x.so, tokenLabel: t, pinFile: pin }
  - ${PKCS12}
`)
    const formOf = (model: string, serialNo: string) =>
      chooseRule(handOver, { make: 'Example', model, serialNo })
    expect(formOf('Face', 'S1')?.kind).toBe('pem')
    expect(formOf('Face', 'S2')).toMatchObject({ kind: 'pkcs11', pinFile: join(folder, 'pin') })
    const rest = formOf('Iris', 'S3')
    expect(rest).toMatchObject({ kind: 'pkcs12', passwordFile: join(folder, 'password') })
    const path = rest?.kind === 'pkcs12' ? rest.path : ''
    const device = { make: 'Example', model: 'Iris', serialNo: 'S3' }
    expect(fillIn(path, device)).toBe(join(folder, 'keys', 'S3.p12'))
  })

  it.each([
    ['a form that does not exist', '  - { kind: jks, path: x }'],
    ['a password in the file', `  - { ${PKCS12.slice(2, -2)}, password: qwerty }`],
    ['a PIN in the file', '  - { kind: pkcs11, module: /x.so, tokenLabel: t, pin: 1234 }'],
    [
      'a module by a relative path',
      '  - { kind: pkcs11, module: x.so, tokenLabel: t, pinFile: p }',
    ],
    ['a command for a shell', '  - { kind: pem, reload: { kind: command, command: [restart] } }'],
    [
      'a request to another computer',
      '  - { kind: pem, reload: { kind: http, url: "http://10.0.0.1:1/" } }',
    ],
    ['a request by name', '  - { kind: pem, reload: { kind: http, url: "http://localhost:1/" } }'],
    [
      'a request with a name in front',
      '  - { kind: pem, reload: { kind: http, url: "http://127.0.0.1:1@x:80/" } }',
    ],
  ])('refuse %s', async (_, rule) => {
    await expect(load(rule)).rejects.toMatchObject({ code: 'client.configuration-invalid' })
  })

  it.each([
    ['a command', '  - { kind: pem, reload: { kind: command, command: [/bin/true] } }'],
    ['a module', '  - { kind: pkcs11, module: /x.so, tokenLabel: t, pinFile: p }'],
  ])('accepts %s only in a file that no other account can change', async (_, rule) => {
    await load(rule)
    const path = join(folder, 'client.yaml')
    chmodSync(path, 0o666)
    await expect(loadConfig(path)).rejects.toMatchObject({ code: 'client.permissions-too-open' })
    chmodSync(path, 0o644)
    await loadConfig(path)
  })
})
