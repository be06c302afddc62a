import { expect, it } from 'vitest'
import { isRouteAccess } from '../domain/permissions.ts'
import { describeApi } from './open-api.ts'
import { OPERATION_ROUTES, OPERATIONS_FOR_TWO } from './operation-routes.ts'
import { OPERATION_IDS, OPERATIONS, operationOf } from './operations.ts'

it('the light table of routes is made of the declared operations: node tools/operation-routes.ts', () => {
  const declared = Object.entries(OPERATIONS).map(([id, { route }]) => [id, route])
  expect(Object.entries(OPERATION_ROUTES)).toEqual(declared)
})

it('the light list of operations for two is made of the declared operations: node tools/operation-routes.ts', () => {
  const declared = OPERATION_IDS.filter((id) => operationOf(id).isForTwo === true)
  expect(OPERATIONS_FOR_TWO).toEqual(declared)
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

it('the description of an operation for two has the proposal that it may become', () => {
  const described = Object.values(describeApi('1.0.0').paths).flatMap((path) => Object.values(path))
  const proposed = { $ref: '#/components/schemas/Proposed' }
  const names = described.filter(({ responses }) =>
    JSON.stringify(responses['202'] ?? {}).includes(JSON.stringify(proposed)),
  )
  expect(names.map(({ operationId }) => operationId).toSorted()).toEqual(
    OPERATIONS_FOR_TWO.toSorted(),
  )
  const answers = (id: string) =>
    described.find(({ operationId }) => operationId === id)?.responses['202']
  expect(answers('revokeCertificate')).toMatchObject({
    content: { 'application/json': { schema: proposed } },
    headers: { Location: {} },
  })
  // Bulk actions are answered with 202 when they are ordered, too.
  expect(answers('orderBulkAct')).toMatchObject({
    content: {
      'application/json': {
        schema: { anyOf: [{ $ref: '#/components/schemas/BulkActView' }, proposed] },
      },
    },
  })
})
