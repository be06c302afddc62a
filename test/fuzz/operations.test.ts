import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WholeServer } from '../../packages/server/test/whole-server.ts'
import { listFields } from '../../tools/schema-fields.ts'
import { ROUNDS, SAID_BY, SEED } from './fuzz-run.ts'
import { type Operation, fuzzOperations, readOperations } from './operations.ts'

let server: WholeServer
beforeAll(async () => {
  server = await WholeServer.start()
}, 180_000)
afterAll(() => server?.[Symbol.asyncDispose]())

describe('the operators’ door', () => {
  it('refuses text that PostgreSQL cannot keep, and times that do not exist', async () => {
    const operations = await readOperations(server)
    expect(operations.flatMap(listLooseTexts)).toEqual([])
  })

  it('answers any input of an operation with a result or a problem, never with a 500', async () => {
    const { failures, statuses } = await fuzzOperations(server, {
      seed: SEED,
      rounds: ROUNDS,
    })
    expect(failures, SAID_BY).toEqual([])
    // It reached what lies behind the schemas.
    expect(statuses['200']).toBeGreaterThan(0)
  }, 300_000)
})

/** Passwords are only hashed; a serial number has a rule behind its schema, which names the character. */
const JUDGED_ELSEWHERE = /[pP]assword$|^serialNo$/

function listLooseTexts({ operationId, parameters, body, mediaType }: Operation): string[] {
  const inputs = parameters
    .filter(({ in: place }) => place !== 'header')
    .map(({ name, schema }) => ({ name, schema }))
  const whole =
    mediaType === 'application/json' && body !== undefined ? [{ name: 'body', schema: body }] : []
  return [...inputs, ...whole].flatMap(({ name, schema }) =>
    [{ path: '', schema }, ...listFields(schema)].flatMap(({ path, schema: field }) => {
      const isClosed = field.enum !== undefined || field.const !== undefined
      if (field.type !== 'string' || JUDGED_ELSEWHERE.test(path) || isClosed) return []
      const pattern = field.pattern === undefined ? undefined : new RegExp(field.pattern, 'u')
      const takes = (text: string): boolean => pattern?.test(text) !== false
      const isTime = takes('2026-11-30T12:00:00.000Z') && !takes('word')
      const isLoose =
        takes('a\0b') || takes('a\u{d800}b') || (isTime && takes('2026-02-31T00:00:00.000Z'))
      return isLoose ? [`${operationId} ${name} ${path}`] : []
    }),
  )
}
