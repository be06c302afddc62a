import { Instead } from '../platform/operation-desk.ts'
import { serve } from '../platform/serve.ts'
import type { GroupFiller } from './group-filler.ts'
import type { GroupRegistry } from './group-registry.ts'

export interface GroupsRoutesOptions {
  readonly groups: GroupRegistry
  readonly filler: GroupFiller
}

export const groupsRoutes = ({ groups, filler }: GroupsRoutesOptions) =>
  serve({
    listGroups: async () => ({ items: await groups.list() }),
    createGroup: ({ body, actor }) => groups.create(body, actor),
    readGroup: ({ params }) => groups.read(params.groupId),
    changeGroup: ({ params, body, actor }) => groups.change(params.groupId, body, actor),
    deleteGroup: ({ params, actor }) => groups.delete(params.groupId, actor),
    assignToGroup: async ({ params: { groupId }, body, actor, operator }) => {
      if ('deviceIds' in body) {
        const target = groupId === 'none' ? null : groupId
        return { devices: await groups.assign(target, body.deviceIds, actor) }
      }
      const { filter, bulkActId } = body
      return new Instead(await filler.byFilter(groupId, filter, bulkActId, operator.operatorId))
    },
    fillGroup: ({ params: { groupId, bulkActId }, body, operator }) =>
      filler.bySerialNumbers(groupId, body.stream, bulkActId, operator.operatorId),
  })
