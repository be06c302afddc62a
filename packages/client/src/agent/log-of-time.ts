import type { ClockResetEvent } from '../trusted-time/clock-resets.ts'
import type { SbiTimeEvent } from '../sbi-time/sbi-time.ts'
import { type Log, fieldsOfError } from '../log/log.ts'

/** What becomes of trusted time, as lines of the log. */

const RESET_WORDS = {
  refused: 'rejected an order to set the clock back',
  found: 'the server ordered the clock to be set back',
  reset: 'the clock was set back',
} as const

export function noteClockReset(log: Log, event: ClockResetEvent): void {
  const [make, model, serialNo] = event.subject.split('/').map(decodeURIComponent)
  const fields = {
    ...(make !== undefined && { make }),
    ...(model !== undefined && { model }),
    ...(serialNo !== undefined && { serialNo }),
    ...(event.kind !== 'refused' && { commandNumber: event.number }),
  }
  log('warn', RESET_WORDS[event.kind], fields)
}

export function noteSbiTime(log: Log, event: SbiTimeEvent): void {
  if (event.kind === 'failed')
    log('warn', 'could not write the trusted time for the SBI', fieldsOfError(event.error))
  else log('info', 'the state of trusted time changed', { outcome: event.state })
}
