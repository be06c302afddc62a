import {
  GroupAssigned,
  GroupAssignment,
  GroupIdParams,
  GroupList,
  GroupView,
  NewGroup,
} from '@sanad/protocol/api/groups'
import { operatorActor } from '@sanad/protocol/events'
import { operatorOf } from '../operators/operator-door.ts'
import type { HttpApp } from '../platform/http.ts'
import type { GroupRegistry } from './group-registry.ts'

export interface GroupsRoutesOptions {
  readonly groups: GroupRegistry
}

export function groupsRoutes({ groups }: GroupsRoutesOptions) {
  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/groups',
      {
        config: { access: 'group:read' },
        schema: { operationId: 'listGroups', response: { 200: GroupList } },
      },
      async () => ({ items: await groups.list() }),
    )

    app.post(
      '/groups',
      {
        config: { access: 'group:manage' },
        schema: { operationId: 'createGroup', body: NewGroup, response: { 201: GroupView } },
      },
      async (request, reply) => {
        const actor = operatorActor(operatorOf(request).operatorId)
        return reply.status(201).send(await groups.create(request.body, actor))
      },
    )

    app.post(
      '/groups/:groupId/devices',
      {
        config: { access: 'group:manage' },
        schema: {
          operationId: 'assignToGroup',
          params: GroupIdParams,
          body: GroupAssignment,
          response: { 200: GroupAssigned },
        },
      },
      async (request) => {
        const { groupId } = request.params
        const actor = operatorActor(operatorOf(request).operatorId)
        const devices = await groups.assign(
          groupId === 'none' ? null : groupId,
          request.body,
          actor,
        )
        return { devices }
      },
    )
  }
}
