import { DEVICE_STATUSES, type DeviceStatus } from '@sanad/protocol/domain/device-kinds'
import { type NewEvent, deviceActor } from '@sanad/protocol/domain/events'
import type { DeviceInformation } from '@sanad/protocol/wire/messages/device-information'
import type { SenderRecord } from '../messages/senders.ts'

/** A daily check-in is no event; the first one is, and so is a change of what the device says of itself. */
export function eventsOfChanges(
  sender: SenderRecord,
  information: DeviceInformation,
): (NewEvent & { deviceId: string })[] {
  const { deviceId } = sender
  const actor = deviceActor(deviceId)
  if (sender.lastCheckInAt === null) {
    const { deviceStatus, serviceVersion, firmware } = information
    return [
      {
        type: 'device.first-check-in',
        deviceId,
        actor,
        data: { deviceStatus, ...present({ serviceVersion, firmware }) },
      },
    ]
  }
  const from = sender.deviceStatus
  if (!isDeviceStatus(from) || from === information.deviceStatus) return []
  return [
    {
      type: 'device.status-changed',
      deviceId,
      actor,
      data: { from, to: information.deviceStatus },
    },
  ]
}

const isDeviceStatus = (text: string | null): text is DeviceStatus =>
  (DEVICE_STATUSES as readonly (string | null)[]).includes(text)

/** Without the members that are empty. */
function present(versions: { serviceVersion: string; firmware: string }): Partial<typeof versions> {
  return Object.fromEntries(Object.entries(versions).filter(([, version]) => version !== ''))
}
