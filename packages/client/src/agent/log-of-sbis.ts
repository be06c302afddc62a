import { PROBLEMS } from '@sanad/protocol/text/problems'
import type { SbiNote } from '../discovery/sbi-notes.ts'
import { TOLERANCES } from '../discovery/tolerances.ts'
import type { Log } from '../log/log.ts'

/**
 * What is odd about an SBI, as a line of the log: port, device and field, so that its maker finds the place. What
 * stood in the field is in `status` alone: the server can ask for the log, and the log copies no answer.
 */
export function noteSbi(log: Log, note: SbiNote): void {
  const { port, code, tolerance, answer, field, words, name, isTrouble } = note
  const fields = { port, ...name, question: answer, ...(field !== '' && { field }) }
  if (code !== undefined)
    return log(isTrouble ? 'warn' : 'info', lower(PROBLEMS[code].title), {
      ...fields,
      code,
      detail: words,
    })
  const detail = tolerance === undefined ? '' : TOLERANCES[tolerance].words
  log('info', 'the SBI writes something in another form', { ...fields, detail })
}

/** A line of the log begins small and has no full stop. */
const lower = (title: string): string => title.replace(/^The /, 'the ').replace(/\.$/, '')
