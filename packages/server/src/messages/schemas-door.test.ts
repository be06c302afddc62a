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
  it('answers without a sign-in with the schemas that the documentation has', async () => {
    const { statusCode, headers, body } = await ask()
    expect(statusCode).toBe(200)
    expect(headers['content-type']).toBe('application/schema+json; charset=utf-8')
    expect(headers['cache-control']).toBe('public, max-age=3600')
    expect(JSON.parse(body)).toEqual(JSON.parse(readFileSync(DOCS, 'utf8')))
  })

  it('goes out compressed where the reader takes it', async () => {
    const { headers, rawPayload } = await ask({ 'accept-encoding': 'gzip' })
    expect(headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(rawPayload).toString()).toBe((await ask()).body)
  })

  it('sends nothing again to one who has it', async () => {
    const { headers } = await ask()
    const again = await ask({ 'if-none-match': String(headers.etag) })
    expect([again.statusCode, again.body]).toEqual([304, ''])
  })

  it('takes no query', async () => {
    expect((await ask({}, `${SCHEMAS_PATH}?of=check-in`)).statusCode).toBe(400)
  })
})
