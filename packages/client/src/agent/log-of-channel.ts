import type { ChannelEvent } from '../channel/live-channel.ts'
import { type Log, fieldsOfError } from '../log/log.ts'

/** What becomes of the live channel, as lines of the log. */

/** By then it is no restart of the server: something on the way forbids it, or cuts it. */
const FAILURES_UNTIL_TOLD = 3

export function noteChannelEvent(log: Log, event: ChannelEvent): void {
  if (event.kind === 'open') return log('info', 'the live channel is open')
  const { failures, trouble } = event
  const retryInSeconds = Math.round(event.retryInMs / 1000)
  const fields = { retryInSeconds, ...fieldsOfError(trouble) }
  if (failures !== FAILURES_UNTIL_TOLD) return log('info', 'the live channel is closed', fields)
  log('warn', 'the live channel does not stay open; commands come with the check-ins', fields)
}
