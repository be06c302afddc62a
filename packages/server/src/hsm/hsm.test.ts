import { generateKeyPairSync, verify, createPublicKey } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { encodeSigningInput } from '@sanad/protocol/envelope/compact'
import { parseCertificate } from '@sanad/protocol/x509'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TEST_TOKENS, type TestHsm, startTestHsm } from '../../test/test-hsm.ts'
import {
  attachSignature,
  encodeTbsCertificate,
  makeSerialNumber,
} from '../certificates/der/certificate-structure.ts'
import { encodeName } from '../certificates/der/distinguished-name.ts'
import {
  encodeAuthority,
  encodeCrlDistributionPoint,
  encodeEndEntity,
  encodeExtendedKeyUsage,
  encodeKeyUsage,
} from '../certificates/der/extensions.ts'
import {
  encodeCommandKeyCertificate,
  encodeManagementRoot,
  encodeProviderRequest,
  encodeResponseKeyCertificate,
  encodeTlsCertificate,
} from '../certificates/management-profiles.ts'
import { KEY_USAGE } from '@sanad/protocol/x509'
import { OID } from '@sanad/protocol/object-identifiers'
import { tbsCertList } from './agent/statements/sample-statements.ts'
import type { Hsm, HsmKey } from './hsm.ts'
import { Pkcs11Hsm } from './pkcs11-hsm.ts'

const NOW = Date.now()
const DAY = 86_400_000
const name = encodeName({ organisation: 'Acme', commonName: 'Acme Provider' })
const device = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
  type: 'spki',
  format: 'der',
})
const ed25519 = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' })

const deviceTbs = (
  change: { spki?: Uint8Array; extensions?: Uint8Array[]; days?: number } = {},
): Uint8Array =>
  encodeTbsCertificate({
    serialNumber: makeSerialNumber(),
    issuer: name,
    notBefore: new Date(NOW - 60_000),
    notAfter: new Date(NOW + (change.days ?? 40) * DAY),
    subject: encodeName({ organisation: 'Acme', commonName: 'SERIAL000001.M' }),
    spki: change.spki ?? device,
    extensions: change.extensions ?? [
      encodeEndEntity(),
      encodeKeyUsage(KEY_USAGE.digitalSignature),
      encodeExtendedKeyUsage(OID.mosipDeviceSigning),
      encodeCrlDistributionPoint('https://server.example/crl/0011223344556677/5.crl'),
    ],
  })

const isSigned = (key: HsmKey, bytes: Uint8Array, signature: Uint8Array): boolean =>
  verify(
    'sha256',
    bytes,
    createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' }),
    signature,
  )

describe.each(TEST_TOKENS)('the HSM on %s', (token) => {
  let made: TestHsm
  let hsm: Hsm
  let provider: HsmKey
  let root: HsmKey
  let command: HsmKey
  let rootTbs: Uint8Array

  beforeAll(async () => {
    made = await startTestHsm({ token, config: { limits: { keepAliveMs: 60_000 } } })
    hsm = made.hsm
    provider = await hsm.generateKey('provider-ca', { modulusBits: 2048 })
    root = await hsm.generateKey('management-root', { modulusBits: 2048 })
    command = await hsm.generateKey('command', { modulusBits: 2048 })
    rootTbs = encodeManagementRoot({ organisation: 'Acme', commonName: 'Root' }, root.spki, {
      notBefore: new Date(NOW - 60_000),
      notAfter: new Date(NOW + 3650 * DAY),
    })
  })
  afterAll(async () => {
    await hsm.close()
    await made[Symbol.asyncDispose]()
  })

  it('finds its keys again, each with its purpose', async () => {
    const keys = await hsm.listKeys()
    expect(keys.map(({ id }) => id).toSorted()).toEqual(
      [provider.id, root.id, command.id].toSorted(),
    )
    expect(new Set(keys.map(({ purpose }) => purpose))).toEqual(
      new Set(['provider-ca', 'management-root', 'command']),
    )
  })

  it('tells by attributes, and by trying, whether a key can leave the token', async () => {
    const proofs = await hsm.proveKeys()
    expect(proofs).toHaveLength(3)
    for (const proof of proofs) {
      expect(proof.refusals.length).toBeGreaterThanOrEqual(3)
      if (token !== 'nss') expect(proof).toMatchObject({ holds: true, failures: [] })
      // NSS softokn lets a key be wrapped that is marked as not extractable: the proof finds it out.
      else expect(proof.failures.join()).toMatch(/C_WrapKey .* was not refused/)
      expect(proof.holds).toBe(proof.failures.length === 0)
    }
  })

  it('signs each purpose with the key of that purpose', async () => {
    const tbs = deviceTbs()
    expect(isSigned(provider, tbs, await hsm.signDeviceCertificate(provider.id, tbs))).toBe(true)
    const info = encodeProviderRequest(
      { organisation: 'Acme', commonName: 'Acme Provider' },
      provider.spki,
    )
    expect(isSigned(provider, info, await hsm.signCertificationRequest(provider.id, info))).toBe(
      true,
    )
    const list = tbsCertList()
    expect(isSigned(provider, list, await hsm.signRevocationList(provider.id, list))).toBe(true)
    const rootSignature = await hsm.signManagementRoot(root.id, rootTbs)
    expect(isSigned(root, rootTbs, rootSignature)).toBe(true)
    const rootCertificate = parseCertificate(attachSignature(rootTbs, rootSignature))
    const response = encodeResponseKeyCertificate(rootCertificate, ed25519, NOW)
    expect(isSigned(root, response, await hsm.certifyResponseKey(root.id, response))).toBe(true)
    const tls = encodeTlsCertificate(
      rootCertificate,
      device,
      { dns: ['localhost'], ip: ['127.0.0.1'] },
      NOW,
    )
    expect(isSigned(root, tls, await hsm.certifyTlsKey(root.id, tls))).toBe(true)
    const commandTbs = encodeCommandKeyCertificate(
      rootCertificate,
      command.spki,
      'Command key',
      365 * DAY,
      NOW,
    )
    expect(isSigned(root, commandTbs, await hsm.certifyCommandKey(root.id, commandTbs))).toBe(true)
    const transcript = encodeSigningInput({ alg: 'RS256', typ: 'sanad-transcript+jws' }, { v: 1 })
    expect(
      isSigned(root, Buffer.from(transcript), await hsm.signTranscript(root.id, transcript)),
    ).toBe(true)
    const order = encodeSigningInput({ alg: 'RS256', typ: 'sanad-command+jws' }, { v: 1 })
    expect(isSigned(command, Buffer.from(order), await hsm.signCommand(command.id, order))).toBe(
      true,
    )
  })

  describe('is no signing oracle: it refuses', () => {
    const extensions = (...more: Uint8Array[]) => [
      encodeEndEntity(),
      encodeKeyUsage(KEY_USAGE.digitalSignature),
      ...more,
    ]
    const refusals: [string, () => Promise<Uint8Array>][] = [
      [
        'bytes that are no certificate',
        () => hsm.signDeviceCertificate(provider.id, Buffer.from('sign me')),
      ],
      ['a digest', () => hsm.signDeviceCertificate(provider.id, Buffer.alloc(32, 7))],
      [
        'a device certificate that is a CA',
        () =>
          hsm.signDeviceCertificate(
            provider.id,
            deviceTbs({ extensions: [encodeAuthority(0), encodeKeyUsage(KEY_USAGE.keyCertSign)] }),
          ),
      ],
      [
        'a device certificate that may sign certificates',
        () =>
          hsm.signDeviceCertificate(
            provider.id,
            deviceTbs({
              extensions: [
                encodeEndEntity(),
                encodeKeyUsage(KEY_USAGE.digitalSignature, KEY_USAGE.keyCertSign),
              ],
            }),
          ),
      ],
      [
        'a device certificate for an Ed25519 key',
        () => hsm.signDeviceCertificate(provider.id, deviceTbs({ spki: ed25519 })),
      ],
      [
        'a device certificate for a short RSA key',
        () =>
          hsm.signDeviceCertificate(
            provider.id,
            deviceTbs({
              spki: generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({
                type: 'spki',
                format: 'der',
              }),
            }),
          ),
      ],
      [
        'a device certificate that passes for a response key',
        () =>
          hsm.signDeviceCertificate(
            provider.id,
            deviceTbs({ extensions: extensions(encodeExtendedKeyUsage(OID.managementResponse)) }),
          ),
      ],
      [
        'a device certificate that passes for a TLS server',
        () =>
          hsm.signDeviceCertificate(
            provider.id,
            deviceTbs({ extensions: extensions(encodeExtendedKeyUsage(OID.serverAuthentication)) }),
          ),
      ],
      [
        'a device certificate under the management root',
        () => hsm.signDeviceCertificate(root.id, deviceTbs()),
      ],
      [
        'a response key for a year',
        () =>
          hsm.certifyResponseKey(
            root.id,
            deviceTbs({
              spki: ed25519,
              days: 365,
              extensions: extensions(encodeExtendedKeyUsage(OID.managementResponse)),
            }),
          ),
      ],
      [
        'a response key of RSA',
        () =>
          hsm.certifyResponseKey(
            root.id,
            deviceTbs({
              days: 1,
              extensions: extensions(encodeExtendedKeyUsage(OID.managementResponse)),
            }),
          ),
      ],
      ['a TLS key without its usage', () => hsm.certifyTlsKey(root.id, deviceTbs({ days: 30 }))],
      [
        'a TLS key under the provider key',
        () =>
          hsm.certifyTlsKey(
            provider.id,
            deviceTbs({
              days: 30,
              extensions: extensions(encodeExtendedKeyUsage(OID.serverAuthentication)),
            }),
          ),
      ],
      [
        'a root for another key',
        () =>
          hsm.signManagementRoot(
            root.id,
            encodeManagementRoot({ organisation: 'Acme', commonName: 'Root' }, device, {
              notBefore: new Date(NOW),
              notAfter: new Date(NOW + DAY),
            }),
          ),
      ],
      [
        'a request for another key',
        () =>
          hsm.signCertificationRequest(
            provider.id,
            encodeProviderRequest({ organisation: 'Acme', commonName: 'A' }, device),
          ),
      ],
      [
        'a command with the typ of a transcript',
        () =>
          hsm.signCommand(
            command.id,
            encodeSigningInput({ alg: 'RS256', typ: 'sanad-transcript+jws' }, {}),
          ),
      ],
      [
        'a command under the management root',
        () =>
          hsm.signCommand(
            root.id,
            encodeSigningInput({ alg: 'RS256', typ: 'sanad-command+jws' }, {}),
          ),
      ],
      [
        'a revocation list under the management root',
        () => hsm.signRevocationList(root.id, tbsCertList()),
      ],
      [
        'an answer, which only response keys sign',
        () =>
          hsm.signCommand(
            command.id,
            encodeSigningInput({ alg: 'EdDSA', typ: 'sanad-answer+jws' }, {}),
          ),
      ],
    ]
    it.each(refusals)('%s', async (_what, ask) => {
      await expect(ask()).rejects.toMatchObject({ code: 'hsm.request-refused' })
      // And goes on signing what is right.
      const tbs = deviceTbs()
      expect(isSigned(provider, tbs, await hsm.signDeviceCertificate(provider.id, tbs))).toBe(true)
    })
  })

  it('says that a key is missing, for a key that it does not hold', async () => {
    await expect(hsm.signDeviceCertificate('00'.repeat(32), deviceTbs())).rejects.toMatchObject({
      code: 'hsm.key-missing',
    })
  })

  it('makes a key while it goes on signing, and counts its generations up', async () => {
    const making = hsm.generateKey('command', { modulusBits: 2048 })
    const tbs = deviceTbs()
    expect(isSigned(provider, tbs, await hsm.signDeviceCertificate(provider.id, tbs))).toBe(true)
    const made = await making
    expect([command.label, made.label]).toEqual(['sanad.command.1', 'sanad.command.2'])
    expect(made.id).toMatch(/^[0-9a-f]{64}$/)
  })

  it('has the same keys after it was closed and opened', async () => {
    const before = await hsm.listKeys()
    await made.hsm.close()
    await expect(made.hsm.listKeys()).rejects.toMatchObject({ code: 'hsm.unavailable' })
    const again = await Pkcs11Hsm.open(made.config)
    hsm = again
    made = { ...made, hsm: again }
    expect(new Set((await again.listKeys()).map(({ id }) => id))).toEqual(
      new Set(before.map(({ id }) => id)),
    )
  })

  it('signs two hundred at once, every one of them right', async () => {
    const all = Array.from({ length: 200 }, () => deviceTbs())
    const signatures = await Promise.all(
      all.map((tbs) => hsm.signDeviceCertificate(provider.id, tbs)),
    )
    expect(
      all.every((tbs, index) => isSigned(provider, tbs, signatures[index] ?? Buffer.alloc(0))),
    ).toBe(true)
  })

  it('comes back by itself when its agent is killed, and no request is lost', async () => {
    const { agentPid } = made.hsm
    const tbs = deviceTbs()
    const before = hsm.health().restarts
    if (agentPid !== undefined) process.kill(agentPid, 'SIGKILL')
    expect(isSigned(provider, tbs, await hsm.signDeviceCertificate(provider.id, tbs))).toBe(true)
    expect(hsm.health()).toMatchObject({ state: 'ready', restarts: before + 1 })
    expect(made.hsm.agentPid).not.toBe(agentPid)
  })

  it('keeps the PIN out of the agent’s command line and environment', async () => {
    const pin = (await readFile(made.config.pinFile, 'utf8')).trim()
    const pid = made.hsm.agentPid ?? 0
    for (const file of ['cmdline', 'environ'])
      expect(readFileSync(`/proc/${pid}/${file}`, 'utf8')).not.toContain(pin)
  })
})

describe('an HSM that does not answer', () => {
  it('fails the request by its deadline, never blocks the program, and is replaced', async () => {
    await using made = await startTestHsm({
      config: {
        limits: { callMs: 700, deadlineMs: 1500, keepAliveMs: 60_000, backoffMs: [100, 200] },
      },
    })
    const key = await made.hsm.generateKey('provider-ca', { modulusBits: 2048 })
    const pid = made.hsm.agentPid ?? 0
    if (pid > 0) process.kill(pid, 'SIGSTOP')
    let longestPause = 0
    let last = performance.now()
    const heart = setInterval(() => {
      longestPause = Math.max(longestPause, performance.now() - last)
      last = performance.now()
    }, 10)
    await expect(made.hsm.signDeviceCertificate(key.id, deviceTbs())).rejects.toMatchObject({
      code: 'hsm.unavailable',
      retryable: true,
    })
    clearInterval(heart)
    expect(longestPause).toBeLessThan(500)
    const tbs = deviceTbs()
    await expect
      .poll(
        () =>
          made.hsm.signDeviceCertificate(key.id, tbs).then(
            (signature) => isSigned(key, tbs, signature),
            () => false,
          ),
        { timeout: 15_000, interval: 100 },
      )
      .toBe(true)
    expect(made.hsm.agentPid).not.toBe(pid)
  })

  it('refuses what would wait too long, instead of holding it in memory', async () => {
    await using made = await startTestHsm({ config: { limits: { queue: 5, keepAliveMs: 60_000 } } })
    const key = await made.hsm.generateKey('provider-ca', { modulusBits: 2048 })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, () => made.hsm.signDeviceCertificate(key.id, deviceTbs())),
    )
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(refused.length).toBeGreaterThan(0)
    for (const { reason } of refused)
      expect(reason).toMatchObject({ code: 'hsm.overloaded', retryable: true })
    expect(outcomes.length - refused.length).toBeGreaterThan(0)
  })
})

describe('a PIN that the token refuses', () => {
  it('is tried once and never again, or the token would lock', async () => {
    await using made = await startTestHsm()
    await made.hsm.close()
    const pin = await readFile(made.config.pinFile, 'utf8')
    await writeFile(made.config.pinFile, `${pin.trim().slice(0, -1)}#`)
    const hsm = await Pkcs11Hsm.open(made.config)
    try {
      for (let i = 0; i < 3; i++)
        await expect(hsm.listKeys()).rejects.toMatchObject({ code: 'hsm.pin-refused' })
      await wait(300)
      expect(hsm.health()).toMatchObject({ state: 'pin-refused', restarts: 0 })
    } finally {
      await hsm.close()
    }
    // The right PIN still works: the token was not locked by tries in a row.
    await writeFile(made.config.pinFile, pin)
    const again = await Pkcs11Hsm.open(made.config)
    await expect(again.listKeys()).resolves.toEqual([])
    await again.close()
  })

  it('is not read from a file that others may read', async () => {
    await using made = await startTestHsm()
    await made.hsm.close()
    await chmod(made.config.pinFile, 0o644)
    const opened = await Pkcs11Hsm.open(made.config).then(
      async (hsm) => {
        const state = await hsm.listKeys().then(
          () => 'signed in',
          (error: { code: string }) => error.code,
        )
        await hsm.close()
        return state
      },
      (error: { code: string }) => error.code,
    )
    expect(['server.configuration-invalid', 'hsm.pin-refused']).toContain(opened)
  })
})

describe('production', () => {
  const fipsCertificate = {
    number: '4321',
    standard: 'FIPS 140-3',
    level: 3,
    moduleName: 'A module',
  } as const

  it.each(['softhsm', 'nss'] as const)(
    'refuses the software token %s, whatever certificate is recorded',
    async (token) => {
      await using made = await startTestHsm({ token })
      await made.hsm.close()
      await expect(
        Pkcs11Hsm.open({ ...made.config, mode: 'production', fipsCertificate }),
      ).rejects.toMatchObject({ code: 'hsm.not-permitted' })
    },
  )

  it('refuses a token without a recorded Level 3 certificate', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sanad-fips-'))
    const config = {
      module: '/usr/lib/vendor.so',
      tokenLabel: 'x',
      pinFile: join(directory, 'pin'),
      mode: 'production',
    } as const
    await expect(Pkcs11Hsm.open(config)).rejects.toMatchObject({ code: 'hsm.not-permitted' })
    await expect(
      Pkcs11Hsm.open({ ...config, fipsCertificate: { ...fipsCertificate, number: 'none' } }),
    ).rejects.toMatchObject({ code: 'hsm.not-permitted' })
    expect(readdirSync(directory)).toEqual([])
    await rm(directory, { recursive: true })
  })
})
