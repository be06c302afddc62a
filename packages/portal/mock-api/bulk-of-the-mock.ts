import {
  type BulkActFailure,
  type BulkActPreview,
  type BulkActTerms,
  type BulkActView,
  type DeviceSelection,
  isDeviceAct,
} from '@sanad/protocol/operator-api/bulk-acts'
import type { DeviceListItem } from '@sanad/protocol/operator-api/devices'
import { deviceLife } from '@sanad/protocol/domain/device-lifecycle'
import { SanadError } from '@sanad/protocol/text/problems'
import { listDevices } from './devices-api.ts'
import { iso } from './fleet.ts'
import type { World } from './world.ts'

/** Acts on many devices: each look at one brings it a third further. */
export class MockBulk {
  acts: BulkActView[] = []
  readonly #failures = new Map<string, BulkActFailure[]>()
  readonly #work = new Map<string, DeviceListItem[]>()

  preview(world: World, terms: BulkActTerms, selection: DeviceSelection): BulkActPreview {
    const devices = chosen(world, selection)
    const refused = devices.filter((device) => whyNot(terms, device) !== undefined)
    const unchanged = devices.filter((device) => isThere(terms, device)).length
    const states = { approved: 0, registered: 0, suspended: 0, deregistered: 0, blocked: 0 }
    for (const { state } of devices) states[state] += 1
    return {
      devices: devices.length,
      connected: devices.filter(({ connected }) => connected).length,
      states,
      models: modelsOf(devices),
      otherModels: 0,
      markets: [{ country: null, environment: null, devices: devices.length }],
      willChange: devices.length - refused.length - unchanged,
      willRefuse: (['approved', 'registered', 'suspended', 'deregistered', 'blocked'] as const)
        .map((state) => ({ state, of: refused.filter((device) => device.state === state) }))
        .flatMap(({ state, of }) => {
          const [first] = of
          const reason = first === undefined ? undefined : whyNot(terms, first)
          const code = 'device.transition-refused'
          return reason === undefined ? [] : [{ code, state, reason, devices: of.length }]
        }),
      unchanged,
    }
  }

  order(world: World, body: BulkActTerms & Asked): BulkActView {
    const known = this.acts.find(({ bulkActId }) => bulkActId === body.bulkActId)
    if (known !== undefined) return known
    const devices = chosen(world, body.selection)
    const group = world.keys.groups.find(({ groupId }) => groupId === body.groupId)
    const act: BulkActView = {
      bulkActId: body.bulkActId,
      act: body.act,
      reason: body.reason ?? null,
      group: group === undefined ? null : { groupId: group.groupId, name: group.name },
      commandType: body.command?.type ?? null,
      note: body.note ?? null,
      filter: 'filter' in body.selection ? body.selection.filter : null,
      state: 'queued',
      devices: devices.length,
      done: 0,
      changed: 0,
      failed: 0,
      createdAt: iso(Date.now()),
      createdBy: 'Mock Administrator',
      startedAt: null,
      finishedAt: null,
      failureCode: null,
    }
    this.acts = [act, ...this.acts]
    this.#work.set(act.bulkActId, devices)
    return act
  }

  read(world: World, bulkActId: string): BulkActView {
    const act = this.#find(bulkActId)
    if (act.state !== 'queued' && act.state !== 'running') return act
    const part = (this.#work.get(bulkActId) ?? []).slice(
      act.done,
      act.done + Math.ceil(act.devices / 3),
    )
    const failures = part.flatMap((device) => failureOf(act, device))
    for (const device of part)
      if (isDeviceAct(act.act) && failureOf(act, device).length === 0)
        world.act(device.deviceId, act.act, { reason: act.reason ?? 'other' })
    if (act.act === 'assign-group') world.assign(part, act.group)
    this.#failures.set(bulkActId, [...this.failures(bulkActId), ...failures])
    const done = act.done + part.length
    return this.#change(act, {
      done,
      changed: act.changed + part.length - failures.length,
      failed: act.failed + failures.length,
      startedAt: iso(Date.now()),
      ...(done < act.devices
        ? { state: 'running' }
        : { state: 'finished', finishedAt: iso(Date.now()) }),
    })
  }

  cancel(bulkActId: string): BulkActView {
    const act = this.#find(bulkActId)
    return this.#change(act, { state: 'cancelled', finishedAt: iso(Date.now()) })
  }

  /** As the server’s file. */
  failuresCsv(bulkActId: string): string {
    this.#find(bulkActId)
    const rows = this.failures(bulkActId).map(({ serialNo, deviceId, code, detail }) =>
      [serialNo, deviceId ?? '', code, detail ?? ''].map((cell) => `"${cell}"`).join(','),
    )
    return `\uFEFF${['"serialNo","deviceId","code","reason"', ...rows].join('\r\n')}\r\n`
  }

  failures(bulkActId: string): BulkActFailure[] {
    return this.#failures.get(bulkActId) ?? []
  }

  #change(act: BulkActView, change: Partial<BulkActView>): BulkActView {
    const next = { ...act, ...change }
    this.acts = this.acts.map((each) => (each === act ? next : each))
    return next
  }

  #find(bulkActId: string): BulkActView {
    const act = this.acts.find((each) => each.bulkActId === bulkActId)
    if (act === undefined) throw new SanadError('bulk-act.not-found')
    return act
  }
}

interface Asked {
  readonly bulkActId: string
  readonly selection: DeviceSelection
  readonly note?: string
}

function chosen(world: World, selection: DeviceSelection): DeviceListItem[] {
  if ('deviceIds' in selection)
    return world.fleet.filter(({ deviceId }) => selection.deviceIds.includes(deviceId))
  return listDevices(world.fleet, { ...selection.filter, limit: world.fleet.length }).items
}

function whyNot({ act }: Pick<BulkActTerms, 'act'>, { state }: DeviceListItem): string | undefined {
  if (isDeviceAct(act)) return deviceLife.whyRefused(state, act)
  if (act === 'rotate-key' && state !== 'registered')
    return 'Only a registered device rotates its key.'
  return undefined
}

const isThere = ({ act, groupId }: BulkActTerms, { group }: DeviceListItem): boolean =>
  act === 'assign-group' && (group?.groupId ?? 'none') === groupId

function failureOf(act: BulkActView, device: DeviceListItem): BulkActFailure[] {
  const detail = whyNot(act, device)
  if (detail === undefined) return []
  const { deviceId, serialNo } = device
  return [{ deviceId, serialNo, code: 'device.transition-refused', detail }]
}

function modelsOf(devices: readonly DeviceListItem[]): BulkActPreview['models'] {
  const counts = new Map<string, BulkActPreview['models'][number]>()
  for (const { modelId, make, model } of devices)
    counts.set(modelId, { modelId, make, model, devices: (counts.get(modelId)?.devices ?? 0) + 1 })
  return [...counts.values()].toSorted((a, b) => b.devices - a.devices)
}
