import Type from 'typebox'
import { bundleSchemas } from '@sanad/protocol/wire/published-schemas'
import type { HttpApp } from '../platform/http.ts'
import { makeStaticFile, sendStaticFile } from '../platform/static-files.ts'

/**
 * The JSON Schemas of the protocol, for those who write a client. Public, because they are; made once at the start
 * and served from memory.
 */

export const SCHEMAS_PATH = '/device/v1/schemas.json'

const NoQuery = Type.Object({}, { additionalProperties: false })

export async function schemasDoor(app: HttpApp): Promise<void> {
  const file = makeStaticFile(JSON.stringify(bundleSchemas()), {
    mediaType: 'application/schema+json; charset=utf-8',
    cacheControl: 'public, max-age=3600',
  })
  app.get(SCHEMAS_PATH, { schema: { querystring: NoQuery } }, (request, reply) =>
    sendStaticFile(request, reply, file),
  )
}
