import type { BulkActView } from '@sanad/protocol/operator-api/bulk-acts'
import type { GroupChange } from '@sanad/protocol/operator-api/groups'
import { call, query } from '../api/call.ts'
import { PortalProblem } from '../api/problem.ts'

export const groupQuery = (groupId: string) => query('readGroup', { params: { groupId } })

export const changeGroup = (groupId: string, body: GroupChange) =>
  call('changeGroup', { params: { groupId }, body })

export const deleteGroup = (groupId: string) => call('deleteGroup', { params: { groupId } })

/** @param bulkActId the sender’s choice: the same file again fills once */
export const fillGroup = (groupId: string, bulkActId: string, file: File) =>
  call('fillGroup', {
    params: { groupId, bulkActId },
    // A browser names the type by what is installed beside it; a spreadsheet program makes it another.
    body: new Blob([file], { type: 'text/csv' }),
  })

/** All devices of the group: an act to follow. */
export async function emptyGroup(groupId: string): Promise<BulkActView> {
  const params = { groupId: 'none' }
  const moved = await call('assignToGroup', { params, body: { filter: { groupId } } })
  if ('bulkActId' in moved) return moved
  throw new PortalProblem('portal.not-an-answer')
}
