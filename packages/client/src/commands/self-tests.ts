import { createPublicKey, randomBytes, verify } from 'node:crypto'
import type { SELF_TESTS } from '@sanad/protocol/domain/commands'
import type { SelfTestResult } from '@sanad/protocol/domain/command-report'
import { encodeSigningInput } from '@sanad/protocol/wire/envelope/compact'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Static } from 'typebox'
import { translateError } from '../base/step-failure.ts'
import type { Sighting } from '../discovery/sighting.ts'
import type { DeviceKeyStore } from '../key-stores/device-key-store.ts'
import type { DeviceState } from '../state/device-state.ts'
import type { Workshop } from './workshop.ts'

/** Tests whether the parts of an installation work. Each test reports what it saw, in our own words. */

export type SelfTest = (typeof SELF_TESTS)[number]
export type SelfTestReport = Static<typeof SelfTestResult>

export interface TestBench {
  readonly state: DeviceState
  readonly keys: DeviceKeyStore
  readonly workshop: Workshop
  readonly askSbi: (signal: AbortSignal) => Promise<Sighting>
  readonly isClockSet: () => boolean
  readonly signal: AbortSignal
}

const TESTS: Record<SelfTest, (bench: TestBench) => Promise<string>> = {
  'key-store': tryKey,
  sbi: trySbi,
  clock: tryClock,
  storage: async ({ workshop }) => {
    await workshop.tryStorage()
    return 'written, flushed and read back'
  },
  network: async ({ workshop, signal }) =>
    `the server answers in ${await workshop.measureTime(signal)} ms`,
}

export async function runSelfTests(
  tests: readonly SelfTest[],
  bench: TestBench,
): Promise<SelfTestReport[]> {
  const reports: SelfTestReport[] = []
  for (const test of tests) reports.push(await runSelfTest(test, bench))
  return reports
}

async function runSelfTest(test: SelfTest, bench: TestBench): Promise<SelfTestReport> {
  try {
    return { test, passed: true, detail: await TESTS[test](bench) }
  } catch (error) {
    // The code alone: the words of a cause may quote what was read.
    return { test, passed: false, detail: translateError(error).code }
  }
}

/** A throwaway input of this protocol, of a type that nothing else takes: the key store signs no other. */
async function tryKey({ state: { key }, keys }: TestBench): Promise<string> {
  if (key === undefined) throw new SanadError('client.state-damaged', 'no key')
  const nonce = randomBytes(16).toString('base64url')
  const input = Buffer.from(
    encodeSigningInput({ alg: 'RS256', typ: 'sanad-self-test+jws' }, { nonce }),
  )
  const signature = await keys.sign(key.keyId, input)
  const spki = Buffer.from(key.spki, 'base64')
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  if (!verify('sha256', input, publicKey, signature))
    throw new SanadError('client.key-store-failed', 'another key')
  return 'signs, and the signature verifies'
}

async function trySbi({ askSbi, signal }: TestBench): Promise<string> {
  const begin = performance.now()
  const { deviceStatus } = await askSbi(signal)
  return `${deviceStatus}, answers in ${Math.round(performance.now() - begin)} ms`
}

async function tryClock({ isClockSet }: TestBench): Promise<string> {
  if (!isClockSet()) throw new SanadError('time.not-trusted')
  return 'the time of the server is known'
}
