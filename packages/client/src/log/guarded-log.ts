import { type LeakKind, takeOutBiometrics } from '@sanad/protocol/domain/leak-tripwire'
import { type Log, type LogFields, type LogLevel, pick } from './log.ts'
import { type LogRing, countLeaks } from './log-ring.ts'

/**
 * A log that removes what looks like biometric data, and says in a line of its own what kind it was. The ring
 * keeps the lines that passed, for `collect-logs`.
 *
 * MDS 0.9.5 › Management Client, 10.
 */
export function guardLog(log: Log, ring: LogRing): Log {
  return (level, message, fields = {}) => {
    const leaks: Partial<Record<LeakKind, number>> = {}
    const clean = (text: string): string => {
      const inspected = takeOutBiometrics(text)
      // Object.entries widens the keys; the tripwire names kinds only.
      for (const [kind, count] of Object.entries(inspected.leaks) as [LeakKind, number][])
        leaks[kind] = (leaks[kind] ?? 0) + count
      return inspected.text
    }
    const cleaned = cleanFields(fields, clean)
    const text = clean(message)
    log(level, text, cleaned)
    keep(ring, level, text, cleaned, countLeaks(leaks))
    for (const kind of Object.keys(leaks)) {
      log('warn', 'removed what looked like biometric data from this log', { removed: kind })
      keep(
        ring,
        'warn',
        'removed what looked like biometric data from this log',
        { removed: kind },
        0,
      )
    }
  }
}

function cleanFields(fields: LogFields, clean: (text: string) => string): LogFields {
  const entries = Object.entries(fields).map(([name, value]): [string, unknown] => [
    name,
    typeof value === 'string' ? clean(value) : value,
  ])
  return Object.fromEntries(entries) as LogFields
}

function keep(
  ring: LogRing,
  level: LogLevel,
  message: string,
  fields: LogFields,
  removed: number,
): void {
  if (level === 'debug') return
  const words = Object.entries(pick(fields)).map(([name, value]) => `${name}=${String(value)}`)
  ring.add([level, message, ...words].join(' ').replaceAll('\n', ' '), removed)
}
