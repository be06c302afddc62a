import type { BulkActView } from '@sanad/protocol/operator-api/bulk-acts'
import type { GroupChange, GroupDetail } from '@sanad/protocol/operator-api/groups'
import { queryOptions } from '@tanstack/react-query'
import { send } from '../api/request.ts'

export const groupQuery = (groupId: string) =>
  queryOptions({
    queryKey: ['groups', groupId],
    queryFn: ({ signal }) => send<GroupDetail>(`/groups/${groupId}`, { signal }),
  })

export const changeGroup = (groupId: string, body: GroupChange): Promise<GroupDetail> =>
  send<GroupDetail>(`/groups/${groupId}`, { method: 'POST', body })

export const deleteGroup = (groupId: string): Promise<void> =>
  send<void>(`/groups/${groupId}`, { method: 'DELETE' })

/** @param bulkActId the sender’s choice: the same file again fills once */
export const fillGroup = (groupId: string, bulkActId: string, file: File): Promise<BulkActView> =>
  send<BulkActView>(`/groups/${groupId}/fill/${bulkActId}`, {
    method: 'POST',
    // A browser names the type by what is installed beside it; a spreadsheet program makes it another.
    body: new Blob([file], { type: 'text/csv' }),
  })

export const emptyGroup = (groupId: string): Promise<BulkActView> =>
  send<BulkActView>('/groups/none/devices', { method: 'POST', body: { filter: { groupId } } })
