import { hash } from 'node:crypto'
import type { CommandType } from '@sanad/protocol/domain/command-types'
import { type CommandState, commandLife } from '@sanad/protocol/domain/command-lifecycle'
import type { CommandReport } from '@sanad/protocol/domain/command-report'
import { type NewEvent, deviceActor } from '@sanad/protocol/domain/events'
import { type LeakKind, takeOutBiometrics } from '@sanad/protocol/domain/leak-tripwire'
import { parseTimestamp } from '@sanad/protocol/text/timestamps'
import type { DatabaseTransaction } from '../platform/database.ts'
import { describeOutcome } from './command-events.ts'
import './command-tables.ts'

/** What a device says became of its commands. Said twice, it has the effect of once. */

export interface Reported {
  readonly deviceId: string
  readonly reports: readonly CommandReport[]
  /** The message that carries them, as the device signed it. */
  readonly signedText: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

interface Row {
  readonly command_id: string
  readonly type: CommandType
  readonly state: CommandState
  readonly sent_number: number | null
  readonly late_state: string | null
  readonly acknowledged_at: Date | null
}

type Verdict =
  | { readonly kind: 'ignored' }
  | { readonly kind: 'moved'; readonly next: CommandState }
  | { readonly kind: 'late'; readonly state: 'succeeded' | 'failed' | 'refused' }

const ACT_OF = {
  acknowledged: 'acknowledge',
  succeeded: 'succeed',
  failed: 'fail',
  refused: 'refuse',
  'not-now': 'put-back',
} as const

/** @returns events for the end of the transaction; undefined, and nothing done, if one was never sent to it */
export async function takeReports(
  tx: DatabaseTransaction,
  reported: Reported,
): Promise<readonly NewEvent[] | undefined> {
  if (reported.reports.length === 0) return []
  const rows = await holdCommands(tx, reported)
  const isKnown = ({ id, number }: CommandReport) => number <= (rows.get(id)?.sent_number ?? 0)
  if (!reported.reports.every(isKnown)) return undefined
  const signed = describeSigned(reported)
  const events: NewEvent[] = []
  for (const report of reported.reports) {
    const row = rows.get(report.id)
    if (row === undefined) continue
    const verdict = judgeReport(row, report)
    if (verdict.kind === 'ignored') continue
    const cleaned = cleanTexts(report)
    await write(tx, row, report, verdict, cleaned, signed, reported)
    events.push(...describe(row, report, verdict, cleaned, reported.deviceId))
    rows.set(report.id, afterwards(row, verdict))
  }
  return events
}

/** Pure. A report about an earlier number comes from before a "not now" or a retry. */
function judgeReport(
  { state, sent_number, late_state }: Pick<Row, 'state' | 'sent_number' | 'late_state'>,
  report: Pick<CommandReport, 'number' | 'state'>,
): Verdict {
  if (report.number !== sent_number || state === 'queued') return { kind: 'ignored' }
  const act = ACT_OF[report.state]
  if (commandLife.allows(state, act)) return { kind: 'moved', next: commandLife.next(state, act) }
  const isGivenUp = state === 'expired' || state === 'cancelled'
  if (!isGivenUp || late_state !== null) return { kind: 'ignored' }
  if (report.state === 'acknowledged' || report.state === 'not-now') return { kind: 'ignored' }
  return { kind: 'late', state: report.state }
}

async function holdCommands(
  tx: DatabaseTransaction,
  { deviceId, reports }: Reported,
): Promise<Map<string, Row>> {
  const rows = await tx
    .selectFrom('command')
    .select(['command_id', 'type', 'state', 'sent_number', 'late_state', 'acknowledged_at'])
    .where(
      'command_id',
      'in',
      reports.map(({ id }) => id),
    )
    .where('device_id', '=', deviceId)
    .orderBy('command_id')
    .forUpdate()
    .execute()
  return new Map(rows.map((row) => [row.command_id, row]))
}

const afterwards = (row: Row, verdict: Verdict): Row => ({
  ...row,
  ...(verdict.kind === 'moved' && { state: verdict.next }),
  ...(verdict.kind === 'late' && { late_state: verdict.state }),
})

interface Cleaned {
  readonly log: string | undefined
  readonly selfTests: CommandReport['selfTests']
  readonly leaks: readonly { readonly kind: LeakKind; readonly occurrences: number }[]
}

/** MDS 0.9.5 › Management Client, 10. The device has looked already; an old or a strange one may not have. */
function cleanTexts({ log, selfTests }: CommandReport): Cleaned {
  const leaks = new Map<LeakKind, number>()
  const clean = (text: string): string => {
    const inspected = takeOutBiometrics(text)
    // Object.entries widens the keys; the tripwire names kinds only.
    for (const [kind, count] of Object.entries(inspected.leaks) as [LeakKind, number][])
      leaks.set(kind, (leaks.get(kind) ?? 0) + count)
    return inspected.text
  }
  return {
    log: log === undefined ? undefined : clean(log),
    selfTests: selfTests?.map((result) => ({ ...result, detail: clean(result.detail) })),
    leaks: [...leaks].map(([kind, occurrences]) => ({ kind, occurrences })),
  }
}

interface Signed {
  readonly report: string | null
  readonly report_sha256: string
}

/** What the device signed proves its results. It would also keep what the tripwire takes out of a text. */
function describeSigned({ reports, signedText }: Reported): Signed {
  const mayKeep = reports.every(
    (report) => report.log === undefined && cleanTexts(report).leaks.length === 0,
  )
  return { report: mayKeep ? signedText : null, report_sha256: hash('sha256', signedText) }
}

async function write(
  tx: DatabaseTransaction,
  row: Row,
  report: CommandReport,
  verdict: Verdict,
  cleaned: Cleaned,
  signed: Signed,
  { deviceId, now }: Reported,
): Promise<void> {
  const result = describeResult(report, cleaned)
  await tx
    .updateTable('command')
    .set({
      ...signed,
      reported_at: new Date(parseTimestamp(report.at)),
      ...(result !== null && { result: JSON.stringify(result) }),
      ...(verdict.kind === 'late' && {
        late_state: verdict.state,
        failure: report.failure ?? null,
      }),
      ...(verdict.kind === 'moved' && changesOf(row, report, verdict.next, now)),
    })
    .where('command_id', '=', row.command_id)
    .execute()
  if (cleaned.log === undefined || row.type !== 'collect-logs') return
  await tx
    .insertInto('command_log')
    .values({
      command_id: row.command_id,
      device_id: deviceId,
      text: cleaned.log,
      received_at: new Date(now),
    })
    .onConflict((conflict) =>
      conflict.column('command_id').doUpdateSet((eb) => ({
        text: eb.ref('excluded.text'),
        received_at: eb.ref('excluded.received_at'),
      })),
    )
    .execute()
}

const DEFAULT_RETRY_SECONDS = 300

function changesOf(row: Row, report: CommandReport, next: CommandState, now: number) {
  switch (next) {
    case 'queued': {
      const seconds = report.retryAfterSeconds ?? DEFAULT_RETRY_SECONDS
      const retryAfter = new Date(now + seconds * 1000)
      return {
        state: next,
        // The device has taken this number; it will need a higher one.
        number: null,
        signing_input: null,
        acknowledged_at: null,
        progress: null,
        retry_after: retryAfter,
        wake_at: retryAfter,
      }
    }
    case 'acknowledged':
      return {
        state: next,
        acknowledged_at: row.acknowledged_at ?? new Date(now),
        ...(report.progress !== undefined && { progress: report.progress }),
      }
    case 'sent':
    case 'succeeded':
    case 'failed':
    case 'refused':
    case 'expired':
    case 'cancelled':
      return {
        state: next,
        finished_at: new Date(now),
        progress: null,
        failure: report.failure ?? null,
      }
  }
}

function describeResult(report: CommandReport, { selfTests, leaks }: Cleaned): object | null {
  const result = {
    ...(selfTests !== undefined && { selfTests }),
    ...(report.redactions !== undefined && { redactions: report.redactions }),
    ...(leaks.length > 0 && { removed: leaks }),
  }
  return Object.keys(result).length === 0 ? null : result
}

/** Acknowledgements, progress and "not now" are no effects, and no events. */
function describe(
  { command_id: commandId, type }: Row,
  { failure }: CommandReport,
  verdict: Verdict,
  { leaks }: Cleaned,
  deviceId: string,
): NewEvent[] {
  const subject = { commandId, deviceId, type }
  const actor = deviceActor(deviceId)
  const events: NewEvent[] = []
  const state = finalStateOf(verdict)
  if (state !== undefined)
    events.push(
      describeOutcome(actor, subject, { state, failure, isLate: verdict.kind === 'late' }),
    )
  for (const leak of leaks)
    events.push({
      type: 'command.leak-removed',
      actor: 'server',
      deviceId,
      data: { commandId, commandType: type, ...leak },
    })
  return events
}

function finalStateOf(verdict: Verdict): 'succeeded' | 'failed' | 'refused' | undefined {
  if (verdict.kind === 'ignored') return undefined
  if (verdict.kind === 'late') return verdict.state
  const { next } = verdict
  return next === 'succeeded' || next === 'failed' || next === 'refused' ? next : undefined
}
