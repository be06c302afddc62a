import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HttpApp, makeHttpApp } from '../platform/http.ts'
import { makeLogger } from '../platform/log.ts'
import { SCHEMAS_PATH, schemasDoor } from './schemas-door.ts'

const DOCS = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'schemas', 'bundle.json')

let app: HttpApp
beforeAll(async () => {
  app = makeHttpApp({ tls: {}, log: makeLogger('silent') })
  await app.register(schemasDoor)
  await app.ready()
})
afterAll(() => app.close())

const ask = (headers: Record<string, string> = {}, url = SCHEMAS_PATH) =>
  app.inject({ url, headers })

describe('GET /device/v1/schemas.json', () => {
  it('serves the documented schemas of the protocol without sign-in', async () => {
    const { statusCode, headers, body } = await ask()
    expect(statusCode).toBe(200)
    expect(headers['content-type']).toBe('application/schema+json; charset=utf-8')
    expect(headers['cache-control']).toBe('public, max-age=3600')
    expect(JSON.parse(body)).toEqual(JSON.parse(readFileSync(DOCS, 'utf8')))
  })

  it('compresses the schemas for readers that accept it', async () => {
    const { headers, rawPayload } = await ask({ 'accept-encoding': 'gzip' })
    expect(headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(rawPayload).toString()).toBe((await ask()).body)
  })

  it('answers 304 to readers that have the schemas', async () => {
    const { headers } = await ask()
    const again = await ask({ 'if-none-match': String(headers.etag) })
    expect([again.statusCode, again.body]).toEqual([304, ''])
  })

  it('refuses a query for the schemas', async () => {
    expect((await ask({}, `${SCHEMAS_PATH}?of=check-in`)).statusCode).toBe(400)
  })
})
