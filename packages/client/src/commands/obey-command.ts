import type { ClientConfiguration, Command, CommandBody } from '@sanad/protocol/domain/commands'
import type { CommandType } from '@sanad/protocol/domain/command-types'
import type { CommandFailure, CommandReport } from '@sanad/protocol/domain/command-report'
import type { ProblemCode } from '@sanad/protocol/text/problems'
import { parseTimestamp } from '@sanad/protocol/text/timestamps'
import { translateError } from '../base/step-failure.ts'
import { secondsUntilOpen } from './maintenance-window.ts'
import { type TestBench, runSelfTests } from './self-tests.ts'

/**
 * The effects of commands outside the state of a device. Every failure becomes a report: a command never makes a
 * keeper fail.
 */

export interface Effect extends TestBench {
  /** Trusted time, milliseconds since the epoch. */
  readonly now: number
  readonly isSbiBusy: boolean
}

export type Outcome = Omit<CommandReport, 'id' | 'number' | 'at'>

/** Without the commands that only change the state of a device, in one write of it (`state-orders.ts`). */
export type EffectType = Exclude<CommandType, StateOrder>
export type StateOrder = 'rotate-key' | 'deregister' | 'collect-information'

const LONGEST_WAIT_SECONDS = 604_800
const BUSY_SECONDS = 60
const NO_SUPERVISOR_SECONDS = 300
/** Bytes of log that fit into a sealed message beside a digital ID. */
const LONGEST_LOG = 26_000

/**
 * What the next life does with a command that a power cut interrupted. `again`: twice does the same as once.
 * `failed`: it may have happened, so the client does not repeat it and reports that it does not know.
 */
export const AFTER_POWER_CUT: Record<EffectType, 'again' | 'failed'> = {
  'synchronise-time': 'again',
  'update-software': 'again',
  'apply-configuration': 'again',
  'collect-logs': 'again',
  'restart-service': 'failed',
  'run-self-test': 'again',
}

type Work = {
  readonly [T in EffectType]: (body: CommandBody<T>, effect: Effect) => Promise<Outcome>
}

const WORK: Work = {
  'synchronise-time': synchroniseTime,
  'update-software': async () => failed('not-supported'),
  'apply-configuration': async ({ configuration }, effect) =>
    applyConfiguration(configuration, effect),
  'collect-logs': async ({ since, limit }, { workshop }) => ({
    state: 'succeeded',
    ...workshop.collectLogs(parseTimestamp(since), Math.min(limit, LONGEST_LOG)),
  }),
  'restart-service': async ({ service }, effect) =>
    service === 'client' ? restartClient(effect) : restartSbi(effect),
  'run-self-test': async ({ tests }, effect) => {
    const selfTests = await runSelfTests(tests, effect)
    const isWell = selfTests.every(({ passed }) => passed)
    return {
      state: isWell ? 'succeeded' : 'failed',
      ...(!isWell && { failure: 'failed' }),
      selfTests,
    }
  },
}

/** @returns undefined when this process is about to end for it: the next one reports the outcome */
export async function takeEffect(
  { type, body }: Pick<Command, 'type' | 'body'> & { readonly type: EffectType },
  effect: Effect,
): Promise<Outcome | undefined> {
  try {
    // The body was checked against the schema of its type.
    const outcome = await (WORK[type] as (body: unknown, effect: Effect) => Promise<Outcome>)(
      body,
      effect,
    )
    return outcome === ENDING ? undefined : outcome
  } catch (error) {
    return failed(failureOf(translateError(error).code))
  }
}

/** Why the command cannot begin now; undefined when it can. */
export function notNow(
  { type, body }: Pick<Command, 'type' | 'body'>,
  { workshop, now, isSbiBusy }: Pick<Effect, 'workshop' | 'now' | 'isSbiBusy'>,
): Outcome | undefined {
  if (type !== 'restart-service') return undefined
  const { service } = body as CommandBody<'restart-service'>
  const window = workshop.maintenanceWindow()
  const seconds = window === undefined ? 0 : secondsUntilOpen(window, now)
  if (seconds > 0)
    return {
      state: 'not-now',
      failure: 'outside-maintenance-window',
      retryAfterSeconds: Math.min(LONGEST_WAIT_SECONDS, seconds),
    }
  // A person is using the device.
  if (isSbiBusy) return { state: 'not-now', retryAfterSeconds: BUSY_SECONDS }
  return service === 'client' && workshop.restartClient === undefined
    ? { state: 'not-now', retryAfterSeconds: NO_SUPERVISOR_SECONDS }
    : undefined
}

const ENDING: Outcome = { state: 'acknowledged' }

const failed = (failure: CommandFailure): Outcome => ({ state: 'failed', failure })

async function synchroniseTime(
  { mode, floor }: CommandBody<'synchronise-time'>,
  { workshop, signal }: Effect,
): Promise<Outcome> {
  if (mode === 'measure') await workshop.measureTime(signal)
  else if (workshop.resetTime === undefined) return failed('not-supported')
  else await workshop.resetTime(floor === undefined ? undefined : parseTimestamp(floor))
  return { state: 'succeeded' }
}

async function applyConfiguration(
  configuration: ClientConfiguration,
  { workshop }: Effect,
): Promise<Outcome> {
  const { portRange } = configuration
  if (portRange !== undefined && portRange.from > portRange.to)
    return { state: 'refused', failure: 'verification-failed' }
  await workshop.applyConfiguration(configuration)
  return { state: 'succeeded' }
}

async function restartClient({ workshop }: Effect): Promise<Outcome> {
  workshop.restartClient?.()
  return ENDING
}

async function restartSbi({ workshop }: Effect): Promise<Outcome> {
  if (workshop.restartSbi === undefined) return failed('not-supported')
  await workshop.restartSbi()
  return { state: 'succeeded' }
}

const FAILURES: Partial<Record<ProblemCode, CommandFailure>> = {
  'client.key-store-failed': 'key-store-failed',
  'client.sbi-not-readable': 'sbi-not-answering',
  'client.sbi-too-slow': 'sbi-not-answering',
  'client.storage-failed': 'storage-failed',
  'client.permissions-too-open': 'storage-failed',
  'client.configuration-invalid': 'verification-failed',
}

const failureOf = (code: ProblemCode): CommandFailure => FAILURES[code] ?? 'failed'
