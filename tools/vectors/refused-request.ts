import { registered } from './stage.ts'

export type By = 'envelope' | 'record' | 'certification-request'

export interface RefusedRequest {
  readonly name: string
  readonly by: By
  readonly code: string
  readonly message: string
}

export const speaker = registered('L1')
