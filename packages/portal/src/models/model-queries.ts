import type {
  FtmProviderList,
  FtmProviderView,
  NewFtmProvider,
} from '@sanad/protocol/api/ftm-providers'
import type { ModelList, ModelView, NewModel } from '@sanad/protocol/api/models'
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
