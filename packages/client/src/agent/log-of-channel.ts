import type { ChannelEvent } from '../channel/live-channel.ts'
import type { Log } from '../log/log.ts'

/** What becomes of the live channel, as lines of the log. */
export function noteChannelEvent(log: Log, event: ChannelEvent): void {
  if (event.kind === 'open') return log('info', 'the live channel is open')
  const retryInSeconds = Math.round(event.retryInMs / 1000)
  log('info', 'the live channel is closed', { retryInSeconds })
}
