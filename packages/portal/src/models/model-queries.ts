import type { Reason } from '@sanad/protocol/domain/events'
import type {
  FtmProviderList,
  FtmProviderView,
  NewFtmProvider,
} from '@sanad/protocol/operator-api/ftm-providers'
import type {
  FtmRevocationView,
  SetFtmRevocation,
} from '@sanad/protocol/operator-api/ftm-revocation'
import type { ModelList, ModelView, NewModel } from '@sanad/protocol/operator-api/models'
import { queryOptions } from '@tanstack/react-query'
import type { Static } from 'typebox'
import { send } from '../api/request.ts'

export const modelsQuery = queryOptions({
  queryKey: ['models'],
  queryFn: ({ signal }) => send<Static<typeof ModelList>>('/models', { signal }),
  staleTime: 30_000,
})

export const ftmProvidersQuery = queryOptions({
  queryKey: ['ftm-providers'],
  queryFn: ({ signal }) => send<Static<typeof FtmProviderList>>('/ftm-providers', { signal }),
  staleTime: 30_000,
})

export function createModel(body: NewModel): Promise<ModelView> {
  return send<ModelView>('/models', { method: 'POST', body })
}

export function addFtmProvider(body: NewFtmProvider): Promise<FtmProviderView> {
  return send<FtmProviderView>('/ftm-providers', { method: 'POST', body })
}

/** Its key begins as that of the providers: what changes them is asked again with them. */
export const ftmRevocationQuery = (ftmProviderId: string) =>
  queryOptions({
    queryKey: ['ftm-providers', ftmProviderId, 'revocation'],
    queryFn: ({ signal }) =>
      send<FtmRevocationView>(`/ftm-providers/${ftmProviderId}/revocation`, { signal }),
    staleTime: 30_000,
  })

export function setFtmRevocation(
  ftmProviderId: string,
  body: SetFtmRevocation,
): Promise<FtmRevocationView> {
  return send<FtmRevocationView>(`/ftm-providers/${ftmProviderId}/revocation`, {
    method: 'POST',
    body,
  })
}

/** DER or PEM: the server looks. */
export function importFtmList(ftmProviderId: string, file: File): Promise<FtmRevocationView> {
  return send<FtmRevocationView>(`/ftm-providers/${ftmProviderId}/revocation-lists`, {
    method: 'POST',
    body: new Blob([file], { type: 'application/pkix-crl' }),
  })
}

export const retireModel = (modelId: string, reason: Reason): Promise<unknown> =>
  send(`/models/${modelId}/retire`, { method: 'POST', body: { reason } })

export const retireFtmProvider = (ftmProviderId: string, reason: Reason): Promise<unknown> =>
  send(`/ftm-providers/${ftmProviderId}/retire`, { method: 'POST', body: { reason } })
