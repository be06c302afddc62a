import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import { type KeyState, keyLife } from '@sanad/protocol/domain/key-lifecycle'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import type { ProposedInput } from '../../operators/proposals/proposal-tables.ts'
import type { TwoPersonOperation } from '../../operators/proposals/two-person-operation.ts'
import type { DeviceParts } from './device-operations.ts'
import { change } from './radius.ts'

/** What touches one device: the revocation of a certificate, the reset of a clock. */

const paramsOf = ({ params }: ProposedInput) =>
  params as { readonly deviceId: string; readonly serialNumber: string }

interface Device {
  readonly serialNo: string
  readonly state: DeviceState
  readonly connected: number
}

/** @throws SanadError `device.not-found` */
async function readDevice({ database }: DeviceParts, deviceId: string): Promise<Device> {
  const { rows } = await sql<Device>`
    select d.serial_no as "serialNo", d.state,
      (select count(*) from channel_device k where k.device_id = d.device_id) as connected
    from device d where d.device_id = ${deviceId}::uuid`.execute(database)
  const [device] = rows
  if (device === undefined) throw new SanadError('device.not-found')
  return device
}

/** @throws SanadError `certificate.not-found`, `key.transition-refused` */
async function requireRevocable({ database, clock }: DeviceParts, input: ProposedInput) {
  const { deviceId, serialNumber } = paramsOf(input)
  const { rows } = await sql<{ status: KeyState; notAfter: Date }>`
    select status, not_after as "notAfter" from device_certificate
    where serial_number = ${serialNumber} and device_id = ${deviceId}::uuid`.execute(database)
  const [certificate] = rows
  if (certificate === undefined) throw new SanadError('certificate.not-found')
  const { status, notAfter } = certificate
  keyLife.next(notAfter.getTime() <= clock() && status !== 'revoked' ? 'expired' : status, 'revoke')
  return status
}

export const revocationOperation = (parts: DeviceParts): TwoPersonOperation => ({
  kindOf: () => 'revocation',
  permissions: () => ['certificate:revoke'],
  target: (input) => `certificate:${paramsOf(input).serialNumber}`,
  async readRadius(input) {
    const { deviceId, serialNumber } = paramsOf(input)
    const device = await readDevice(parts, deviceId)
    const status = await requireRevocable(parts, input)
    const isInUse = status === 'active' || status === 'pending'
    return {
      devices: 1,
      connected: Math.min(1, device.connected),
      subject: device.serialNo,
      effects: [
        { effect: 'certificate-revoked', devices: 1, when: 'at-once' },
        ...(isInUse
          ? [{ effect: 'devices-stop' as const, devices: 1, when: 'at-once' as const }]
          : []),
      ],
      changes: [change(serialNumber, status, 'revoked')],
    }
  },
})

export const clockResetOperation = (parts: DeviceParts): TwoPersonOperation => ({
  kindOf: () => 'clock-reset',
  permissions: () => ['time:reset'],
  target: (input) => `clock:${paramsOf(input).deviceId}`,
  async readRadius(input) {
    const device = await readDevice(parts, paramsOf(input).deviceId)
    if (device.state === 'blocked' || device.state === 'deregistered')
      throw new SanadError('device.transition-refused', 'The device is not in use.')
    const { floor } = input.body as { readonly floor?: string }
    return {
      devices: 1,
      connected: Math.min(1, device.connected),
      subject: device.serialNo,
      effects: [{ effect: 'clock-set-back', devices: 1, when: 'next-contact' }],
      changes: floor === undefined ? [] : [change('floor', null, floor)],
    }
  },
})
