import swagger, { type SwaggerTransform } from '@fastify/swagger'
import { OPERATOR_API, type OperationId } from '@sanad/protocol/operator-api/routes'
import { PROBLEMS } from '@sanad/protocol/text/problems'
import Type from 'typebox'
import type { HttpApp } from './http.ts'

/**
 * The operator API as an OpenAPI 3.1 document, made of the very schemas that requests are checked with.
 *
 * Register before the routes that it describes, in the same scope.
 */

/** Those that are not JSON. */
const MEDIA_TYPES: Partial<Record<OperationId, { in?: readonly string[]; out?: string }>> = {
  exportDevices: { out: 'text/csv' },
  downloadImportErrors: { out: 'text/csv' },
  downloadBulkActFailures: { out: 'text/csv' },
  fillGroup: { in: ['text/csv'] },
  watchDevices: { out: 'text/event-stream' },
  uploadImport: { in: ['text/csv', 'application/jose'] },
}

const PROBLEM = {
  type: 'object',
  description: 'RFC 9457. The code is stable; a detail is for people.',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(PROBLEMS) },
    requestId: { type: 'string' },
    detail: { type: 'string' },
  },
}

const PROBLEM_RESPONSE = {
  description: 'The request was refused, or could not be answered.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}

// Sent as the text that it is.
const OpenApiDocument = Type.Unsafe<string>({ type: 'object' })

export async function describeApi(app: HttpApp, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Sanad operator API',
        version,
        description: 'What operators do with a fleet of MOSIP biometric devices.',
        license: { name: 'MPL-2.0', identifier: 'MPL-2.0' },
      },
      servers: [{ url: OPERATOR_API }],
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: '__Host-sanad-session' },
        },
      },
    },
    transform: describeRoute,
  })

  let text: string | undefined
  app.get(
    '/openapi.json',
    {
      config: { access: 'signed-in' },
      schema: {
        operationId: 'readOpenApi',
        response: { 200: OpenApiDocument },
      },
    },
    async (_request, reply) => {
      text ??= JSON.stringify(addProblems(readDocument(app)))
      return reply.type('application/json').send(text)
    },
  )
}

/** Every route says who it is for, and what it takes and gives where that is not JSON. */
const describeRoute: SwaggerTransform = ({ schema, url, route }) => {
  const { access } = route.config ?? {}
  const { operationId } = schema as { readonly operationId?: OperationId }
  const media = operationId === undefined ? undefined : MEDIA_TYPES[operationId]
  return {
    url,
    schema: {
      ...schema,
      // HEAD comes with every GET and says nothing of its own.
      hide: operationId === undefined || [route.method].flat().includes('HEAD'),
      security: access === 'anyone' ? [] : [{ session: [] }],
      'x-sanad-access': access,
      ...(media?.out !== undefined && { produces: [media.out] }),
      ...(media?.in !== undefined && { consumes: media.in, body: { type: 'string' } }),
    },
  }
}

interface Operation {
  readonly operationId: string
  readonly 'x-sanad-access': string
  readonly security: readonly object[]
  readonly parameters?: { readonly name: string; readonly in: string }[]
  readonly responses: Record<string, object>
}

export interface ApiDocument {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas?: object; readonly responses?: object }
}

/** A copy, and nothing in it but JSON. */
const readDocument = (app: HttpApp): ApiDocument =>
  JSON.parse(JSON.stringify(app.swagger())) as ApiDocument

/** Any request can fail; those that change something come from the portal’s own pages or a program. */
function addProblems(document: ApiDocument): ApiDocument {
  for (const path of Object.values(document.paths))
    for (const [method, operation] of Object.entries(path)) addProblem(method, operation)
  const { components } = document
  return {
    ...document,
    components: {
      ...components,
      schemas: { ...components.schemas, Problem: PROBLEM },
      responses: { ...components.responses, Problem: PROBLEM_RESPONSE },
    },
  }
}

function addProblem(method: string, operation: Operation): void {
  operation.responses['default'] = { $ref: '#/components/responses/Problem' }
  if (method === 'get') return
  const own = { name: 'x-sanad-portal', in: 'header', required: true, schema: { const: '1' } }
  operation.parameters?.push(own)
  if (operation.parameters === undefined) Object.assign(operation, { parameters: [own] })
}
