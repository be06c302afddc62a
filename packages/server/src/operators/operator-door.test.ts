import { brotliDecompressSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { makeHttpApp } from '../platform/http.ts'
import { makeLogger } from '../platform/log.ts'
import { operatorDoor } from './operator-door.ts'
import type { OperatorSessions } from './operator-sessions.ts'

const sessions = {} as OperatorSessions

it('refuses to start with a route that declares no permission', async () => {
  const app = makeHttpApp({ tls: {}, log: makeLogger('silent') })
  const forgetful = async (scope: typeof app) => {
    scope.get('/secrets', async () => 'all of them')
  }
  const start = async () => {
    await app.register(operatorDoor({ sessions, routes: [forgetful] }), { prefix: '/api/v1' })
    await app.ready()
  }
  await expect(start()).rejects.toMatchObject({ code: 'server.configuration-invalid' })
})

it('compresses large JSON for readers that accept it, but not small answers or answers to POST', async () => {
  const app = makeHttpApp({ tls: {}, log: makeLogger('silent') })
  const rows = Array.from({ length: 500 }, (_, at) => ({ serialNumber: `EXS${at}` }))
  const slice = async (scope: typeof app) => {
    const open = { config: { access: 'anyone' } } as const
    scope.get('/large', open, () => rows)
    scope.get('/small', open, () => rows.slice(0, 3))
    scope.post('/large', open, () => rows)
  }
  await app.register(operatorDoor({ sessions, routes: [slice] }), { prefix: '/api/v1' })
  const ask = (method: 'GET' | 'POST', path: string, codings: string) =>
    app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { 'accept-encoding': codings, 'x-sanad-portal': '1' },
    })
  const large = await ask('GET', '/large', 'gzip, br')
  expect(large.headers).toMatchObject({ 'content-encoding': 'br', vary: 'Accept-Encoding' })
  expect(JSON.parse(brotliDecompressSync(large.rawPayload).toString())).toEqual(rows)
  expect(large.rawPayload.length).toBeLessThan(JSON.stringify(rows).length / 3)
  for (const [method, path, codings] of [
    ['GET', '/large', 'identity'],
    ['GET', '/small', 'br'],
    ['POST', '/large', 'br'],
  ] as const) {
    const reply = await ask(method, path, codings)
    expect(reply.headers['content-encoding']).toBeUndefined()
    expect(reply.json()).toBeInstanceOf(Array)
  }
  await app.close()
})
