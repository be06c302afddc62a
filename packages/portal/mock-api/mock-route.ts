import type { Permission } from '@sanad/protocol/domain/permissions'
import type { World } from './world.ts'

export interface Asked {
  readonly world: World
  readonly query: URLSearchParams
  readonly body: Record<string, unknown>
  /** What the pattern caught. */
  readonly id: string
  /** What it caught next. */
  readonly item: string
}

export interface MockRoute {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: RegExp
  /** As the real route’s access; `signed-in`: whatever the role. */
  readonly permission: Permission | 'signed-in'
  readonly answer: (asked: Asked) => unknown
}

const route =
  (method: MockRoute['method']) =>
  (permission: MockRoute['permission'], path: RegExp, answer: MockRoute['answer']): MockRoute => ({
    method,
    path,
    permission,
    answer,
  })

export const get = route('GET')
export const post = route('POST')
export const remove = route('DELETE')
