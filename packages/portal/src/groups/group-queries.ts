import type { GroupChange } from '@sanad/protocol/operator-api/groups'
import { call, query } from '../api/call.ts'

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

/** All devices of the group. */
export const emptyGroup = (groupId: string) =>
  call('assignToGroup', { params: { groupId: 'none' }, body: { filter: { groupId } } })
