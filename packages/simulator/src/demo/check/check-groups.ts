import { randomUUID } from 'node:crypto'
import type { BulkActView } from '@sanad/protocol/operator-api/bulk-acts'
import type { GroupView } from '@sanad/protocol/operator-api/groups'
import type { RotationOrderView } from '@sanad/protocol/operator-api/keys'
import { FACE_CAMERA, FINGERPRINT_SLAP } from '../../profiles.ts'
import type { Demo } from '../demo.ts'
import { type OperatorApi, waitUntil } from '../operator-api.ts'
import { findDevice, listEvents, secondsSince } from './devices-in-check.ts'
import { type KeptPromise, type Promises, broken, keptIf, look } from './promise.ts'

/** Devices are sorted into a group by what they have in common, and the whole group changes its keys. */
export async function checkGroups(demo: Demo, promises: Promises): Promise<void> {
  const api = await demo.signIn()
  await look(promises, 'a group is filled by filter and rotated', () => fillAndRotate(api))
}

const PROFILES = [FINGERPRINT_SLAP, FACE_CAMERA]

async function fillAndRotate(api: OperatorApi): Promise<KeptPromise> {
  const started = performance.now()
  const { groupId } = await api.require<GroupView>('POST', '/groups', { name: 'Check' })
  const filled = await fill(api, groupId)
  if (filled.changed < PROFILES.length) return broken(`${filled.changed} devices in the group`)
  const devices = await Promise.all(PROFILES.map((profile) => findDevice(api, profile)))
  if (devices.some(({ group }) => group?.groupId !== groupId)) return broken('not in the group')
  const before = await countRotations(api, devices)
  const order = await orderTwice(api, groupId)
  await waitUntil('each device of the group with a new key', async () => {
    const now = await countRotations(api, devices)
    return now.every((count, index) => count > (before[index] ?? 0)) ? now : undefined
  })
  await empty(api, groupId)
  await api.require('DELETE', `/groups/${groupId}`)
  return keptIf(order.devices >= PROFILES.length, JSON.stringify(order), secondsSince(started))
}

async function fill(api: OperatorApi, groupId: string): Promise<BulkActView> {
  const body = { filter: { state: ['registered'] }, bulkActId: randomUUID() }
  return finish(api, await api.require<BulkActView>('POST', `/groups/${groupId}/devices`, body))
}

const empty = async (api: OperatorApi, groupId: string): Promise<BulkActView> =>
  finish(
    api,
    await api.require<BulkActView>('POST', '/groups/none/devices', { filter: { groupId } }),
  )

const finish = (api: OperatorApi, { bulkActId }: BulkActView): Promise<BulkActView> =>
  waitUntil('the act on many devices', async () => {
    const view = await api.require<BulkActView>('GET', `/bulk-acts/${bulkActId}`)
    return view.state === 'finished' ? view : undefined
  })

/** The same request a second time gives the same order. */
async function orderTwice(api: OperatorApi, groupId: string): Promise<RotationOrderView> {
  const order = { orderId: randomUUID(), filter: { groupId }, reason: 'policy', withinHours: 0 }
  const first = await api.require<RotationOrderView>('POST', '/rotation-orders', order)
  const again = await api.require<RotationOrderView>('POST', '/rotation-orders', order)
  if (again.orderId !== first.orderId) throw new Error('two orders of one request')
  return first
}

const countRotations = (
  api: OperatorApi,
  devices: readonly { readonly deviceId: string }[],
): Promise<readonly number[]> =>
  Promise.all(
    devices.map(async ({ deviceId }) => (await listEvents(api, deviceId, 'key.rotated')).length),
  )
