import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'

export type { Logger } from 'pino'

/**
 * Logs name codes, ids and counts; never bodies, headers, query strings, keys or values of unknown fields.
 *
 * MDS 0.9.5 › Management Client, 10: no logging of biometric data, encrypted or not. What is never passed to
 * the logger cannot be logged; redaction is the second line.
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

export function makeLogger(level: string, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
    serializers: { err: describeError },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}

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
