import type { Readable } from 'node:stream'
import { BulkActView } from '@sanad/protocol/operator-api/bulk-acts'
import {
  GroupAssigned,
  GroupAssignment,
  GroupChange,
  GroupDetail,
  GroupFillParams,
  GroupIdParams,
  GroupList,
  GroupView,
  NewGroup,
  OneGroupParams,
} from '@sanad/protocol/operator-api/groups'
import { operatorActor } from '@sanad/protocol/domain/events'
import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { operatorOf } from '../operators/operator-door.ts'
import type { HttpApp } from '../platform/http.ts'
import type { GroupFiller } from './group-filler.ts'
import type { GroupRegistry } from './group-registry.ts'

export interface GroupsRoutesOptions {
  readonly groups: GroupRegistry
  readonly filler: GroupFiller
}

const actorOf = (request: FastifyRequest) => operatorActor(operatorOf(request).operatorId)

export function groupsRoutes({ groups, filler }: GroupsRoutesOptions) {
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
      async (request, reply) =>
        reply.status(201).send(await groups.create(request.body, actorOf(request))),
    )

    app.get(
      '/groups/:groupId',
      {
        config: { access: 'group:read' },
        schema: {
          operationId: 'readGroup',
          params: OneGroupParams,
          response: { 200: GroupDetail },
        },
      },
      (request) => groups.read(request.params.groupId),
    )

    app.post(
      '/groups/:groupId',
      {
        config: { access: 'group:manage' },
        schema: {
          operationId: 'changeGroup',
          params: OneGroupParams,
          body: GroupChange,
          response: { 200: GroupDetail },
        },
      },
      (request) => groups.change(request.params.groupId, request.body, actorOf(request)),
    )

    app.delete(
      '/groups/:groupId',
      {
        config: { access: 'group:manage' },
        schema: {
          operationId: 'deleteGroup',
          params: OneGroupParams,
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        await groups.delete(request.params.groupId, actorOf(request))
        return reply.status(204).send(null)
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
          response: { 200: GroupAssigned, 202: BulkActView },
        },
      },
      async (request, reply) => {
        const { groupId } = request.params
        const { body } = request
        if ('deviceIds' in body) {
          const target = groupId === 'none' ? null : groupId
          return { devices: await groups.assign(target, body.deviceIds, actorOf(request)) }
        }
        const { operatorId } = operatorOf(request)
        const filled = await filler.byFilter(groupId, body.filter, body.bulkActId, operatorId)
        return reply.status(202).send(filled)
      },
    )

    // Only here does a file of serial numbers pass as a stream; its reader counts it.
    await app.register(async (uploads: HttpApp) => {
      uploads.addContentTypeParser('text/csv', (_request, body, done) => done(null, body))
      uploads.post(
        '/groups/:groupId/fill/:bulkActId',
        {
          config: { access: 'group:manage' },
          schema: {
            operationId: 'fillGroup',
            params: GroupFillParams,
            response: { 202: BulkActView },
          },
        },
        async (request, reply) => {
          const { groupId, bulkActId } = request.params
          const { operatorId } = operatorOf(request)
          // The parser above hands the stream on.
          const file = request.body as Readable
          return reply
            .status(202)
            .send(await filler.bySerialNumbers(groupId, file, bulkActId, operatorId))
        },
      )
    })
  }
}
