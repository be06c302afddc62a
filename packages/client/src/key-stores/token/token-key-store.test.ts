import { execFileSync } from 'node:child_process'
import { randomUUID, verify } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importSpki } from '@sanad/protocol/wire/envelope/certificates'
import { issue, makeAuthority } from '../../../test/test-pki.ts'
import { readActiveKey, tryToExport } from '../../../test/token-reader.ts'
import { makeSoftHsmToken, TOKEN_PIN, writePin } from '../../../test/token-on-softhsm.ts'
import { makeTpmToken } from '../../../test/token-on-tpm.ts'
import type { DeviceKey } from '../device-key-store.ts'
import { TokenKeyStore } from './token-key-store.ts'
import { TokenLink, type TokenPlace } from './token-link.ts'
import { TokenLinks } from './token-links.ts'

const SIGN_WITH_TOKEN = join(import.meta.dirname, '../../../test/SignWithToken.java')
const INPUT = Buffer.from('a.b')
const authority = makeAuthority('Example Biometrics')
const begin = Date.now() - 3_600_000

const certify = (spki: Uint8Array, minute = 0): Uint8Array[] => [
  issue(authority, { spki, commonName: 'EXF1.Face', notBefore: begin + minute * 60_000 }),
  authority.der,
]
const stateOf = (keys: readonly DeviceKey[], keyId: string) =>
  keys.find((key) => key.keyId === keyId)?.state

describe.each(['SoftHSM2', 'TPM 2.0'])('TokenKeyStore on %s', { timeout: 120_000 }, (token) => {
  let folder: string
  let place: TokenPlace
  let close: () => Promise<void> = () => Promise.resolve()
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sanad-token-'))
    if (token === 'SoftHSM2') place = await makeSoftHsmToken(folder)
    else ({ place, close } = await makeTpmToken(folder))
  }, 120_000)
  afterAll(async () => {
    await close()
    await rm(folder, { recursive: true, force: true })
  })

  const newLabel = (): string => randomUUID().slice(0, 8)
  const openBy = (links: TokenLinks, label: string): TokenKeyStore =>
    new TokenKeyStore({ link: links.to(place), label, reload: { kind: 'none' } })
  let links: TokenLinks | undefined
  const open = (label: string): TokenKeyStore => openBy((links ??= new TokenLinks(folder)), label)

  it('makes an RSA-2048 key in the token that signs, also in the next run', async () => {
    const label = newLabel()
    const { keyId, spki } = await open(label).generateKey()
    const signature = await openBy(new TokenLinks(folder), label).sign(keyId, INPUT)
    expect(verify('sha256', INPUT, importSpki(spki), signature)).toBe(true)
    expect(importSpki(spki).asymmetricKeyDetails).toMatchObject({
      modulusLength: 2048,
      publicExponent: 65_537n,
    })
    expect(await open(label).list()).toEqual([{ keyId, state: 'pending' }])
  })

  it('makes keys that the token does not export', async () => {
    const label = newLabel()
    await open(label).generateKey()
    expect(tryToExport(place, label)).toMatchObject({
      sensitive: true,
      extractable: false,
      values: [],
      wrapped: false,
    })
  })

  it('keeps one active key, which an SBI finds by the label of its certificate', async () => {
    const label = newLabel()
    const store = open(label)
    const first = await store.generateKey()
    expect(readActiveKey(place, label, INPUT)).toBeUndefined()
    await store.installCertificate(first.keyId, certify(first.spki))
    const second = await store.generateKey()
    expect(readActiveKey(place, label, INPUT)?.keyId).toBe(first.keyId)
    await store.installCertificate(second.keyId, certify(second.spki, 1))
    await store.installCertificate(second.keyId, certify(second.spki, 1))
    const seen = readActiveKey(place, label, INPUT)
    expect(seen).toMatchObject({ keyId: second.keyId, certificates: 1 })
    expect(verify('sha256', INPUT, importSpki(second.spki), seen?.signature ?? INPUT)).toBe(true)
    const keys = await store.list()
    expect(keys).toHaveLength(2)
    expect(stateOf(keys, first.keyId)).toBe('superseded')
    expect(stateOf(keys, second.keyId)).toBe('active')
    await store.destroyKey(first.keyId)
    await store.destroyKey(first.keyId)
    expect(await store.list()).toEqual([{ keyId: second.keyId, state: 'active' }])
  })

  it('gives its active key to an SBI in Java, by the label as alias', async () => {
    const label = newLabel()
    const { keyId, spki } = await open(label).generateKey()
    await open(label).installCertificate(keyId, certify(spki))
    const configuration = join(folder, 'java.cfg')
    // By the slot's place in the list: Java knows no labels of tokens.
    await writeFile(configuration, `name=sbi\nlibrary=${place.module}\nslotListIndex=0\n`)
    const said = execFileSync('java', [SIGN_WITH_TOKEN, configuration, place.pinFile, label], {
      encoding: 'utf8',
      env: { ...process.env, ...place.environment },
    })
    expect(said.trim()).toBe('fits=true encoded=false')
  })

  it('destroys key and certificate together, and leaves those of another device', async () => {
    const [label, other] = [newLabel(), newLabel()]
    for (const name of [label, other]) {
      const { keyId, spki } = await open(name).generateKey()
      await open(name).installCertificate(keyId, certify(spki))
    }
    const [{ keyId } = { keyId: '' }] = await open(label).list()
    await open(label).destroyKey(keyId)
    expect(await open(label).list()).toEqual([])
    expect(readActiveKey(place, label, INPUT)).toBeUndefined()
    await expect(open(label).sign(keyId, INPUT)).rejects.toMatchObject({
      code: 'client.key-store-failed',
    })
    expect(readActiveKey(place, other, INPUT)).toBeDefined()
  })

  it('installs no certificate of another key', async () => {
    const label = newLabel()
    const store = open(label)
    const [{ keyId }, { spki }] = [await store.generateKey(), await store.generateKey()]
    await expect(store.installCertificate(keyId, certify(spki))).rejects.toMatchObject({
      code: 'client.key-store-failed',
    })
    expect((await store.list()).map(({ state }) => state)).toEqual(['pending', 'pending'])
    expect(readActiveKey(place, label, INPUT)).toBeUndefined()
  })

  it('serves two devices of one token in turn without blocking the client', async () => {
    const stores = [newLabel(), newLabel()].map(open)
    let ticks = 0
    const timer = setInterval(() => ticks++, 10)
    const made = await Promise.all(stores.map((store) => store.generateKey()))
    clearInterval(timer)
    expect(new Set(made.map(({ keyId }) => keyId)).size).toBe(2)
    expect(ticks).toBeGreaterThan(2)
  })
})

describe('The PIN of a token', () => {
  let folder: string
  let place: TokenPlace
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sanad-pin-'))
    place = await makeSoftHsmToken(folder)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const list = (): Promise<unknown> =>
    new TokenLinks(folder).to(place).ask({ verb: 'list', label: 'x' })

  it('tries a wrong PIN once, also after a restart, until the file has another', async () => {
    await writePin(folder, 'wrong-pin')
    await expect(list()).rejects.toThrow(/CKR_PIN_INCORRECT/)
    await expect(list()).rejects.toThrow(/refused this PIN before/)
    await writePin(folder, TOKEN_PIN)
    expect(await list()).toEqual([])
  })

  it('refuses a PIN from a file that others can read', async () => {
    await chmod(place.pinFile, 0o640)
    await expect(list()).rejects.toMatchObject({ code: 'client.permissions-too-open' })
    await chmod(place.pinFile, 0o600)
  })

  it('shows the PIN in no argument and no environment of the token process', async () => {
    const links = new TokenLinks(folder)
    const pending = links.to(place).ask({ verb: 'generate', label: 'y' })
    const seen = new Set<string>()
    let isOver = false
    void pending.finally(() => {
      isOver = true
    })
    while (!isOver) {
      const pids = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8')
      for (const pid of pids.trim().split(' '))
        for (const file of ['cmdline', 'environ'])
          seen.add(await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => ''))
      await sleep(5)
    }
    await pending
    expect([...seen].some((text) => text.includes('token-process'))).toBe(true)
    expect([...seen].some((text) => text.includes('SOFTHSM2_CONF'))).toBe(true)
    expect([...seen].filter((text) => text.includes(TOKEN_PIN))).toEqual([])
  })
})

describe('A token that is not there', () => {
  it.each([
    ['module', { module: '/nonexistent/module.so' }],
    ['token', { tokenLabel: 'another' }],
    ['PIN file', { pinFile: '/nonexistent/pin' }],
  ])('fails with a code when there is no %s', async (_, change) => {
    const folder = await mkdtemp(join(tmpdir(), 'sanad-token-'))
    const place = { ...(await makeSoftHsmToken(folder)), ...change }
    const asked = new TokenLinks(folder).to(place).ask({ verb: 'list', label: 'x' })
    await expect(asked).rejects.toMatchObject({ code: 'client.key-store-failed' })
    await rm(folder, { recursive: true, force: true })
  })
})

describe('The process that has the module', () => {
  let folder: string
  let link: TokenLink
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sanad-token-'))
    link = new TokenLink(await makeSoftHsmToken(folder), join(folder, 'refused'), 5000)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  /** Its pid, by the name of its program. */
  async function findProcess(): Promise<number> {
    const pids = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8')
    for (const pid of pids.trim().split(' ')) {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
      if (environment.includes(folder)) return Number(pid)
    }
    throw new Error('there is none')
  }

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'survives a token process that dies or hangs (%s): one request fails, the next one works',
    async (signal) => {
      const { keyId } = await link.ask({ verb: 'generate', label: signal })
      const pid = await findProcess()
      process.kill(pid, signal)
      const sign = { verb: 'sign', label: signal, keyId, input: INPUT } as const
      // Killed, it may be known to be gone before the request; hanging, it is not.
      const first = await link.ask(sign).then(
        () => 'answered',
        (error: unknown) => (error as { code?: string }).code,
      )
      if (signal === 'SIGSTOP') expect(first).toBe('client.key-store-failed')
      else expect(['answered', 'client.key-store-failed']).toContain(first)
      expect(await link.ask(sign)).toHaveLength(256)
      expect(await findProcess()).not.toBe(pid)
    },
  )

  it('ends the token process when it is idle for a while', { timeout: 20_000 }, async () => {
    await link.ask({ verb: 'list', label: 'x' })
    expect(await findProcess()).toBeGreaterThan(0)
    await sleep(7000)
    await expect(findProcess()).rejects.toThrow('there is none')
  })
})
