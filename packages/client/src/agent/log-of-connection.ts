import type { SanadError } from '@sanad/protocol/text/problems'
import { type Log, fieldsOfError } from '../log/log.ts'
import { adviseOnProblem } from './device-light.ts'

/** The way to the server, as lines of the log: when trouble begins, changes its kind, and ends. */
export function noteConnection(log: Log, trouble: SanadError | undefined): void {
  if (trouble === undefined) return log('info', 'the server can be reached')
  log('warn', adviseOnProblem(trouble.code).sentence, fieldsOfError(trouble))
}
