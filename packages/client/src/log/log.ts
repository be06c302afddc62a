import pino from 'pino'
import { SanadError } from '@sanad/protocol/text/problems'
import { LogFile } from './log-file.ts'

/**
 * The client's log. It takes a closed list of fields; there is no way to log an object from outside, such as
 * an answer of an SBI.
 *
 * MDS 0.9.5 › Management Client, 10: no biometric data in it, encrypted or not.
 */
export interface LogFields {
  readonly serialNo?: string
  readonly make?: string
  readonly model?: string
  readonly level?: string
  readonly port?: number
  readonly edition?: string
  readonly deviceStatus?: string
  readonly progress?: string
  readonly keyId?: string
  readonly step?: string
  readonly code?: string
  readonly outcome?: string
  readonly supportCode?: string
  readonly retryInSeconds?: number
  readonly nextCheckInAt?: string
  readonly rotationAt?: string
  readonly reason?: string
  readonly stage?: string
  readonly clientVersion?: string
  readonly serverId?: string
  readonly commandType?: string
  readonly commandNumber?: number
  readonly failure?: string
  /** Kind of what the tripwire cut out. */
  readonly removed?: string
  readonly detail?: string
  /** Whose answer of an SBI it is, `discovery` or `information`, and which field of it. */
  readonly question?: string
  readonly field?: string
}

const ALLOWED: Record<keyof LogFields, true> = {
  serialNo: true,
  make: true,
  model: true,
  level: true,
  port: true,
  edition: true,
  deviceStatus: true,
  progress: true,
  keyId: true,
  step: true,
  code: true,
  outcome: true,
  supportCode: true,
  retryInSeconds: true,
  nextCheckInAt: true,
  rotationAt: true,
  reason: true,
  stage: true,
  clientVersion: true,
  serverId: true,
  commandType: true,
  commandNumber: true,
  failure: true,
  removed: true,
  detail: true,
  question: true,
  field: true,
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void

export type AdjustableLog = Log & { readonly setLevel: (level: LogLevel) => void }

/**
 * Writes synchronously: after a crash the last line is the one that matters.
 *
 * @param to a file descriptor, or the path of a file
 */
export function openLog(level: LogLevel | 'silent', to: number | string = 1): AdjustableLog {
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    typeof to === 'string' ? new LogFile(to) : openDescriptor(to),
  )
  const log: Log = (severity, message, fields = {}) => logger[severity](pick(fields), message)
  return Object.assign(log, {
    setLevel: (to: LogLevel) => {
      logger.level = to
    },
  })
}

/** What waits while nothing can be written; then lines are dropped. */
const MOST_WAITING = 256 * 1024

/** A client that cannot log, because its disk is full or no program reads its output, does its work all the same. */
function openDescriptor(descriptor: number): ReturnType<typeof pino.destination> {
  const destination = pino.destination({ dest: descriptor, sync: true, maxLength: MOST_WAITING })
  return destination.on('error', () => undefined)
}

/** Drops fields that are not on the list, also those of an object that has more than its type says. */
export function pick(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => name in ALLOWED && value !== undefined),
  )
}

/** The code and our own words. Of causes only their codes, because their texts may quote what was read. */
export function fieldsOfError(error: SanadError): Pick<LogFields, 'code' | 'detail'> {
  const own = error.detail === undefined ? [] : [error.detail]
  const detail = [...own, ...listCauses(error)].join(' < ')
  return { code: error.code, ...(detail !== '' && { detail }) }
}

function listCauses({ cause }: Error): string[] {
  if (!(cause instanceof Error)) return []
  if (cause instanceof SanadError) return [cause.message, ...listCauses(cause)]
  const name = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name
  return [name, ...listCauses(cause)]
}
