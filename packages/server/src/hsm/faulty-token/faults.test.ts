import { createPublicKey, verify } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { encodeSigningInput } from '@sanad/protocol/wire/envelope/compact'
import { describe, expect, it } from 'vitest'
import type { HsmKey } from '../hsm.ts'
import type { Pkcs11Hsm } from '../pkcs11-hsm.ts'
import { startFaultyHsm, type FaultyHsm } from './start-faulty-hsm.ts'

/** PKCS#11 §3.6 */
const CKR = {
  deviceError: 0x30,
  keyFunctionNotPermitted: 0x68,
  keyHandleInvalid: 0x60,
  pinIncorrect: 0xa0,
  sessionHandleInvalid: 0xb3,
  templateInconsistent: 0xd1,
  userNotLoggedIn: 0x101,
} as const
const CKF_USER_PIN_FINAL_TRY = 0x20000

const ORDER = encodeSigningInput({ alg: 'RS256', typ: 'sanad-command+jws' }, { v: 1 })

const makeCommandKey = ({ hsm }: FaultyHsm): Promise<HsmKey> =>
  hsm.generateKey('command', { modulusBits: 2048 })

const isRight = (key: HsmKey, signature: Uint8Array): boolean =>
  verify(
    'sha256',
    Buffer.from(ORDER),
    createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' }),
    signature,
  )

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: { code: string }) => error.code,
  )

const recovers = (hsm: Pkcs11Hsm, key: HsmKey) =>
  expect
    .poll(() => codeOf(hsm.signCommand(key.id, ORDER)), { timeout: 15_000, interval: 50 })
    .toBe('done')

describe('a session that is lost', () => {
  it.each([
    ['in the middle of a signature', 'C_Sign', CKR.sessionHandleInvalid],
    ['before a signature', 'C_SignInit', CKR.sessionHandleInvalid],
    ['with the handle of the key', 'C_SignInit', CKR.keyHandleInvalid],
  ] as const)(
    'replaces a lost session without the caller noticing: %s',
    async (_when, call, answer) => {
      await using faulty = await startFaultyHsm()
      const key = await makeCommandKey(faulty)
      const pid = faulty.hsm.agentPid
      await faulty.fail(call, answer)

      expect(isRight(key, await faulty.hsm.signCommand(key.id, ORDER))).toBe(true)

      expect(faulty.hsm.health()).toMatchObject({ state: 'ready', restarts: 0 })
      expect(faulty.hsm.agentPid).toBe(pid)
    },
  )

  it('tells the caller when a session is lost a second time', async () => {
    await using faulty = await startFaultyHsm()
    const key = await makeCommandKey(faulty)
    await faulty.fail('C_Sign', CKR.sessionHandleInvalid, 2)

    expect(await codeOf(faulty.hsm.signCommand(key.id, ORDER))).toBe('hsm.unavailable')
    expect(await faulty.count('C_Sign')).toBe(2)
    expect(isRight(key, await faulty.hsm.signCommand(key.id, ORDER))).toBe(true)
  })

  it('keeps its number of sessions after all are lost at once', async () => {
    await using faulty = await startFaultyHsm()
    const key = await makeCommandKey(faulty)
    await faulty.fail('C_Sign', CKR.sessionHandleInvalid, 4)
    const asks = Array.from({ length: 40 }, () => codeOf(faulty.hsm.signCommand(key.id, ORDER)))
    const codes = await Promise.all(asks)
    expect(codes.filter((code) => code === 'done').length).toBeGreaterThanOrEqual(38)
    expect(await codeOf(faulty.hsm.signCommand(key.id, ORDER))).toBe('done')
  })
})

describe('a login that is lost', () => {
  it('starts a new agent after a lost login, and repeats the request there', async () => {
    await using faulty = await startFaultyHsm()
    const key = await makeCommandKey(faulty)
    await faulty.fail('C_SignInit', CKR.userNotLoggedIn)

    expect(isRight(key, await faulty.hsm.signCommand(key.id, ORDER))).toBe(true)

    expect(faulty.hsm.health()).toMatchObject({ state: 'ready', restarts: 1 })
    expect(await faulty.count('C_Login')).toBe(2)
  })
})

describe('a device that is ill', () => {
  it('leaves a failing token alone for a while, fails callers at once, and recovers by itself', async () => {
    await using faulty = await startFaultyHsm({ faults: 3, backoffMs: [800, 1000] })
    const key = await makeCommandKey(faulty)
    await faulty.fail('C_Sign', CKR.deviceError, 3)
    for (let i = 0; i < 3; i++) {
      expect(await codeOf(faulty.hsm.signCommand(key.id, ORDER))).toBe('hsm.unavailable')
    }
    expect(await faulty.count('C_Sign')).toBe(3)
    expect(faulty.hsm.health()).toMatchObject({ state: 'unavailable', sessions: 0 })

    const asked = performance.now()
    const more = Array.from({ length: 100 }, () => codeOf(faulty.hsm.signCommand(key.id, ORDER)))
    expect(new Set(await Promise.all(more))).toEqual(new Set(['hsm.unavailable']))
    expect(performance.now() - asked).toBeLessThan(200)
    expect(await faulty.count('C_Sign')).toBe(3)

    await recovers(faulty.hsm, key)
    expect(faulty.hsm.health().state).toBe('ready')
  })

  it('keeps using a token after a single error among successes', async () => {
    await using faulty = await startFaultyHsm({ faults: 2 })
    const key = await makeCommandKey(faulty)
    for (let i = 0; i < 3; i++) {
      await faulty.fail('C_Sign', CKR.deviceError)
      expect(await codeOf(faulty.hsm.signCommand(key.id, ORDER))).toBe('hsm.unavailable')
      expect(await codeOf(faulty.hsm.signCommand(key.id, ORDER))).toBe('done')
    }
    expect(faulty.hsm.health()).toMatchObject({ state: 'ready', restarts: 0 })
  })
})

describe('an error that no repetition mends', () => {
  it('tries once and tells the caller when an error is permanent', async () => {
    await using faulty = await startFaultyHsm()
    const key = await makeCommandKey(faulty)
    await faulty.fail('C_SignInit', CKR.templateInconsistent)

    expect(await codeOf(faulty.hsm.signCommand(key.id, ORDER))).toBe('hsm.call-refused')

    expect(await faulty.count('C_SignInit')).toBe(1)
    expect(faulty.hsm.health()).toMatchObject({ state: 'ready', restarts: 0 })
  })
})

describe('a call that never returns', () => {
  // C_SignInit freezes the agent’s own thread, C_Sign one of its pool.
  it.each(['C_SignInit', 'C_Sign'] as const)(
    'delays only the caller, by its deadline, when %s never returns',
    async (call) => {
      await using faulty = await startFaultyHsm({ callMs: 600 })
      const key = await makeCommandKey(faulty)
      await faulty.fail(call, 'stall')
      const asked = performance.now()

      expect(await codeOf(faulty.hsm.signCommand(key.id, ORDER))).toBe('hsm.unavailable')

      expect(performance.now() - asked).toBeLessThan(3000)
      await recovers(faulty.hsm, key)
      expect(faulty.hsm.health().restarts).toBe(1)
    },
  )

  it('detects by keep-alive that an idle agent hangs', async () => {
    await using faulty = await startFaultyHsm({ callMs: 400, keepAliveMs: 200 })
    const pid = faulty.hsm.agentPid ?? 0
    if (pid > 0) process.kill(pid, 'SIGSTOP')
    await expect.poll(() => faulty.hsm.agentPid, { timeout: 10_000 }).not.toBe(pid)
    await expect.poll(() => faulty.hsm.health().state, { timeout: 10_000 }).toBe('ready')
  })
})

describe('a PIN that the token refuses', () => {
  it('tries a refused PIN once, even over later calls and restarts of the server', async () => {
    await using faulty = await startFaultyHsm()
    await faulty.hsm.close()
    const tries = await faulty.count('C_Login')
    await faulty.fail('C_Login', CKR.pinIncorrect, 100)
    for (let start = 0; start < 3; start++) {
      const hsm = await faulty.openAgain()
      expect(hsm.health().state).toBe('pin-refused')
      for (let i = 0; i < 3; i++) expect(await codeOf(hsm.listKeys())).toBe('hsm.pin-refused')
      await hsm.close()
    }
    expect(await faulty.count('C_Login')).toBe(tries + 1)

    // A person writes the PIN file again: that is one more try, and this one succeeds.
    await faulty.fail('C_Login', 0, 0)
    await writeFile(faulty.config.pinFile, await readFile(faulty.config.pinFile))
    const hsm = await faulty.openAgain()
    expect(await codeOf(hsm.listKeys())).toBe('done')
    expect(await faulty.count('C_Login')).toBe(tries + 2)
    await hsm.close()
  })

  it('does not try the PIN when the token has one try left', async () => {
    await using faulty = await startFaultyHsm()
    await faulty.hsm.close()
    const tries = await faulty.count('C_Login')
    await faulty.addTokenFlags(CKF_USER_PIN_FINAL_TRY)
    const hsm = await faulty.openAgain()
    expect(hsm.health().state).toBe('pin-refused')
    expect(await faulty.count('C_Login')).toBe(tries)
    await hsm.close()
  })
})

describe('a request that the agent refuses', () => {
  it('sends no request to the token that the agent refuses', async () => {
    await using faulty = await startFaultyHsm()
    const key = await makeCommandKey(faulty)
    const { hsm } = faulty
    const refused = [
      hsm.signCommand(key.id, encodeSigningInput({ alg: 'RS256', typ: 'JWT' }, {})),
      hsm.signCommand(key.id, 'a digest'),
      hsm.signTranscript(key.id, ORDER),
      hsm.signDeviceCertificate(key.id, Buffer.from('3000', 'hex')),
      hsm.signRevocationList(key.id, Buffer.from('3000', 'hex')),
    ]
    expect(new Set(await Promise.all(refused.map(codeOf)))).toEqual(
      new Set(['hsm.request-refused']),
    )
    expect(await faulty.count('C_SignInit')).toBe(0)
    expect(await faulty.count('C_Sign')).toBe(0)
  })
})
