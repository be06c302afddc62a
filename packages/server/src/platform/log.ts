import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import { type Leaks, cleanLine } from './log-tripwire.ts'

export type { Logger } from 'pino'

/**
 * Logs name codes, ids and counts; never bodies, headers, query strings, keys or values of unknown fields.
 *
 * MDS 0.9.5 › Management Client, 10: no logging of biometric data, encrypted or not. What is never passed to
 * the logger cannot be logged; redaction is the second line, and the tripwire, which reads each finished line
 * before it leaves, the third.
 */

const SECRETS = [
  'password',
  'pin',
  'secret',
  'enrolmentSecret',
  'cookie',
  'authorization',
  'body',
  'payload',
  'bioValue',
  'data',
  'biometrics',
]

/** Told what was taken out of a line: kinds and counts, never what it was. */
export type WhenRemoved = (leaks: Leaks) => void

/** Standard output, written at once: the last line before a crash is the one that is wanted. */
const STANDARD_OUTPUT = 1

export function makeLogger(
  level: string,
  destination: DestinationStream = pino.destination({ dest: STANDARD_OUTPUT, sync: true }),
  whenRemoved: WhenRemoved = () => undefined,
): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
    serializers: { err: describeError },
  }
  return pino(options, throughTripwire(destination, whenRemoved))
}

/** Every line, of whatever logger was made from this one. */
function throughTripwire(
  destination: DestinationStream,
  whenRemoved: WhenRemoved,
): DestinationStream {
  return {
    write: (written) => {
      const { line, leaks } = cleanLine(written)
      destination.write(line)
      if (Object.keys(leaks).length === 0) return
      destination.write(describeRemoval(leaks))
      whenRemoved(leaks)
    },
  }
}

const describeRemoval = (removed: Leaks): string =>
  `${JSON.stringify({
    level: pino.levels.values['warn'],
    time: new Date().toISOString(),
    removed,
    msg: 'what looked like biometric data was taken out of this log',
  })}\n`

/** Code, message and causes; no properties, which foreign errors fill with the data they choke on. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: typeof error }
  return {
    name: error.name,
    message: error.message.slice(0, 500),
    ...('code' in error && typeof error.code === 'string' && { code: error.code }),
    ...(error.stack !== undefined && {
      at: error.stack
        .split('\n')
        .slice(1, 4)
        .map((line) => line.trim()),
    }),
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  }
}
