import type { Reason } from '@sanad/protocol/domain/reasons'
import type { NewFtmProvider } from '@sanad/protocol/operator-api/ftm-providers'
import type { SetFtmRevocation } from '@sanad/protocol/operator-api/ftm-revocation'
import type { NewModel } from '@sanad/protocol/operator-api/models'
import { queryOptions } from '@tanstack/react-query'
import { call, query } from '../api/call.ts'

const LASTS = { staleTime: 30_000 } as const

export const modelsQuery = queryOptions({ ...query('listModels'), ...LASTS })

export const ftmProvidersQuery = queryOptions({ ...query('listFtmProviders'), ...LASTS })

export const createModel = (body: NewModel) => call('createModel', { body })

export const addFtmProvider = (body: NewFtmProvider) => call('addFtmProvider', { body })

export const ftmRevocationQuery = (ftmProviderId: string) =>
  queryOptions({ ...query('readFtmRevocation', { params: { ftmProviderId } }), ...LASTS })

export const setFtmRevocation = (ftmProviderId: string, body: SetFtmRevocation) =>
  call('setFtmRevocation', { params: { ftmProviderId }, body })

/** DER or PEM: the server looks. */
export const importFtmList = (ftmProviderId: string, file: File) =>
  call('importFtmRevocationList', {
    params: { ftmProviderId },
    body: new Blob([file], { type: 'application/pkix-crl' }),
  })

export const retireModel = (modelId: string, reason: Reason) =>
  call('retireModel', { params: { modelId }, body: { reason } })

export const retireFtmProvider = (ftmProviderId: string, reason: Reason) =>
  call('retireFtmProvider', { params: { ftmProviderId }, body: { reason } })
