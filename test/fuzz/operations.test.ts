import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WholeServer } from '../../packages/server/test/whole-server.ts'
import { listFields } from '../../tools/schema-fields.ts'
import { type Operation, fuzzOperations, readOperations } from './operations.ts'

/** A longer run: `./sanad fuzz`. */
const SEED = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const ROUNDS = Number(process.env['FUZZ_ROUNDS'] ?? 12)

let server: WholeServer
beforeAll(async () => {
  server = await WholeServer.start()
}, 180_000)
afterAll(() => server?.[Symbol.asyncDispose]())

describe('the operators’ door', () => {
  it('takes no text that PostgreSQL cannot keep, and no time that does not exist', async () => {
    const operations = await readOperations(server)
    expect(operations.flatMap(listLooseTexts)).toEqual([])
  })

  it('answers whatever an operation is sent with the operation or a problem, never with a 500', async () => {
    const { failures, statuses, unreached } = await fuzzOperations(server, {
      seed: SEED,
      rounds: ROUNDS,
    })
    expect(failures, `FUZZ_SEED=${SEED}`).toEqual([])
    // It reached what lies behind the schemas.
    expect(statuses['200']).toBeGreaterThan(0)
    expect(unreached).not.toContain('approveDevice')
    expect(unreached).not.toContain('createModel')
  }, 300_000)
})

/** Only hashed, or compared: neither is kept. */
const HASHED = /[pP]assword$/

function listLooseTexts({ operationId, parameters, body, mediaType }: Operation): string[] {
  const inputs = parameters
    .filter(({ in: place }) => place !== 'header')
    .map(({ name, schema }) => ({ name, schema }))
  const whole =
    mediaType === 'application/json' && body !== undefined ? [{ name: 'body', schema: body }] : []
  return [...inputs, ...whole].flatMap(({ name, schema }) =>
    [{ path: '', schema }, ...listFields(schema)].flatMap(({ path, schema: field }) => {
      if (field.type !== 'string' || HASHED.test(path) || field.enum !== undefined) return []
      const pattern = field.pattern === undefined ? undefined : new RegExp(field.pattern, 'u')
      const isLoose = ['a\0b', 'a\u{d800}b', '2026-02-31T00:00:00.000Z'].some(
        (text) => pattern?.test(text) !== false,
      )
      const isProse = pattern?.test('no time, but words') === true
      const isLooseProse = ['a\0b', 'a\u{d800}b'].some((text) => pattern?.test(text) !== false)
      return (isProse ? isLooseProse : isLoose) ? [`${operationId} ${name} ${path}`] : []
    }),
  )
}
