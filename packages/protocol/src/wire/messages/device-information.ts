import Type, { type Static } from 'typebox'
import { described } from '../../text/described.ts'
import { closed } from '../../text/fields.ts'
import { DEVICE_STATUSES, LEVELS } from '../../domain/device-kinds.ts'
import { Text } from './parts.ts'

const DeviceStatus = Type.Enum(DEVICE_STATUSES)

/** What remote maintenance needs to know of a device and its host; nothing of any transaction. */
export const DeviceInformation = Type.Object(
  {
    deviceStatus: described(
      'State of the device as its SBI tells it (`deviceStatus` of the device information).',
      DeviceStatus,
    ),
    certification: described('Level that the SBI tells.', Type.Enum(LEVELS)),
    firmware: described('Version of the device’s firmware, as the SBI tells it.', Text(64)),
    serviceVersion: described('Version of the SBI, as it tells it.', Text(64)),
    specVersions: described(
      'Versions of the MDS specification that the SBI speaks, as it tells them.',
      Type.Array(described('One version: `0.9.5`.', Text(16)), { maxItems: 8 }),
    ),
    purpose: described('`Auth` or `Registration`, as the SBI tells it.', Text(32)),
    env: described(
      'Environment that the SBI tells: `Staging`, `Developer`, `Pre-Production`, `Production`.',
      Text(32),
    ),
    clientVersion: described('Version of the management client.', Text(32)),
    operatingSystem: described('Name and version of the host’s system: `Debian 12`.', Text(64)),
  },
  closed,
)
export type DeviceInformation = Static<typeof DeviceInformation>
