import { FtmProviderIdParams } from '@sanad/protocol/operator-api/ftm-providers'
import {
  FTM_LIST_TYPES,
  FtmRevocationView,
  LARGEST_FTM_LIST,
  SetFtmRevocation,
} from '@sanad/protocol/operator-api/ftm-revocation'
import { operatorActor } from '@sanad/protocol/domain/events'
import Type from 'typebox'
import { operatorOf } from '../../operators/operator-door.ts'
import type { HttpApp } from '../../platform/http.ts'
import type { FtmRevocation } from './ftm-revocation.ts'

export interface FtmRevocationRoutesOptions {
  readonly revocation: FtmRevocation
  /** Fetches now what the schedule would fetch within the hour. */
  readonly whenUrlSet: () => void
}

/** The bytes of a file; in the description of the API it is a text. */
const FileBytes = Type.Unsafe<Uint8Array>(Type.Any())

export function ftmRevocationRoutes({ revocation, whenUrlSet }: FtmRevocationRoutesOptions) {
  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/ftm-providers/:ftmProviderId/revocation',
      {
        config: { access: 'ftm-provider:read' },
        schema: {
          operationId: 'readFtmRevocation',
          params: FtmProviderIdParams,
          response: { 200: FtmRevocationView },
        },
      },
      (request) => revocation.describe(request.params.ftmProviderId),
    )

    app.post(
      '/ftm-providers/:ftmProviderId/revocation',
      {
        config: { access: 'ftm-provider:manage' },
        schema: {
          operationId: 'setFtmRevocation',
          params: FtmProviderIdParams,
          body: SetFtmRevocation,
          response: { 200: FtmRevocationView },
        },
      },
      async (request) => {
        const { ftmProviderId } = request.params
        const actor = operatorActor(operatorOf(request).operatorId)
        await revocation.set(ftmProviderId, request.body, actor)
        if (request.body.url !== null) whenUrlSet()
        return revocation.describe(ftmProviderId)
      },
    )

    await app.register(async (uploads: HttpApp) => {
      // Only here does a body pass as the bytes it is, up to the largest list.
      for (const type of FTM_LIST_TYPES)
        uploads.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) =>
          done(null, body),
        )
      uploads.post(
        '/ftm-providers/:ftmProviderId/revocation-lists',
        {
          config: { access: 'ftm-provider:manage' },
          bodyLimit: LARGEST_FTM_LIST,
          schema: {
            operationId: 'importFtmRevocationList',
            params: FtmProviderIdParams,
            body: FileBytes,
            response: { 200: FtmRevocationView },
          },
        },
        async (request) => {
          const { ftmProviderId } = request.params
          const { operatorId } = operatorOf(request)
          await revocation.take({
            ftmProviderId,
            file: asBytes(request.body),
            from: { source: 'imported', operatorId },
            actor: operatorActor(operatorId),
          })
          return revocation.describe(ftmProviderId)
        },
      )
    })
  }
}

/** Of another media type the body is something else, and no list. */
const asBytes = (body: unknown): Uint8Array =>
  body instanceof Uint8Array ? body : new Uint8Array(0)
