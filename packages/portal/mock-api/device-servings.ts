import type { ReapproveBody, TransitionBody } from '@sanad/protocol/operator-api/devices'
import { requireProof } from '@sanad/protocol/domain/device-proof'
import { countDevices, listDevices } from './devices-api.ts'
import { viewDevice } from './device-view.ts'
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

/** By the server's rule of proof. */
const reapprove = (asked: ApprovalAsked) => {
  requireProof(view(asked.world, asked.params.deviceId).model, asked.body)
  return act('approve')(asked)
}

export const DEVICE_SERVINGS = {
  listDevices: ({ world, query }) => listDevices(world.fleet, query),
  countDevices: ({ world }) => countDevices(world.fleet),
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
