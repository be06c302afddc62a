import { createPrivateKey, createPublicKey, verify } from 'node:crypto'
import { chmod, lstat, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { importSpki } from '@sanad/protocol/wire/envelope/certificates'
import { issue, makeAuthority } from '../../test/test-pki.ts'
import { PemHandOver } from '../hand-over/pem-hand-over.ts'
import type { HostBinding } from '../platform/platform.ts'
import { HostSeal } from './host-seal.ts'
import { SealedFileKeyStore } from './sealed-file-key-store.ts'

const HERE: HostBinding = { machineId: 'aaaa', credential: undefined }
const SERIAL = 'EXF000000000001'
const authority = makeAuthority('Example Biometrics')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sanad-keys-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const sealPath = () => join(folder, 'seal')
const handOverPath = (name = '') => join(folder, 'hand-over', SERIAL, name)

function openStore(binding = HERE, subject = 'Example/Face/1') {
  return new SealedFileKeyStore({
    subject,
    path: join(folder, 'device.keys'),
    seal: new HostSeal(sealPath(), () => Promise.resolve(binding)),
    handOver: new PemHandOver(join(folder, 'hand-over'), SERIAL),
  })
}

const certify = (spki: Uint8Array) => [issue(authority, { spki, commonName: 'x' }), authority.der]

describe('SealedFileKeyStore', () => {
  it('signs with its sealed key after a restart', async () => {
    const { keyId, spki } = await openStore().generateKey()
    const input = Buffer.from('a.b')
    const signature = await openStore().sign(keyId, input)
    expect(verify('sha256', input, importSpki(spki), signature)).toBe(true)
    expect(importSpki(spki).asymmetricKeyDetails).toMatchObject({ modulusLength: 2048 })
  })

  it('stores no private key in the clear, and no file that others can read', async () => {
    await openStore().generateKey()
    for (const name of await readdir(folder)) {
      const { mode } = await lstat(join(folder, name))
      expect(mode & 0o077).toBe(0)
      expect(await readFile(join(folder, name), 'utf8')).not.toMatch(/PRIVATE|MIIE/)
    }
  })

  it.each([
    ['on another machine', { ...HERE, machineId: 'bbbb' }],
    ['without the credential it was made with', HERE],
  ])('does not open sealed keys %s', async (where, binding) => {
    const made = where.startsWith('without')
      ? { ...HERE, credential: Buffer.from('credential') }
      : HERE
    const { keyId } = await openStore(made).generateKey()
    const sign = async () => openStore(binding).sign(keyId, Buffer.from('a.b'))
    await expect(sign()).rejects.toMatchObject({ code: 'client.host-changed' })
  })

  it.each([
    ['a machine id', { ...HERE, machineId: '' }, HERE],
    ['a credential', HERE, { ...HERE, credential: Buffer.from('credential') }],
  ])('opens its keys when %s came after the first start', async (_, first, later) => {
    const { keyId } = await openStore(first).generateKey()
    await openStore(later).sign(keyId, Buffer.from('a.b'))
  })

  it('waits for a machine id that is missing, and signs as soon as it is back', async () => {
    const { keyId } = await openStore().generateKey()
    let binding = { ...HERE, machineId: '' }
    const store = new SealedFileKeyStore({
      subject: 'Example/Face/1',
      path: join(folder, 'device.keys'),
      seal: new HostSeal(sealPath(), () => Promise.resolve(binding)),
      handOver: new PemHandOver(join(folder, 'hand-over'), SERIAL),
    })
    const sign = () => store.sign(keyId, Buffer.from('a.b'))
    await expect(sign()).rejects.toMatchObject({ code: 'client.host-changed' })
    expect(await store.list()).toEqual([{ keyId, state: 'pending' }])
    binding = HERE
    await sign()
  })

  it('makes one seal for devices that need it at the same time', async () => {
    const seal = new HostSeal(sealPath(), () => Promise.resolve(HERE))
    expect(await seal.open()).toBe(await seal.open())
    const [one, other] = await Promise.all([seal.open(), seal.open()])
    expect(one).toBe(other)
  })

  it('does not open the sealed key of one device for another', async () => {
    const { keyId } = await openStore().generateKey()
    const other = openStore(HERE, 'Example/Face/2')
    await expect(other.sign(keyId, Buffer.from('a.b'))).rejects.toMatchObject({
      code: 'client.key-store-failed',
    })
  })

  it('refuses a seal or a key file that others can read', async () => {
    const store = openStore()
    const { keyId } = await store.generateKey()
    await chmod(join(folder, 'device.keys'), 0o604)
    await expect(store.sign(keyId, Buffer.from('a.b'))).rejects.toMatchObject({
      code: 'client.permissions-too-open',
    })
    await chmod(sealPath(), 0o640)
    await expect(openStore().generateKey()).rejects.toMatchObject({
      code: 'client.permissions-too-open',
    })
  })

  it('keeps exactly one active key: a new certificate supersedes the one before', async () => {
    const store = openStore()
    const first = await store.generateKey()
    await store.installCertificate(first.keyId, certify(first.spki))
    const second = await store.generateKey()
    await store.installCertificate(second.keyId, certify(second.spki))
    await store.installCertificate(second.keyId, certify(second.spki))
    expect(await store.list()).toEqual([
      { keyId: first.keyId, state: 'superseded' },
      { keyId: second.keyId, state: 'active' },
    ])
  })
})

describe('The hand-over to the SBI', () => {
  async function readPair() {
    const key = createPrivateKey(await readFile(handOverPath('device-key.pem')))
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
    const pem = await readFile(handOverPath('device-certificate.pem'), 'utf8')
    return { spki, certificates: pem.match(/BEGIN CERTIFICATE/g)?.length }
  }

  it('hands over a key and its chain that only the owner can read, one pair at a time', async () => {
    const store = openStore()
    for (let round = 0; round < 3; round++) {
      const { keyId, spki } = await store.generateKey()
      await store.installCertificate(keyId, certify(spki))
      expect(await readPair()).toEqual({ spki: Buffer.from(spki), certificates: 2 })
    }
    const { mode } = await lstat(handOverPath('device-key.pem'))
    expect(mode & 0o777).toBe(0o600)
    // The pointer and what it points to: no private key of an earlier pair is left.
    expect(await readdir(join(folder, 'hand-over'))).toHaveLength(2)
  })

  it('withdraws the hand-over when it destroys the key', async () => {
    const store = openStore()
    const { keyId, spki } = await store.generateKey()
    await store.installCertificate(keyId, certify(spki))
    await store.destroyKey(keyId)
    await store.destroyKey(keyId)
    expect(await readdir(join(folder, 'hand-over'))).toEqual([])
    expect(await store.list()).toEqual([])
  })
})
