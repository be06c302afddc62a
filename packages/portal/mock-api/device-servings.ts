import type {
  DeviceListItem,
  DeviceView,
  NewDevice,
  ReapproveBody,
  TransitionBody,
} from '@sanad/protocol/operator-api/devices'
import { requireProof } from '@sanad/protocol/domain/device-proof'
import { SanadError } from '@sanad/protocol/text/problems'
import { countDevices, listDevices } from './devices-api.ts'
import { viewDevice } from './device-view.ts'
import { iso, uuidOf } from './fleet.ts'
import type { MockServings } from './servings.ts'
import type { World } from './world.ts'

const view = (world: World, deviceId: string) =>
  viewDevice(world.device(deviceId), world.models, world.revisionOf(deviceId))

interface ActAsked {
  readonly world: World
  readonly params: { readonly deviceId: string }
  readonly body: TransitionBody
}

const act =
  (name: 'suspend' | 'resume' | 'block' | 'deregister' | 'approve') =>
  ({ world, params: { deviceId }, body }: ActAsked) => {
    world.act(deviceId, name, body)
    return view(world, deviceId)
  }

interface ApprovalAsked extends ActAsked {
  readonly body: ReapproveBody
}

/** By the server’s rule of proof. */
const reapprove = (asked: ApprovalAsked) => {
  requireProof(view(asked.world, asked.params.deviceId).model, asked.body)
  return act('approve')(asked)
}

/** @throws SanadError `model.not-found`, `device.duplicate`, `device.proof-refused` */
function approve({ world, body }: { readonly world: World; readonly body: NewDevice }): DeviceView {
  const model = world.models.find(({ modelId }) => modelId === body.modelId)
  if (model === undefined) throw new SanadError('model.not-found')
  requireProof(model, body)
  const { serialNo } = body
  if (world.fleet.some((each) => each.serialNo === serialNo))
    throw new SanadError('device.duplicate')
  const { modelId, make, model: name, deviceType, deviceSubType, level } = model
  const device: DeviceListItem = {
    deviceId: uuidOf(serialNo),
    serialNo,
    modelId,
    make,
    model: name,
    deviceType,
    deviceSubType,
    level,
    group: null,
    state: 'approved',
    approvedAt: iso(Date.now()),
    registeredAt: null,
    presence: null,
    connected: false,
    certificateNotAfter: null,
  }
  world.fleet = [...world.fleet, device]
  return view(world, device.deviceId)
}

export const DEVICE_SERVINGS = {
  listDevices: ({ world, query }) => listDevices(world.fleet, query),
  countDevices: ({ world }) => countDevices(world.fleet),
  exportDevices: ({ world, query }) => {
    const { items } = listDevices(world.fleet, { ...query, limit: world.fleet.length })
    const rows = items.map(({ serialNo, make, model, state }) =>
      [serialNo, make, model, state].join(','),
    )
    return `\uFEFF${['serialNo,make,model,state', ...rows].join('\r\n')}\r\n`
  },
  approveDevice: approve,
  readDevice: ({ world, params }) => view(world, params.deviceId),
  listDeviceCertificates: ({ world, params }) => {
    const { serialNo, certificateNotAfter } = world.device(params.deviceId)
    return {
      items:
        certificateNotAfter === null
          ? []
          : [...world.trust.certificatesOf(serialNo, certificateNotAfter)],
    }
  },
  suspendDevice: act('suspend'),
  resumeDevice: act('resume'),
  blockDevice: act('block'),
  deregisterDevice: act('deregister'),
  reapproveDevice: reapprove,
} satisfies MockServings
