import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { BulkActView } from '@sanad/protocol/operator-api/bulk-acts'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import { SanadError } from '@sanad/protocol/text/problems'
import type { GroupFiller } from '../groups/group-filler.ts'
import type { Database } from '../platform/database.ts'
import type { BulkActs } from './bulk-acts.ts'
import { findDevices } from './find-devices.ts'
import { readSerialNumbers } from './serial-numbers-csv.ts'

/** Fills a group with what may be the whole fleet. */

export interface FillGroupOptions {
  readonly database: Database
  readonly bulkActs: BulkActs
  readonly whenOrdered: () => void
}

export class FillGroup implements GroupFiller {
  readonly #options: FillGroupOptions

  constructor(options: FillGroupOptions) {
    this.#options = options
  }

  /** @throws SanadError as {@link BulkActs.order} */
  async byFilter(
    groupId: string,
    filter: DeviceFilter,
    bulkActId: string = randomUUID(),
    operatorId: string,
  ): Promise<BulkActView> {
    const { bulkActs, whenOrdered } = this.#options
    const act = { bulkActId, act: 'assign-group', groupId, selection: { filter } } as const
    const view = await bulkActs.order(act, operatorId)
    whenOrdered()
    return view
  }

  /** @throws SanadError `group.file-not-readable`, and as {@link BulkActs.order} */
  async bySerialNumbers(
    groupId: string,
    file: Readable,
    bulkActId: string,
    operatorId: string,
  ): Promise<BulkActView> {
    const { database, bulkActs, whenOrdered } = this.#options
    const named = await readSerialNumbers(file)
    const { deviceIds, failures } = await findDevices(database, named)
    if (deviceIds.length === 0)
      throw new SanadError('group.file-not-readable', 'no device has a serial number of the file')
    const act = { bulkActId, act: 'assign-group', groupId } as const
    const view = await bulkActs.orderFor(act, { deviceIds }, failures, operatorId)
    whenOrdered()
    return view
  }
}
