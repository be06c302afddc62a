import { randomBytes } from 'node:crypto'
import type { ProblemCode } from '@sanad/protocol/text/problems'
import { verdictOf } from '../proof-verdict.ts'
import type { CheckPart, CheckRequest, CheckRow, FromCheck } from '../token-check.ts'
import { checkNames, checkSearch } from './check-objects.ts'
import { describeFault, isRefusal, wordsOf } from './faults.ts'
import { destroyNewKey, KEY_PAIR_MECHANISMS, makeNamed } from './key-generation.ts'
import { readKeys, type KeyObject } from './key-objects.ts'
import { isUsable, proveKey } from './key-proof.ts'
import { loadLibrary, type Library } from './library.ts'
import { pkcs11, type Handle } from './pkcs11.ts'
import { closeSession, isOutOfSessions, openAnySession, openSession } from './sessions.ts'
import { Signatures } from './signatures.ts'
import { findSlot, identifyToken } from './slots.ts'
import { logIn, maxSessionsOf, readMechanisms, type Token } from './token.ts'
import { requirePermitted } from './vendor-policies.ts'

/**
 * A short-lived child that runs the contract with a token and says what it found, part by part. Each part is
 * announced before it begins: if the library ends the process or never answers, it is known in which.
 */

interface Found<T> {
  readonly value: T
  /** Why it is no plain success. */
  readonly workedAround?: string
  readonly detail: string
}

class Lack extends Error {
  readonly code: ProblemCode

  constructor(code: ProblemCode, detail: string) {
    super(detail)
    this.code = code
  }
}

const send = (message: FromCheck): void => void process.send?.(message)

/** @returns undefined where the part is lacking */
async function check<T>(
  part: CheckPart,
  work: () => Found<T> | Promise<Found<T>>,
): Promise<T | undefined> {
  send({ begins: part })
  try {
    const { value, workedAround, detail } = await work()
    const outcome = workedAround === undefined ? 'works' : 'worked-around'
    send({ row: { part, outcome, detail: workedAround ?? detail } })
    return value
  } catch (error) {
    send({ row: lackOf(part, error) })
    return undefined
  }
}

function lackOf(part: CheckPart, error: unknown): CheckRow {
  if (error instanceof Lack)
    return { part, outcome: 'lacking', code: error.code, detail: error.message }
  const { code, detail } = describeFault(error)
  return { part, outcome: 'lacking', code, detail }
}

async function run(request: CheckRequest): Promise<void> {
  const library = await check('library', () => checkLibrary(request))
  if (library === undefined) return
  const token = await openParts(library, request)
  if (token === undefined) return
  await checkSessions(token, request.sessions)
  await check('extras', () => checkExtras(token))
  const canMake = await check('key-generation', () => checkKeyGeneration(token))
  const signatures = await check('signature-mechanism', () => checkMechanism(token))
  await check('search', () => checkSearch(token))
  await check('names', () => checkNames(token))
  await check('keys-on-token', () => checkKeys(token, request))
  if (request.makesKey && canMake === true && signatures !== undefined && !token.isReadOnly)
    await checkNewKey(token, request, signatures)
}

function checkLibrary({ module, libraryParameters }: CheckRequest): Found<Library> {
  const library = loadLibrary(module, libraryParameters)
  return {
    value: library,
    detail: 'loaded and started, with threads',
    ...(library.isSingleThreaded && {
      workedAround: 'it refuses threads: calls are made one at a time, on one thread',
    }),
  }
}

async function openParts(library: Library, request: CheckRequest): Promise<Token | undefined> {
  const { module, isSingleThreaded } = library
  const slot = await check('token', () => {
    const value = findSlot(module, request)
    const { manufacturer, model, serialNumber, firmwareVersion } = identifyToken(module, value)
    const detail = `${manufacturer} ${model}, serial number ${serialNumber}, firmware ${firmwareVersion}`
    return { value, detail }
  })
  if (slot === undefined) return undefined
  const identity = identifyToken(module, slot)
  await check('permission', () => {
    requirePermitted(identity, request.mode, request.fipsCertificate)
    return { value: true, detail: `permitted in ${request.mode}` }
  })
  const opened = await check('session', () => checkSession(library, slot))
  if (opened === undefined) return undefined
  const mechanisms = await check('login', () => {
    logIn(module, slot, opened.session, request.pin)
    return { value: readMechanisms(module, slot), detail: 'the PIN is taken' }
  })
  if (mechanisms === undefined) return undefined
  return {
    module,
    slot,
    identity,
    mechanisms,
    maxSessions: maxSessionsOf(module, slot),
    isSingleThreaded,
    isReadOnly: opened.isReadOnly,
    loginSession: opened.session,
  }
}

function checkSession({ module }: Library, slot: Handle): Found<ReturnType<typeof openAnySession>> {
  const opened = openAnySession(module, slot)
  return {
    value: opened,
    detail: 'a session that writes',
    ...(opened.isReadOnly && {
      workedAround: 'it gives no session that writes: keys sign, none is made (hsm.read-only)',
    }),
  }
}

async function checkSessions(token: Token, wanted: number): Promise<void> {
  await check('parallel-sessions', () => {
    const sessions: Handle[] = []
    try {
      while (sessions.length < wanted) sessions.push(openSession(token.module, token.slot))
    } catch (error) {
      if (!isOutOfSessions(error)) throw error
    } finally {
      for (const session of sessions) closeSession(token.module, session)
    }
    const few = `it gives ${sessions.length} of ${wanted} sessions besides the login’s; signing is slower`
    return {
      value: true,
      detail: `${wanted} sessions besides the login’s`,
      ...(sessions.length < wanted && { workedAround: few }),
    }
  })
}

function checkExtras({ module, loginSession }: Token): Found<true> {
  const calls = {
    C_GetSessionInfo: () => module.C_GetSessionInfo(loginSession),
    C_GenerateRandom: () => module.C_GenerateRandom(loginSession, Buffer.alloc(8)),
    C_GetInfo: () => module.C_GetInfo(),
  }
  const missing = Object.entries(calls).flatMap(([name, call]) => {
    try {
      call()
      return []
    } catch (error) {
      if (!isRefusal(error)) throw error
      return [name]
    }
  })
  return {
    value: true,
    detail: 'C_GetSessionInfo, C_GenerateRandom and C_GetInfo',
    ...(missing.length > 0 && { workedAround: `without ${missing.join(', ')}` }),
  }
}

function checkKeyGeneration(token: Token): Found<true> {
  const offered = KEY_PAIR_MECHANISMS.filter((one) => token.mechanisms.has(one))
  if (offered.length === 0)
    throw new Lack('hsm.no-key-generation', 'CKM_RSA_PKCS_KEY_PAIR_GEN is not offered')
  const other = `CKM 0x${offered[0]?.toString(16)} in place of CKM_RSA_PKCS_KEY_PAIR_GEN`
  return {
    value: true,
    detail: 'CKM_RSA_PKCS_KEY_PAIR_GEN',
    ...(offered[0] !== pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN && { workedAround: other }),
  }
}

function checkMechanism(token: Token): Found<Signatures> {
  return {
    value: new Signatures(token),
    detail: 'CKM_RSA_PKCS',
    ...(!token.mechanisms.has(pkcs11.CKM_RSA_PKCS) && {
      workedAround: 'CKM_SHA256_RSA_PKCS in place of CKM_RSA_PKCS: the token hashes',
    }),
  }
}

function checkKeys(token: Token, { mode, accept = [] }: CheckRequest): Found<true> {
  const { keys, unreadable } = readKeys(token.module, token.loginSession)
  const proofs = keys.map((key) => proveKey(token, token.loginSession, key, accept))
  const unproven = proofs.find((proof) => !isUsable(proof, mode))
  if (unproven !== undefined) {
    const { code, detail, title } = verdictOf(unproven)
    throw new Lack(code, detail ?? title)
  }
  const [hidden] = unreadable
  if (hidden !== undefined)
    throw new Lack('hsm.public-key-hidden', `${hidden.label}: ${hidden.why}`)
  return { value: true, detail: `${keys.length} keys of Sanad, each proven` }
}

async function checkNewKey(
  token: Token,
  request: CheckRequest,
  signatures: Signatures,
): Promise<void> {
  const { loginSession: session } = token
  // No name that the server gives: it never finds this key.
  const label = `sanad-check.${randomBytes(6).toString('hex')}`
  const made = await check('new-key', async () => {
    const value = await makeNamed(token, session, { label, purpose: 'command' }, 3072)
    return { value, detail: `RSA of ${value.key.modulusBits} bits, with its label` }
  })
  if (made === undefined) return
  await check('key-proof', () => judge(token, made, request))
  await check('signature', async () => {
    await signatures.sign(session, made, Buffer.from('sanad token check'))
    return { value: true, detail: 'RSASSA-PKCS1-v1_5 with SHA-256, verified' }
  })
  await check('removal', () => {
    const isGone = destroyNewKey(token, session, made)
    const stays = `it destroys no keys: remove ${label} with the vendor’s tool`
    return { value: true, detail: 'the trial key is gone', ...(!isGone && { workedAround: stays }) }
  })
}

function judge(token: Token, made: KeyObject, { mode, accept = [] }: CheckRequest): Found<true> {
  const proof = proveKey(token, token.loginSession, made, accept)
  if (!isUsable(proof, mode)) {
    const { code } = verdictOf(proof)
    throw new Lack(code, proof.failures.join('; '))
  }
  const accepted = `accepted by the configuration: ${proof.accepted.join(', ')}`
  const gaps = `in development only: ${proof.failures.join('; ')}`
  return {
    value: true,
    detail: 'attributes read back, export tried',
    ...(proof.accepted.length > 0 && { workedAround: accepted }),
    ...(!proof.holds && { workedAround: gaps }),
  }
}

process.once('message', (request: CheckRequest) => {
  run(request)
    .catch((error: unknown) => {
      const words = error instanceof Error ? wordsOf(error) : 'an unknown error'
      send({
        row: { part: 'library', outcome: 'lacking', code: 'hsm.contract-broken', detail: words },
      })
    })
    .finally(() => process.send?.({ isDone: true } satisfies FromCheck, () => process.exit(0)))
})
