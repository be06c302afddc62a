import { spawnSync } from 'node:child_process'
import { type KeyObject, X509Certificate, createPrivateKey } from 'node:crypto'
import { chmod, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { issue, makeAuthority, makeRsaKey, spkiOf } from '../../test/test-pki.ts'
import { openHandOver } from './open-hand-over.ts'
import { Pkcs12HandOver, type Pkcs12HandOverOptions } from './pkcs12-hand-over.ts'

const authority = makeAuthority('Example Biometrics')

interface Pair {
  readonly key: KeyObject
  readonly certificates: Uint8Array[]
}

function makePair(): Pair {
  const { privateKey: key, publicKey } = makeRsaKey()
  const leaf = issue(authority, { spki: spkiOf(publicKey), commonName: 'EXF1.Face' })
  return { key, certificates: [leaf, authority.der] }
}

const [first, second] = [makePair(), makePair()]

let folder: string
let options: Pkcs12HandOverOptions
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sanad-p12-'))
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, 'qwerty@123\n', { mode: 0o600 })
  const path = join(folder, 'mosipface.p12')
  options = { path, alias: 'mosip', passwordFile, form: 'legacy', withChain: false }
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** The certificate in the file, if the file opens and key and certificate fit. */
function readLeaf(): Buffer | undefined {
  const args = ['pkcs12', '-in', options.path, '-passin', 'pass:qwerty@123', '-nodes']
  const { stdout, status } = spawnSync('openssl', args, { encoding: 'utf8' })
  if (status !== 0) return undefined
  const [key = ''] = /-----BEGIN PRIVATE KEY[^]+?-----END PRIVATE KEY-----/.exec(stdout) ?? []
  const certificates = stdout.match(/-----BEGIN CERT[^]+?-----END CERTIFICATE-----/g) ?? []
  expect(certificates).toHaveLength(options.withChain ? 2 : 1)
  const leaf = new X509Certificate(certificates[0] ?? '')
  return leaf.checkPrivateKey(createPrivateKey(key)) ? leaf.raw : undefined
}

describe('The hand-over as PKCS#12', () => {
  it.each([false, true])(
    'hands key and certificates over in one file that only its owner can read (chain: %s)',
    async (withChain) => {
      options = { ...options, withChain }
      const handOver = new Pkcs12HandOver(options)
      await handOver.put(first.key, first.certificates)
      expect(readLeaf()).toEqual(Buffer.from(first.certificates[0] ?? []))
      await handOver.put(second.key, second.certificates)
      await handOver.put(second.key, second.certificates)
      expect(readLeaf()).toEqual(Buffer.from(second.certificates[0] ?? []))
      expect((await stat(options.path)).mode & 0o777).toBe(0o600)
      expect(await readdir(folder)).toEqual(['mosipface.p12', 'password'])
    },
  )

  it('removes the PEM files that the device had before', async () => {
    const device = { make: 'Example', model: 'Face', serialNo: 'EXF1' }
    const pemFolder = join(folder, 'pem')
    const pem = openHandOver({ kind: 'pem' }, device, pemFolder)
    await pem.put(first.key, first.certificates)
    expect(await readdir(pemFolder)).toHaveLength(2)
    const { path, passwordFile } = options
    const rule = { kind: 'pkcs12', path, passwordFile, alias: 'mosip' } as const
    const handOver = openHandOver(rule, device, pemFolder)
    await handOver.put(second.key, second.certificates)
    expect(readLeaf()).toEqual(Buffer.from(second.certificates[0] ?? []))
    expect(await readdir(pemFolder)).toEqual([])
  })

  it('withdraws the PKCS#12 file without a trace, also a second time', async () => {
    const handOver = new Pkcs12HandOver(options)
    await handOver.put(first.key, first.certificates)
    await writeFile(`${options.path}.draft`, 'left by a power cut')
    await handOver.withdraw()
    await handOver.withdraw()
    expect(await readdir(folder)).toEqual(['password'])
  })

  it.each([
    ['a password file that others can read', () => chmod(options.passwordFile, 0o644)],
    ['a password file that is a link', relinkPassword],
    ['no password file', () => rm(options.passwordFile)],
    ['an empty password', () => writeFile(options.passwordFile, '\n')],
    ['a password of two lines', () => writeFile(options.passwordFile, 'a\nb\n')],
    ['a password that programs read differently', () => writeFile(options.passwordFile, 'ä')],
    ['a folder in which others can put things', () => chmod(folder, 0o777)],
  ])('refuses %s, and leaves the former file', async (_, spoil) => {
    const handOver = new Pkcs12HandOver(options)
    await handOver.put(first.key, first.certificates)
    const before = await readFile(options.path)
    await spoil()
    await expect(handOver.put(second.key, second.certificates)).rejects.toThrow(
      /client\.(key-store-failed|permissions-too-open)|ELOOP/,
    )
    expect(await readFile(options.path)).toEqual(before)
  })

  async function relinkPassword(): Promise<void> {
    await writeFile(join(folder, 'elsewhere'), 'qwerty@123', { mode: 0o600 })
    await rm(options.passwordFile)
    await symlink('elsewhere', options.passwordFile)
  }

  it(
    'leaves the old file or the new one, whole, at whichever step the process is killed',
    { timeout: 120_000 },
    async () => {
      const old = Buffer.from(first.certificates[0] ?? [])
      const next = Buffer.from(second.certificates[0] ?? [])
      const seen: string[] = []
      for (let fate = 0; ; fate++) {
        await new Pkcs12HandOver(options).put(first.key, first.certificates)
        const order = {
          options,
          fate,
          key: second.key.export({ type: 'pkcs8', format: 'pem' }),
          certificates: second.certificates.map((der) => Buffer.from(der).toString('base64')),
        }
        const program = join(import.meta.dirname, '..', '..', 'test', 'die-while-handing-over.ts')
        const { status, signal, stderr } = spawnSync(process.execPath, [program], {
          input: JSON.stringify(order),
          encoding: 'utf8',
        })
        const leaf = readLeaf()
        expect([old, next]).toContainEqual(leaf)
        seen.push(leaf?.equals(next) === true ? 'new' : 'old')
        // What the killed one left does not stand in the way.
        await new Pkcs12HandOver(options).put(second.key, second.certificates)
        expect(readLeaf()).toEqual(next)
        if (signal === 'SIGKILL') continue
        expect(status, stderr).toBe(0)
        break
      }
      // Before opening, in the middle of writing, before flushing and renaming; then before the folder is flushed.
      expect(seen).toEqual(['old', 'old', 'old', 'old', 'new', 'new'])
    },
  )
})
