import type { DeviceListItem, DeviceView } from '@sanad/protocol/operator-api/devices'
import type { ModelView } from '@sanad/protocol/operator-api/models'
import { DEVICE_ACTS, type DeviceState, deviceLife } from '@sanad/protocol/domain/device-lifecycle'
import { sha256Of, uuidOf } from './fleet.ts'

export function viewDevice(
  device: DeviceListItem,
  models: readonly ModelView[],
  revision: number,
): DeviceView {
  const model = models.find(({ modelId }) => modelId === device.modelId)
  if (model === undefined) throw new Error('a device needs a model')
  const isChip = device.level === 'L1'
  return {
    deviceId: device.deviceId,
    serialNo: device.serialNo,
    model,
    group: device.group,
    state: device.state,
    revision,
    ftmCertificateSha256: isChip ? sha256Of(device.serialNo) : null,
    enrolmentSecret: 'none',
    approvedAt: device.approvedAt,
    registeredAt: device.registeredAt,
    stateChangedAt: device.registeredAt ?? device.approvedAt,
    importId: uuidOf('import'),
    presence: device.presence,
    connected: device.connected,
    supportCode: supportCodeOfMock(device.serialNo),
    actions: actionsOf(device.state),
  }
}

/** Any eight characters of a code: no technician reads them out. */
const supportCodeOfMock = (serialNo: string): string => {
  const hex = sha256Of(serialNo).toUpperCase().replace(/[01]/g, '7')
  return `${hex.slice(0, 4)}-${hex.slice(4, 8)}`
}

/** The same table as the server’s, so the sentences are the same. */
function actionsOf(state: DeviceState): DeviceView['actions'] {
  return DEVICE_ACTS.map((act) => {
    const reason = deviceLife.whyRefused(state, act) ?? null
    return { act, isAllowed: reason === null, reason }
  })
}
