import type { NewEvent } from '@sanad/protocol/domain/events'

/** Why the server suspended a device that seems to be two; only a person resolves it. */
export function writeSuspicion(
  deviceId: string,
  sign: 'sequence-fork' | 'two-installations',
): NewEvent[] {
  const about = { actor: 'server', deviceId } as const
  return [
    { ...about, type: 'device.clone-suspected', data: { sign } },
    { ...about, type: 'device.suspended', data: { reason: 'suspected-clone' } },
  ]
}
