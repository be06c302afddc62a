import { createHash, createPublicKey, verify, X509Certificate } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Bench, readJws, signingInput, tellChip, verifies } from '../../test/bench-of-devices.ts'
import { certifySpki, newKey, requestInfoOf } from '../../test/linked-chip.ts'
import { FINGERPRINT_SLAP } from '../profiles.ts'

describe('the chip link', () => {
  it('describes the chip by a certificate of at most 20 years under the FTM provider', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const [answer] = await tellChip(device.chipLinkPath, { id: 'a', verb: 'describe' })
    const { serialNo, make, model } = FINGERPRINT_SLAP
    expect(answer).toMatchObject({ id: 'a', ok: true, serialNo, make, model })
    const chain = answer!['ftmCertificates'] as string[]
    const leaf = new X509Certificate(Buffer.from(chain[0]!, 'base64'))
    const { root } = await bench.ftmProvider()
    expect(leaf.verify(root.publicKey)).toBe(true)
    expect(leaf.ca).toBe(false)
    const years =
      (leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / (365.25 * 86_400_000)
    expect(years).toBeLessThanOrEqual(20)
    expect(years).toBeGreaterThan(19.9)
    expect(leaf.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048)
  })

  it('keeps socket and key files private to their owner', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    await newKey(device)
    const chip = join(bench.directory, 'devices', FINGERPRINT_SLAP.serialNo, 'chip')
    const files = [device.chipLinkPath!, join(chip, 'ftm-key.pem')]
    files.push(...readdirSync(join(chip, 'keys')).map((file) => join(chip, 'keys', file)))
    expect(files).toHaveLength(3)
    for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('signs a digital ID with the permanent key and the present time', async () => {
    await using bench = new Bench()
    const device = await bench.start({ now: () => new Date('2027-03-04T05:06:07.890Z') })
    const [answer] = await tellChip(device.chipLinkPath, { id: 1, verb: 'sign-digital-id' })
    const digitalId = String(answer!['digitalId'])
    expect(verifies(digitalId)).toBe(true)
    expect(readJws(digitalId).payload['dateTime']).toBe('2027-03-04T05:06:07Z')
  })

  it('makes a device key, signs with it, takes its certificate and presents it at the SBI', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const path = device.chipLinkPath
    const { keyId, spki } = await newKey(device)
    expect(keyId).toBe(createHash('sha256').update(spki).digest('base64url'))
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    const message = signingInput({ alg: 'RS256', typ: 'sanad-request+jws' }, { v: 1 })
    for (const input of [message, requestInfoOf(spki).toString('base64')]) {
      const [signed] = await tellChip(path, {
        id: 1,
        verb: 'sign-with-device-key',
        keyId,
        signingInput: input,
      })
      const signature = Buffer.from(String(signed!['signature']), 'base64')
      expect(verify('sha256', Buffer.from(input, 'base64'), publicKey, signature)).toBe(true)
    }
    const certificates = [await certifySpki(bench, spki)]
    const [installed, listed] = await tellChip(
      path,
      { id: 1, verb: 'install-certificate', keyId, certificates },
      { id: 2, verb: 'list-keys' },
    )
    expect(installed).toEqual({ id: 1, ok: true })
    expect(listed).toEqual({ id: 2, ok: true, keys: [{ keyId, state: 'active' }] })
  })

  it('supersedes the old key in the moment the new one is certified, and keeps that over a restart', async () => {
    await using bench = new Bench()
    let device = await bench.start()
    const [first, second] = [await newKey(device), await newKey(device)]
    for (const { keyId, spki } of [first, second]) {
      const certificates = [await certifySpki(bench, spki)]
      await tellChip(device.chipLinkPath, {
        id: 1,
        verb: 'install-certificate',
        keyId,
        certificates,
      })
    }
    const pending = await newKey(device)
    await device.stop()
    device = await bench.start()
    const [listed] = await tellChip(device.chipLinkPath, { id: 1, verb: 'list-keys' })
    expect(listed!['keys']).toEqual([
      { keyId: first.keyId, state: 'superseded' },
      { keyId: second.keyId, state: 'active' },
      { keyId: pending.keyId, state: 'pending' },
    ])
    const [gone, again, after] = await tellChip(
      device.chipLinkPath,
      { id: 1, verb: 'destroy-key', keyId: first.keyId },
      { id: 2, verb: 'destroy-key', keyId: first.keyId },
      { id: 3, verb: 'sign-with-device-key', keyId: first.keyId, signingInput: 'AA==' },
    )
    expect([gone!.ok, again!.ok]).toEqual([true, true])
    expect(after).toEqual({ id: 3, ok: false, error: 'chip.key-unknown' })
  })

  it('answers the requests of one connection in their order', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const answers = await tellChip(
      device.chipLinkPath,
      { id: 'slow', verb: 'generate-key' },
      { id: 'quick', verb: 'describe' },
    )
    expect(answers.map(({ id }) => id)).toEqual(['slow', 'quick'])
  })
})
