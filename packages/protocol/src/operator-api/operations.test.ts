import { expect, it } from 'vitest'
import { isRouteAccess } from '../domain/permissions.ts'
import { OPERATION_ROUTES } from './operation-routes.ts'
import { OPERATION_IDS, OPERATIONS, operationOf } from './operations.ts'

it('the light table of routes is made of the declared operations: node tools/operation-routes.ts', () => {
  const declared = Object.entries(OPERATIONS).map(([id, { route }]) => [id, route])
  expect(Object.entries(OPERATION_ROUTES)).toEqual(declared)
})

it('no two operations have the same method and path', () => {
  const routes = OPERATION_IDS.map((id) => operationOf(id).route.replaceAll(/:\w+/g, ':'))
  expect(routes.filter((route, at) => routes.indexOf(route) !== at)).toEqual([])
})

it('every operation has a permission of the table, a short summary and a description', () => {
  for (const id of OPERATION_IDS) {
    const { access, summary, description } = operationOf(id)
    expect(isRouteAccess(access), id).toBe(true)
    expect(summary, id).toMatch(/^[A-Z][^.]{3,60}$/)
    expect(description, id).toMatch(/^[A-Z].{10,}[.]$/s)
  }
})

it('an operation for two takes and gives JSON only', () => {
  for (const id of OPERATION_IDS) {
    const { isForTwo, body, answer } = operationOf(id)
    if (isForTwo !== true) continue
    expect({ ...body, ...answer }, id).not.toHaveProperty('mediaTypes')
    expect({ ...body, ...answer }, id).not.toHaveProperty('mediaType')
  }
})
