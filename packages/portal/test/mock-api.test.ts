import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OPERATION_IDS, type OperationId } from '@sanad/protocol/operator-api/operations'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SERVINGS } from '../mock-api/all-servings.ts'
import { type MockServer, startMockServer } from '../mock-api/mock-server.ts'
import { type MockServings, carryOut, findOperation } from '../mock-api/servings.ts'
import { MOCK_PASSWORD, MockSessions } from '../mock-api/sessions.ts'

const SOURCES = join(import.meta.dirname, '..', 'src')

/** Not among the servings: the stream, which the mock server holds open; and what only a signed file answers. */
const ELSEWHERE: readonly OperationId[] = ['watchDevices', 'readPurgeCertificate']

/** Every operation whose name the portal’s sources have in quotes. */
async function operationsOfThePortal(): Promise<OperationId[]> {
  const files = await readdir(SOURCES, { recursive: true })
  const sources = await Promise.all(
    files
      .filter((file) => /\.tsx?$/.test(file))
      .map((file) => readFile(join(SOURCES, file), 'utf8')),
  )
  const text = sources.join('\n')
  return OPERATION_IDS.filter((id) => text.includes(`'${id}'`))
}

it('the mock serves every operation that the portal asks for', async () => {
  const asked = await operationsOfThePortal()
  expect(asked.length).toBeGreaterThan(60)
  const served = new Set([...Object.keys(SERVINGS), ...ELSEWHERE])
  expect(asked.filter((id) => !served.has(id))).toEqual([])
})

/** A serving that needs this of what is asked; compiled only. */
const takes = <Asked>(asked: Asked): never => {
  throw new Error('not to be called', { cause: asked })
}

it('a serving that its declaration does not describe does not compile', () => {
  const servings: readonly MockServings[] = [
    // @ts-expect-error: no operation has this name
    { readDevise: () => undefined },
    // @ts-expect-error: a group has no colour
    { createGroup: takes<{ readonly body: { readonly colour: string } }> },
    // @ts-expect-error: the path has no `id`
    { readGroup: takes<{ readonly params: { readonly id: string } }> },
    // @ts-expect-error: a list of findings cannot be asked for by operator
    { listFindings: takes<{ readonly query: { readonly operatorId: string } }> },
    // @ts-expect-error: a page says where the next begins
    { listFindings: () => ({ items: [] }) },
  ]
  expect(servings).toHaveLength(5)
})

describe('the mock', () => {
  let server: MockServer
  beforeAll(async () => {
    server = await startMockServer({ devices: 60 })
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const headers = { 'content-type': 'application/json', 'x-sanad-portal': '1' }

  async function signIn(name: string): Promise<string> {
    const answer = await fetch(`${server.origin}/api/v1/session`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ name, password: MOCK_PASSWORD }),
    })
    return answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  }

  async function ask(route: string, as: string | undefined, body?: unknown) {
    const [method = '', path = ''] = route.split(' ')
    const cookie = as === undefined ? '' : await signIn(as)
    const answer = await fetch(`${server.origin}/api/v1${path}`, {
      method,
      headers: { ...headers, cookie },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: answer.status, problem: (await answer.json()) as { code?: string } }
  }

  it('asks for the permission that the operation declares', async () => {
    const { status, problem } = await ask('GET /events', 'technician')
    expect({ status, code: problem.code }).toEqual({
      status: 403,
      code: 'operator.permission-missing',
    })
    expect((await ask('GET /events', 'auditor')).status).toBe(200)
    expect((await ask('GET /events', undefined)).status).toBe(401)
  })

  it('refuses a query and a body that are not of the declared form', async () => {
    expect((await ask('GET /events?kind=all', 'admin')).problem.code).toBe('request.malformed')
    const group = { name: 'North', colour: 'blue' }
    expect((await ask('POST /groups', 'admin', group)).problem.code).toBe('request.malformed')
  })

  it('knows no path but those of operations', async () => {
    expect((await ask('GET /devises', 'admin')).problem.code).toBe('request.not-found')
  })

  it('answers with the status that the operation declares', async () => {
    expect((await ask('POST /groups', 'admin', { name: 'East' })).status).toBe(201)
  })

  it('fails where its answer is not of the declared form', () => {
    const found = findOperation('GET', '/groups')
    if (found === undefined) throw new Error('there are groups')
    const sessions = new MockSessions()
    const visit = { sessions, token: undefined, keepToken: () => {} }
    const sent = { world: server.world, visit, query: new URLSearchParams(), body: undefined }
    const [group] = server.world.keys.groups
    if (group === undefined) throw new Error('the mock has groups')
    const wrong = { ...group, createdAt: 'yesterday' }
    const servings = { listGroups: () => ({ items: [wrong] }) }
    expect(() => carryOut(servings, found, sent)).toThrow(/listGroups/)
    expect(carryOut({ listGroups: () => ({ items: [group] }) }, found, sent).status).toBe(200)
  })
})
