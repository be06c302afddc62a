import { createPrivateKey, createPublicKey, verify } from 'node:crypto'
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { requirePath, validatePath } from '@sanad/protocol/wire/envelope/certificate-path'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import { parseCertificate } from '@sanad/protocol/asn1/x509'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestDatabase, startTestDatabase } from '../../test/test-database.ts'
import { type TestTrust, holdTestCeremony } from '../../test/test-trust.ts'
import { decodeCertificates } from './der/pem.ts'
import { type ResponseKey, ResponseKeys } from './response-keys.ts'
import { type TlsKey, TlsKeys, type TlsKeysOptions } from './tls-keys.ts'

let db: TestDatabase
let trust: TestTrust
let now: number
const clock = () => now
beforeAll(async () => {
  now = Date.now()
  db = await startTestDatabase()
  trust = await holdTestCeremony(db.database, clock)
})
afterAll(async () => {
  await trust[Symbol.asyncDispose]()
  await db[Symbol.asyncDispose]()
})

const away = () => Promise.reject(new SanadError('hsm.unavailable'))

describe('response keys', () => {
  /** An HSM that a test takes away and gives back. */
  const makeHsm = () => {
    const hsm = {
      isAway: false,
      certifyResponseKey: (keyId: string, tbs: Uint8Array) =>
        hsm.isAway ? away() : trust.hsm.certifyResponseKey(keyId, tbs),
    }
    return hsm
  }
  const open = (hsm = makeHsm(), more = {}) =>
    ResponseKeys.open({ hsm, root: trust.root, clock, ...more })

  it('certifies Ed25519 response keys for a day and one purpose', async () => {
    const keys = await open()
    const { certificate, signer, notAfter } = keys.current()
    const parsed = parseCertificate(certificate)
    const policy = { anchors: [trust.root.certificate], at: now }
    requirePath([parsed], { ...policy, purpose: OID.managementResponse }, 'client.wrong-server')
    expect(validatePath([parsed], { ...policy, purpose: OID.managementCommand }).isValid).toBe(
      false,
    )
    expect(notAfter - now).toBeLessThanOrEqual(DAY_MS)
    const input = Buffer.from('answer')
    const key = createPublicKey({ key: Buffer.from(parsed.spki), format: 'der', type: 'spki' })
    expect(verify(null, input, key, await signer.signInput(input))).toBe(true)
    keys.close()
  })

  it('renews response keys, and opens messages to the former key until its end', async () => {
    const keys = await open()
    const former = keys.current()
    now += 12 * HOUR_MS
    await keys.renew()
    expect(keys.current().spki).not.toEqual(former.spki)
    expect(keys.findEncryptionKey(former.encryption.public.kid)).toBe(former.encryption)
    now += 12 * HOUR_MS + 1000
    expect(keys.findEncryptionKey(former.encryption.public.kid)).toBeUndefined()
    keys.close()
    now -= 24 * HOUR_MS + 1000
  })

  it('keeps response keys in service while the HSM is away, until they expire', async () => {
    const hsm = makeHsm()
    const keys = await open(hsm)
    const { spki } = keys.current()
    hsm.isAway = true
    now += 23 * HOUR_MS
    await expect(keys.renew()).rejects.toMatchObject({ code: 'hsm.unavailable' })
    expect(keys.current().spki).toBe(spki)
    now += 2 * HOUR_MS
    expect(() => keys.current()).toThrow(expect.objectContaining({ code: 'hsm.unavailable' }))
    hsm.isAway = false
    await keys.renew()
    expect(keys.current().spki).not.toEqual(spki)
    keys.close()
    now -= 25 * HOUR_MS
  })

  it('uses a response key only once it is on record', async () => {
    const seen: ResponseKey[] = []
    let isDatabaseAway = false
    const onCertified = (key: ResponseKey) => {
      if (isDatabaseAway) return Promise.reject(new SanadError('database.unavailable'))
      seen.push(key)
      return Promise.resolve()
    }
    const keys = await open(makeHsm(), { onCertified })
    expect(seen).toEqual([keys.current()])
    isDatabaseAway = true
    await expect(keys.renew()).rejects.toMatchObject({ code: 'database.unavailable' })
    expect(keys.current()).toBe(seen[0])
    keys.close()
  })

  it('refuses response keys with an invalid signature', async () => {
    const certifyResponseKey = () => Promise.resolve(new Uint8Array(256))
    const opening = ResponseKeys.open({ hsm: { certifyResponseKey }, root: trust.root, clock })
    await expect(opening).rejects.toMatchObject({ code: 'hsm.unavailable' })
  })
})

describe('the TLS key', () => {
  const path = () => join(trust.directory, 'trust', 'tls.pem')
  const names = ['localhost', '127.0.0.1', '::1']
  const open = async (more: Partial<TlsKeysOptions> = {}): Promise<TlsKeys> => {
    const { hsm, root, directory } = trust
    const keys = await TlsKeys.open({ hsm, root, clock, names, dataDirectory: directory, ...more })
    keys.close()
    return keys
  }

  it('keeps the TLS key across restarts in a private file', async () => {
    const first = (await open()).current()
    expect((await open()).current()).toEqual(first)
    expect((await stat(path())).mode & 0o777).toBe(0o600)
    const [der] = decodeCertificates(first.cert)
    const certificate = parseCertificate(der!)
    expect(Buffer.from(certificate.spki)).toEqual(
      createPublicKey(createPrivateKey(first.key)).export({ type: 'spki', format: 'der' }),
    )
    expect(certificate.notAfter - certificate.notBefore).toBeLessThanOrEqual(90 * DAY_MS)
  })

  it('makes a new TLS key when the names change or the file is damaged', async () => {
    const first = (await open()).current()
    const second = (await open({ names: ['other.example'] })).current()
    expect(second.spki).not.toEqual(first.spki)
    await writeFile(path(), (await readFile(path(), 'utf8')).slice(0, 700))
    await chmod(path(), 0o600)
    expect((await open({ names: ['other.example'] })).current().spki).not.toEqual(second.spki)
  })

  it('renews the TLS certificate a month before expiry, on record, and updates the listener', async () => {
    const recorded: TlsKey[] = []
    const keys = await open({
      onCertified: (key) => {
        recorded.push(key)
        return Promise.resolve()
      },
    })
    const told: TlsKey[] = []
    keys.whenRenewed((key) => void told.push(key))
    const first = keys.current()
    now += 59 * DAY_MS
    await keys.renewWhenDue()
    expect(keys.current()).toBe(first)
    now += 2 * DAY_MS
    await keys.renewWhenDue()
    now -= 61 * DAY_MS
    expect(keys.current().spki).not.toEqual(first.spki)
    expect(told).toEqual([keys.current()])
    expect(recorded.at(-1)).toBe(keys.current())
  })

  it('keeps a due TLS certificate in service while the HSM is away', async () => {
    const first = (await open()).current()
    const meanwhile = first.notAfter - 10 * DAY_MS - now
    now += meanwhile
    const failures: unknown[] = []
    const hsm = { certifyTlsKey: away }
    const keys = await open({ hsm, onFailed: (error) => void failures.push(error) })
    now -= meanwhile
    expect(keys.current().spki).toEqual(first.spki)
    expect(failures).toHaveLength(1)
  })
})
