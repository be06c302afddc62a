import type { Readable } from 'node:stream'
import type { BulkActView } from '@sanad/protocol/operator-api/bulk-acts'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'

/** What may be the whole fleet is filled in the background: handed in, because it is above. */
export interface GroupFiller {
  byFilter(
    groupId: string,
    filter: DeviceFilter,
    bulkActId: string | undefined,
    operatorId: string,
  ): Promise<BulkActView>
  bySerialNumbers(
    groupId: string,
    file: Readable,
    bulkActId: string,
    operatorId: string,
  ): Promise<BulkActView>
}
