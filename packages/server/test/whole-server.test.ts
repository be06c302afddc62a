import type { OpenApiDocument } from '@sanad/protocol/operator-api/open-api'
import { OPERATIONS } from '@sanad/protocol/operator-api/operations'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { type Role, isPermitted } from '@sanad/protocol/domain/permissions'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operatorDoor } from '../src/operators/operator-door.ts'
import { OperatorSessions } from '../src/operators/operator-sessions.ts'
import { type HttpApp, makeHttpApp } from '../src/platform/http.ts'
import { makeLogger } from '../src/platform/log.ts'
import { TestChannel } from './test-channel.ts'
import { WholeServer } from './whole-server.ts'

/** The server as it is composed and started, asked over its port. */

let server: WholeServer
beforeAll(async () => {
  server = await WholeServer.start()
}, 180_000)
afterAll(() => server?.[Symbol.asyncDispose]())

function ask(method: string, path: string, cookie = '') {
  return server.ask({ method, path, headers: { cookie, 'x-sanad-portal': '1' } })
}

const NOWHERE = '00000000-0000-4000-8000-000000000000'

const signIn = (role: Role = 'auditor'): Promise<string> => server.signIn(`Whole ${role}`, role)

/** `GET /devices/:deviceId` as OpenAPI writes it. */
const inBraces = (path: string): string => path.replaceAll(/:(\w+)/g, '{$1}')

async function readDocument(): Promise<OpenApiDocument> {
  const { status, text } = await ask('GET', `${OPERATOR_API}/openapi.json`, await signIn())
  expect(status).toBe(200)
  return JSON.parse(text) as OpenApiDocument
}

describe('a server', () => {
  const start = async (routes: readonly ((app: HttpApp) => Promise<void>)[]) => {
    const app = makeHttpApp({ tls: {}, log: makeLogger('silent') })
    const sessions = new OperatorSessions(server.db.database, Date.now)
    const door = operatorDoor({ sessions, routes, version: '0.0.0' })
    await app.register(door, { prefix: OPERATOR_API })
  }

  it('does not start when a declared operation is not served', async () => {
    await expect(start([])).rejects.toThrow('not served: signIn, ')
  })

  it('does not start with a route of the operators’ door that no operation declares', async () => {
    const backdoor = async (app: HttpApp) => {
      app.post('/backdoor', { config: { access: 'anyone' } }, () => 'come in')
    }
    await expect(start([backdoor])).rejects.toThrow(
      'POST /api/v1/backdoor is no declared operation',
    )
  })

  it('keeps every route of the table from whoever is not signed in, but the sign-in itself', async () => {
    for (const { route, access } of Object.values(OPERATIONS)) {
      if (access === 'anyone') continue
      const [method = '', path = ''] = route.split(' ')
      const { status } = await ask(method, `${OPERATOR_API}${path.replaceAll(/:\w+/g, 'x')}`)
      expect({ route, status }).toEqual({ route, status: 401 })
    }
  })

  it('names an unknown member of a query on every route, whatever else the request holds', async () => {
    // An auditor reads, and no more: what else is refused is refused for the permission before.
    const cookie = await signIn()
    const readable = Object.values(OPERATIONS).filter(
      ({ access }) =>
        access === 'signed-in' || access === 'anyone' || isPermitted('auditor', access),
    )
    expect(readable.length).toBeGreaterThan(30)
    const administrator = await signIn('administrator')
    for (const { route } of Object.values(OPERATIONS)) {
      const [method = '', path = ''] = route.split(' ')
      const url = `${OPERATOR_API}${path.replaceAll(/:\w+/g, NOWHERE)}?colour=red`
      const asker = readable.some((row) => row.route === route) ? cookie : administrator
      const { status, text } = await ask(method, url, asker)
      expect({ route, status, text }).toMatchObject({ route, status: 400 })
      expect(JSON.parse(text)).toMatchObject({
        code: 'request.unknown-field',
        detail: 'querystring/colour',
      })
    }
  })

  it('opens live channels on the same port', async () => {
    const door = { port: server.port }
    await using channel = await TestChannel.open({ trust: server.trust }, door)
    expect(await channel.ask('nonsense')).toContain('request.not-authentic')
  })
})

describe('GET /openapi.json', () => {
  it('describes every row of the table, and nothing else', async () => {
    const { openapi, paths } = await readDocument()
    expect(openapi).toBe('3.1.0')
    const described = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({
        operationId: operation.operationId,
        route: `${method.toUpperCase()} ${path}`,
        access: operation['x-sanad-access'],
      })),
    )
    const wanted = Object.entries(OPERATIONS).map(([operationId, { route, access }]) => ({
      operationId,
      route: inBraces(route),
      access,
    }))
    const byId = (a: { operationId: string }, b: { operationId: string }) =>
      a.operationId < b.operationId ? -1 : 1
    expect(described.toSorted(byId)).toEqual(wanted.toSorted(byId))
  })

  it('has nothing that it does not define, every parameter of its paths, and a problem for each', async () => {
    const document = await readDocument()
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref)
    expect(refs.length).toBeGreaterThan(0)
    // What the schemas are made with stays inside.
    expect(JSON.stringify(document)).not.toContain('"~')
    for (const ref of new Set(refs)) expect(resolve(document, ref ?? '')).toBeDefined()
    for (const [path, operations] of Object.entries(document.paths))
      for (const operation of Object.values(operations)) {
        const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
        const described = (operation.parameters ?? [])
          .filter((parameter) => parameter.in === 'path')
          .map(({ name }) => name)
        expect({ path, names: new Set(described) }).toEqual({ path, names: new Set(inPath) })
        expect(operation.responses).toHaveProperty('default')
        const isOpen = operation['x-sanad-access'] === 'anyone'
        expect(operation.security).toEqual(isOpen ? [] : [{ session: [] }])
      }
  })

  it('is for whoever is signed in', async () => {
    expect((await ask('GET', `${OPERATOR_API}/openapi.json`)).status).toBe(401)
  })
})

/** RFC 6901 inside the document. */
function resolve(document: unknown, ref: string): unknown {
  if (!ref.startsWith('#/')) return undefined
  return ref
    .slice(2)
    .split('/')
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document)
}
