import { readFile } from 'node:fs/promises'
import { createPublicKey, verify } from 'node:crypto'
import { encodeSigningInput } from '@sanad/protocol/wire/envelope/compact'
import { describe, expect, it } from 'vitest'
import { Pkcs11Hsm } from '../pkcs11-hsm.ts'
import { checkToken, isUsable, type CheckRow } from '../token-check.ts'
import { startOddHsm, type FaultyHsm } from './start-faulty-hsm.ts'

/** What a token lacks that nothing makes up for: each has a code of its own, and none is `server.internal`. */

const ORDER = encodeSigningInput({ alg: 'RS256', typ: 'sanad-command+jws' }, { v: 1 })

const makeKey = ({ hsm }: Pick<FaultyHsm, 'hsm'>) =>
  hsm.generateKey('command', { modulusBits: 2048 })

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: { code: string }) => error.code,
  )

describe('a token that the server cannot use', () => {
  it.each([['no-signature', 'hsm.no-signature']])(
    'refuses at the start a token with %s: %s',
    async (behaviour, code) => {
      expect(await codeOf(startOddHsm({ behaviours: [behaviour] }))).toBe(code)
    },
  )

  it.each([
    ['no-key-generation', 'hsm.no-key-generation'],
    ['unknown-attributes', 'hsm.exception-needed'],
    ['few-attributes', 'hsm.exception-needed'],
    ['read-only', 'hsm.read-only'],
  ])('makes no key on a token with %s: %s', async (behaviour, code) => {
    await using odd = await startOddHsm({ behaviours: [behaviour] })
    await expect(makeKey(odd)).rejects.toMatchObject({ code })
    expect(await odd.hsm.listKeys()).toEqual([])
    expect(odd.hsm.health().state).toBe('ready')
  })

  it('names the exceptions that an operator may accept', async () => {
    await using odd = await startOddHsm({ behaviours: ['unknown-attributes'] })
    await expect(makeKey(odd)).rejects.toThrow(
      /hsm\.accept: always-sensitive-unknown.*never-extractable-unknown.*modifiable-unknown/,
    )
  })

  it('refuses an unknown exception in the configuration before it reads the PIN', async () => {
    await using odd = await startOddHsm({})
    const config = { ...odd.config, accept: ['extractable'] as never }
    expect(await codeOf(Pkcs11Hsm.open(config))).toBe('server.configuration-invalid')
  })
})

describe('a token that cannot be written to', () => {
  it('signs with existing keys of a read-only token', async () => {
    await using odd = await startOddHsm({})
    const key = await makeKey(odd)
    await odd.hsm.close()
    const environment = { ...odd.config.environment, FAULTY_BEHAVIOURS: 'read-only' }
    const hsm = await Pkcs11Hsm.open({ ...odd.config, environment })
    try {
      const signature = await hsm.signCommand(key.id, ORDER)
      const publicKey = createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' })
      expect(verify('sha256', Buffer.from(ORDER), publicKey, signature)).toBe(true)
      expect(await codeOf(makeKey({ hsm }))).toBe('hsm.read-only')
    } finally {
      await hsm.close()
    }
  })
})

describe('a name once used', () => {
  it('never gives the name of a key to another, even when the first failed its proof', async () => {
    await using odd = await startOddHsm({ behaviours: ['unknown-attributes'] })
    expect(await codeOf(makeKey(odd))).toBe('hsm.exception-needed')
    await odd.hsm.close()
    const environment = { ...odd.config.environment, FAULTY_BEHAVIOURS: '' }
    const hsm = await Pkcs11Hsm.open({ ...odd.config, environment })
    expect((await makeKey({ hsm })).label).toBe('sanad.command.2')
    await hsm.close()
  })
})

describe('what a library answers', () => {
  const VALUES = [
    0x05, 0x06, 0x07, 0x30, 0x31, 0x54, 0x60, 0x63, 0x68, 0x70, 0x90, 0xb1, 0xb5, 0xd0, 0xd1, 0xe0,
    0xe2, 0x101, 0x104, 0x150, 0x190, 0x200, 0x80000001, 0xfffffff0,
  ]

  it('reports every code of every library call as the HSM’s, and not as an error of the server', async () => {
    await using odd = await startOddHsm({ limits: { faults: 1000 } })
    const key = await makeKey(odd)
    for (const call of ['C_SignInit', 'C_Sign'] as const) {
      for (const value of VALUES) {
        await odd.fail(call, value, 1)
        expect(await codeOf(odd.hsm.signCommand(key.id, ORDER)), `${call} ${value}`).not.toBe(
          'server.internal',
        )
      }
    }
    await odd.fail('C_SignInit', 0, 0)
    await odd.fail('C_Sign', 0, 0)
    await expect
      .poll(() => codeOf(odd.hsm.signCommand(key.id, ORDER)), { timeout: 20_000 })
      .toBe('done')
  })

  it.each([
    [0xa4, 'hsm.pin-locked'],
    [0xa3, 'hsm.pin-expired'],
    [0x102, 'hsm.pin-not-set'],
    [0xa0, 'hsm.pin-refused'],
  ])('has a code of its own for the answer 0x%s to the PIN', async (value, code) => {
    await using odd = await startOddHsm({})
    await odd.hsm.close()
    await odd.fail('C_Login', value, 100)
    const hsm = await odd.openAgain()
    expect(hsm.health().state).toBe('pin-refused')
    expect(await codeOf(hsm.listKeys())).toBe(code)
    await hsm.close()
  })
})

describe('sanad token check', () => {
  const outcomes = (rows: readonly CheckRow[]) =>
    Object.fromEntries(rows.map(({ part, outcome, code }) => [part, code ?? outcome]))

  it('finds that a sound token works in each part, and leaves nothing on it', async () => {
    await using odd = await startOddHsm({})
    await odd.hsm.close()
    const rows = await checkToken(odd.config)
    expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(new Set(['works']))
    expect(isUsable(rows)).toBe(true)
    const hsm = await odd.openAgain()
    expect(await hsm.listKeys()).toEqual([])
    expect((await makeKey({ hsm })).label).toBe('sanad.command.1')
    await hsm.close()
  })

  it('reports what the server works around, and what is lacking with its code', async () => {
    const behaviours = ['no-raw-rsa', 'finds-one', 'no-data', 'no-threads', 'unknown-attributes']
    await using odd = await startOddHsm({ behaviours })
    await odd.hsm.close()
    const rows = await checkToken(odd.config)
    expect(outcomes(rows)).toMatchObject({
      library: 'worked-around',
      'signature-mechanism': 'worked-around',
      names: 'worked-around',
      'new-key': 'works',
      'key-proof': 'hsm.exception-needed',
      signature: 'works',
    })
    expect(isUsable(rows)).toBe(false)
    const accept = [
      'always-sensitive-unknown',
      'modifiable-unknown',
      'never-extractable-unknown',
    ] as const
    expect(isUsable(await checkToken({ ...odd.config, accept }))).toBe(true)
  })

  it('names the part of the token check in which a library ended the process', async () => {
    await using odd = await startOddHsm({})
    await odd.hsm.close()
    const environment = { ...odd.config.environment, FAULTY_BEHAVIOURS: 'crashes' }
    const rows = await checkToken({ ...odd.config, environment })
    expect(outcomes(rows)).toMatchObject({ login: 'hsm.library-unusable', signature: 'not-tried' })
    expect(isUsable(rows)).toBe(false)
  })

  it('tries a wrong PIN once in a token check', async () => {
    await using odd = await startOddHsm({})
    await odd.hsm.close()
    const tries = await odd.count('C_Login')
    await odd.fail('C_Login', 0xa0, 100)
    for (let i = 0; i < 2; i++)
      expect(Object.values(outcomes(await checkToken(odd.config)))).toContain('hsm.pin-refused')
    expect(await odd.count('C_Login')).toBe(tries + 1)
    expect(await readFile(`${odd.config.pinFile}.refused`, 'utf8')).not.toBe('')
  })
})
