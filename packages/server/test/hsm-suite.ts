import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { parseCertificate } from '@sanad/protocol/asn1/x509'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { encodeSigningInput } from '@sanad/protocol/wire/envelope/compact'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attachSignature } from '../src/certificates/der/certificate-structure.ts'
import {
  encodeCommandKeyCertificate,
  encodeManagementRoot,
  encodeProviderRequest,
  encodeResponseKeyCertificate,
  encodeTlsCertificate,
} from '../src/certificates/management-profiles.ts'
import { tbsCertList } from '../src/hsm/agent/statements/sample-statements.ts'
import type { Hsm, HsmKey } from '../src/hsm/hsm.ts'
import { Pkcs11Hsm } from '../src/hsm/pkcs11-hsm.ts'
import { statementsToRefuse } from './hsm-oracle.ts'
import { device, deviceTbs, ed25519, isSigned, NOW } from './hsm-samples.ts'
import type { TestHsm } from './test-hsm.ts'

/** What every token has to do for the server, whatever it lacks; docs/hsm/contract.md. */
export function describeHsm(name: string, start: () => Promise<TestHsm>, gaps?: RegExp): void {
  describe(`the HSM on ${name}`, () => suiteOf(start, gaps))
}

function suiteOf(start: () => Promise<TestHsm>, gaps: RegExp | undefined): void {
  let made: TestHsm
  let hsm: Hsm
  let provider: HsmKey
  let root: HsmKey
  let command: HsmKey
  let rootTbs: Uint8Array

  beforeAll(async () => {
    made = await start()
    hsm = made.hsm
    provider = await hsm.generateKey('provider-ca', { modulusBits: 2048 })
    root = await hsm.generateKey('management-root', { modulusBits: 2048 })
    command = await hsm.generateKey('command', { modulusBits: 2048 })
    rootTbs = encodeManagementRoot({ organisation: 'Acme', commonName: 'Root' }, root.spki, {
      notBefore: new Date(NOW - 60_000),
      notAfter: new Date(NOW + 3650 * DAY_MS),
    })
  })
  afterAll(async () => {
    await hsm.close()
    await made[Symbol.asyncDispose]()
  })

  it('finds the keys of an HSM again, each with its purpose', async () => {
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
      if (gaps === undefined) expect(proof).toMatchObject({ holds: true, failures: [] })
      else expect(proof.failures.join()).toMatch(gaps)
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
      365 * DAY_MS,
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
    const refusals = statementsToRefuse(() => ({ hsm, provider, root, command }))
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
}
