import type { ClockResetProgress, ClockResetView } from '@sanad/protocol/operator-api/clock-resets'
import { REASONS } from '@sanad/protocol/domain/reasons'
import type { Call } from './connection.ts'
import { findDeviceId } from './find-device.ts'
import { moment, print } from './terminal.ts'
import { type Said, type Verb, need, text } from './verb.ts'
import { needReason } from './choices.ts'

async function resetClock(said: Said): Promise<void> {
  const { connection, terminal } = said
  const reason = needReason(said)
  const [note, floor] = [text(said, 'note'), text(said, 'floor')]
  need(said, 0, 'a serial number or device id')
  const done: (ClockResetView & { device: string })[] = []
  for (const device of said.positionals) {
    const deviceId = await findDeviceId(connection.call, device)
    const body = {
      reason,
      ...(note !== undefined && { note }),
      ...(floor !== undefined && { floor }),
    }
    done.push({
      device,
      ...(await connection.call('orderClockReset', { params: { deviceId }, body })),
    })
  }
  print(terminal, done, () => done.map(describeOrder).join('\n'))
}

const describeOrder = ({
  device,
  floor,
  notAfter,
}: ClockResetView & { readonly device: string }): string =>
  `${device} may set its clock back, not before ${moment(floor)}. It is on record, and in force until ${moment(notAfter)}.`

export const readClockReset = async (call: Call, deviceId: string) =>
  (await call('readClockReset', { params: { deviceId } })).reset

const WORDS: Record<ClockResetProgress['state'], string> = {
  waiting: 'waits for the device',
  sent: 'sent',
  done: 'done',
  expired: 'ended before the device took it',
}

export function describeClockReset(reset: ClockResetProgress | null): string | undefined {
  if (reset === null) return undefined
  const at = reset.doneAt ?? reset.sentAt ?? reset.orderedAt
  return `${WORDS[reset.state]}, ${moment(at)}; ordered by ${reset.orderedBy}`
}

export const RESET_CLOCK: Verb = {
  name: 'devices reset-clock',
  usage: '<device>… --reason <reason> [--note <words>] [--floor <time>]',
  summary: `let devices set their clocks back that were led into the future; reasons: ${REASONS.join(', ')}`,
  options: { reason: { type: 'string' }, note: { type: 'string' }, floor: { type: 'string' } },
  run: resetClock,
}
