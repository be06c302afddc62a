import { UsageError } from '@sanad/command-line/program'
import { type CampaignPhase, requirePhases } from '@sanad/protocol/operator-api/campaign-phases'
import type { MaintenanceWindow } from '@sanad/protocol/operator-api/commands'
import { SanadError } from '@sanad/protocol/text/problems'

/** Phases and maintenance windows, as words of a command line. */

export const PHASE_FORM =
  '<devices>|<percent>%[:success=<percent>][:errors=<percent>][:soak=<minutes>]'
export const WINDOW_FORM = '<days>/<HH:mm>-<HH:mm>'

/** A threshold is judged once so many have ended, or all of a smaller phase. */
const OF_AT_LEAST = 20

/**
 * `10:soak=60`, `5%:success=95:errors=5`; the last phase, which tells all, need not be said.
 *
 * @throws UsageError
 */
export function readPhases(
  words: readonly string[] | undefined,
): readonly CampaignPhase[] | undefined {
  if (words === undefined || words.length === 0) return undefined
  const phases = [...words.map(readPhase), {}]
  try {
    requirePhases(phases)
  } catch (error) {
    if (!(error instanceof SanadError)) throw error
    throw new UsageError(`--phase: ${error.detail ?? error.code}`)
  }
  return phases
}

function readPhase(word: string): CampaignPhase {
  const [size = '', ...parts] = word.split(':')
  const wrong = new UsageError(`--phase ${word} is not ${PHASE_FORM}`)
  const [, digits, sign] = /^(\d+)(%?)$/.exec(size) ?? []
  if (digits === undefined) throw wrong
  const said = new Map<string, number>()
  for (const part of parts) {
    const [, name, value] = /^(success|errors|soak)=(\d+)$/.exec(part) ?? []
    if (name === undefined) throw wrong
    said.set(name, Number(value))
  }
  const [success, errors, soak] = ['success', 'errors', 'soak'].map((name) => said.get(name))
  return {
    ...(sign === '%' ? { percent: Number(digits) } : { devices: Number(digits) }),
    ...(success !== undefined && { success: { percent: success, ofAtLeast: OF_AT_LEAST } }),
    ...(errors !== undefined && {
      errors: { failedPercent: errors, ofAtLeast: OF_AT_LEAST, action: 'pause' as const },
    }),
    ...(soak !== undefined && { soakMinutes: soak }),
  }
}

/** `1,2,3,4,5/20:00-06:00`: days of the week, Sunday is 0, and hours in the local time of each device. @throws UsageError */
export function readWindow(word: string | undefined): MaintenanceWindow | undefined {
  if (word === undefined) return undefined
  const [, days = '', from, to] = /^([0-6](?:,[0-6])*)\/(\d\d:\d\d)-(\d\d:\d\d)$/.exec(word) ?? []
  if (from === undefined || to === undefined)
    throw new UsageError(`--window ${word} is not ${WINDOW_FORM}`)
  return { days: days.split(',').map(Number), from, to }
}
