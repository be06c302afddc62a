import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { issue, makeAuthority } from '../../../test/test-pki.ts'
import { makeSoftHsmToken } from '../../../test/token-on-softhsm.ts'
import { openToken } from './open-token.ts'
import type { TokenSession } from './pkcs11.ts'
import { destroyKey, installCertificate, listKeys } from './token-certificates.ts'
import { makeKey } from './token-keys.ts'
import { findCertificates, findKeys } from './token-objects.ts'

/** Every call that changes a token is one change; the power goes before each of them in turn. */

const authority = makeAuthority('Example Biometrics')
const begin = Date.now() - 3_600_000
const certify = (spki: Uint8Array, minute: number): Uint8Array =>
  issue(authority, { spki, commonName: 'x', notBefore: begin + minute * 60_000 })

let folder: string
let token: TokenSession
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sanad-cut-'))
  const { module, tokenLabel, pinFile, environment } = await makeSoftHsmToken(folder)
  Object.assign(process.env, environment)
  const pin = (await readFile(pinFile, 'utf8')).trim()
  token = openToken({ verb: 'open', module, tokenLabel, pin })
})
afterAll(async () => {
  token.module.C_Finalize()
  await rm(folder, { recursive: true, force: true })
})

const CHANGES = ['C_CreateObject', 'C_DestroyObject', 'C_GenerateKeyPair']

/** A session that dies before its change number `last`. */
function dyingBefore(last: number): TokenSession {
  let changes = 0
  const module = new Proxy(token.module, {
    get(target, name) {
      if (CHANGES.includes(String(name)) && ++changes > last) throw new Error('power cut')
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
  return { module, session: token.session }
}

/** Does the work with a cut before each change, until one run meets no cut. */
function cutEverywhere(
  prepare: () => string,
  work: (session: TokenSession, label: string) => void,
  check: (label: string, isDone: boolean) => void,
): number {
  for (let last = 0; ; last++) {
    const label = prepare()
    try {
      work(dyingBefore(last), label)
      check(label, true)
      return last
    } catch (error) {
      if (!(error instanceof Error && error.message === 'power cut')) throw error
    }
    check(label, false)
    work(token, label)
    check(label, true)
  }
}

let labels = 0
const newLabel = (): string => `device-${++labels}`

/** What an SBI finds: certificates with the label, each with its private key. */
function countUsable(label: string): number {
  const keys = findKeys(token, label, 'private')
  const certificates = findCertificates(token, label)
  expect(certificates.every(({ id }) => keys.some((key) => key.id.equals(id)))).toBe(true)
  return certificates.length
}

describe('The power goes at the token', () => {
  it('always leaves an SBI a key that works when power fails during a rotation', () => {
    let next: { keyId: string; certificate: Uint8Array } = {
      keyId: '',
      certificate: new Uint8Array(),
    }
    let old = ''
    const cuts = cutEverywhere(
      () => {
        const label = newLabel()
        const [first, second] = [makeKey(token, label), makeKey(token, label)]
        installCertificate(token, label, first.keyId, certify(first.spki, 0))
        old = first.keyId
        next = { keyId: second.keyId, certificate: certify(second.spki, 1) }
        return label
      },
      (session, label) => installCertificate(session, label, next.keyId, next.certificate),
      (label, isDone) => {
        expect(countUsable(label)).toBeGreaterThanOrEqual(1)
        const keys = listKeys(token, label)
        const active = keys.filter(({ state }) => state === 'active')
        expect(active).toHaveLength(1)
        if (!isDone) return
        expect(countUsable(label)).toBe(1)
        expect(active).toEqual([{ keyId: next.keyId, state: 'active' }])
        expect(keys).toContainEqual({ keyId: old, state: 'superseded' })
      },
    )
    expect(cuts).toBe(3)
  })

  it('never leaves a certificate without its key when power fails during a destruction', () => {
    let doomed = ''
    const cuts = cutEverywhere(
      () => {
        const label = newLabel()
        const { keyId, spki } = makeKey(token, label)
        installCertificate(token, label, keyId, certify(spki, 0))
        doomed = keyId
        return label
      },
      (session, label) => destroyKey(session, label, doomed),
      (label, isDone) => {
        countUsable(label)
        if (isDone) expect(listKeys(token, label)).toEqual([])
        if (isDone) expect(findKeys(token, label, 'public')).toEqual([])
      },
    )
    expect(cuts).toBe(3)
  })
})
