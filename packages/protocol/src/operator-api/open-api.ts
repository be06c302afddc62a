import type { TSchema } from 'typebox'
import { PROBLEMS, type ProblemCode, describeProblem } from '../text/problems.ts'
import {
  type Operation,
  PROPOSED_STATUS,
  answersOf,
  isFileAnswer,
  isFileBody,
  isSchema,
  paramsSchema,
  refusalsOf,
  splitRoute,
  statusOf,
} from './operation.ts'
import { OPERATION_IDS, type OperationId, operationOf } from './operations.ts'
import { OPERATOR_API } from './routes.ts'
import { NamedSchemas } from './named-schemas.ts'
import { TAGS } from './tags.ts'

/** The operator API as an OpenAPI 3.1 document, made of the declarations that the server serves by. */

export interface OpenApiOperation {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly security: readonly object[]
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: object
  readonly responses: Readonly<Record<string, object>>
  /** The permission that it needs. */
  readonly 'x-sanad-access': string
}

export interface OpenApiDocument {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>
  readonly components: Readonly<Record<string, object>>
}

/** @param version of the server */
export function describeApi(version: string): OpenApiDocument {
  const names = new NamedSchemas()
  const paths: Record<string, Record<string, OpenApiOperation>> = {}
  for (const id of OPERATION_IDS) {
    const { method, path } = splitRoute(operationOf(id).route)
    const address = path.replaceAll(/:(\w+)/g, '{$1}')
    paths[address] = { ...paths[address], [method.toLowerCase()]: describeOperation(id, names) }
  }
  return {
    openapi: '3.1.0',
    ...ABOUT,
    info: { ...INFO, version },
    paths,
    components: {
      ...COMPONENTS,
      examples: describeExamples(
        new Set(OPERATION_IDS.flatMap((id) => refusalsOf(operationOf(id)))),
      ),
      schemas: { ...names.used(), Problem: PROBLEM },
    },
  } as OpenApiDocument
}

const INFO = {
  title: 'Sanad operator API',
  description: 'What operators do with a fleet of MOSIP biometric devices.',
  license: { name: 'MPL-2.0', identifier: 'MPL-2.0' },
  contact: { name: 'The administrators of this server' },
}

const ABOUT = {
  servers: [{ url: OPERATOR_API, description: 'This server' }],
  tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
}

/** A request from another site cannot set a header of its own. */
const PORTAL_HEADER = {
  name: 'x-sanad-portal',
  in: 'header',
  required: true,
  description: 'Shows that no page of another site made the request.',
  schema: { type: 'string', enum: ['1'] },
}

const PROBLEM = {
  type: 'object',
  description: 'RFC 9457. The code is stable; a detail is for people.',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string', description: '`urn:sanad:problem:` and the code.' },
    title: { type: 'string', description: 'One sentence without data of the request.' },
    status: { type: 'integer', description: 'The HTTP status.' },
    code: { type: 'string', enum: Object.keys(PROBLEMS), description: 'What went wrong.' },
    requestId: { type: 'string', description: 'By this the server’s log is searched.' },
    detail: { type: 'string', description: 'What to look at, for those who are signed in.' },
  },
}

const PROBLEM_REF = { $ref: '#/components/schemas/Problem' }

const COMPONENTS = {
  securitySchemes: {
    session: {
      type: 'apiKey',
      in: 'cookie',
      name: '__Host-sanad-session',
      description: 'Set by `signIn`.',
    },
  },
  parameters: { Portal: PORTAL_HEADER },
  responses: {
    Failed: {
      description: 'The server could not answer.',
      content: { 'application/problem+json': { schema: PROBLEM_REF } },
    },
  },
}

function describeOperation(id: OperationId, names: NamedSchemas): OpenApiOperation {
  const operation = operationOf(id)
  const { summary, description, tag, access, body } = operation
  const parameters = describeParameters(operation, names)
  return {
    operationId: id,
    summary,
    description,
    tags: [tag],
    security: access === 'anyone' ? [] : [{ session: [] }],
    'x-sanad-access': access,
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: describeBody(body, names) }),
    responses: {
      ...describeAnswers(operation, names),
      ...describeRefusals(operation),
      default: { $ref: '#/components/responses/Failed' },
    },
  }
}

interface Parameter {
  readonly name: string
  readonly in: string
}

function describeParameters(operation: Operation, names: NamedSchemas): Parameter[] {
  return [
    ...membersOf(paramsSchema(operation)).map(({ name, form }) => ({
      name,
      in: 'path',
      required: true,
      schema: names.refer(form),
    })),
    ...membersOf(operation.query).map(({ name, form, isRequired }) => ({
      name,
      in: 'query',
      ...(isRequired && { required: true }),
      schema: names.refer(form),
    })),
    // A reference, but for the type.
    ...(operation.route.startsWith('GET ')
      ? []
      : [{ $ref: '#/components/parameters/Portal' } as unknown as Parameter]),
  ]
}

function membersOf(schema: TSchema | undefined) {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    readonly properties?: Readonly<Record<string, TSchema>>
    readonly required?: readonly string[]
  }
  return Object.entries(properties).map(([name, form]) => ({
    name,
    form,
    isRequired: required.includes(name),
  }))
}

function describeBody(body: NonNullable<Operation['body']>, names: NamedSchemas) {
  if (!isFileBody(body))
    return { required: true, content: { 'application/json': { schema: names.refer(body) } } }
  const content = body.mediaTypes.map((mediaType): [string, object] => [
    mediaType,
    { schema: fileSchema(mediaType) },
  ])
  return { required: true, content: Object.fromEntries(content) }
}

/** OpenAPI 3.1 §4.8.14.2: what is not text has no type. A binary string is what generators understand. */
const fileSchema = (mediaType: string) =>
  mediaType.startsWith('text/') ? { type: 'string' } : { type: 'string', format: 'binary' }

const DONE: Readonly<Record<number, string>> = {
  200: 'Done.',
  201: 'Made.',
  202: 'Accepted; the work is done in the background.',
  204: 'Done; there is nothing to answer.',
}

function describeAnswers(operation: Operation, names: NamedSchemas): Record<string, object> {
  const { answer, also, location, isForTwo } = operation
  const status = statusOf(operation)
  return {
    [status]: {
      description: DONE[status] ?? 'Done.',
      ...(answer !== undefined && { content: answerContent(answer, names) }),
      ...(location !== undefined && { headers: LOCATION }),
    },
    ...(also !== undefined && {
      [also.status]: { description: also.when, content: answerContent(also.answer, names) },
    }),
    ...(isForTwo === true && { [PROPOSED_STATUS]: describeProposed(operation, names) }),
  }
}

function describeProposed(operation: Operation, names: NamedSchemas): object {
  const answer = answersOf(operation).get(PROPOSED_STATUS)
  const own = statusOf(operation) === PROPOSED_STATUS ? `${DONE[PROPOSED_STATUS]} Or: ` : ''
  return {
    description: `${own}${PROPOSED}`,
    ...(isSchema(answer) && { content: answerContent(answer, names) }),
    headers: LOCATION,
  }
}

const PROPOSED = 'Nothing has happened yet: a second person must confirm this proposal.'

const LOCATION = {
  Location: { description: 'Where what was made is read.', schema: { type: 'string' } },
}

const answerContent = (answer: NonNullable<Operation['answer']>, names: NamedSchemas) =>
  isFileAnswer(answer)
    ? { [answer.mediaType]: { schema: fileSchema(answer.mediaType) } }
    : { 'application/json': { schema: names.refer(answer) } }

/** Every refusal by its status, each with the codes that it may have. */
function describeRefusals(operation: Operation): Record<string, object> {
  const byStatus = Map.groupBy(refusalsOf(operation), (code) => PROBLEMS[code].status)
  return Object.fromEntries(
    [...byStatus]
      .toSorted(([a], [b]) => a - b)
      .map(([status, these]) => [status, describeRefusal(these)]),
  )
}

const describeRefusal = (codes: readonly ProblemCode[]) => ({
  description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('\n\n'),
  content: {
    'application/problem+json': {
      schema: PROBLEM_REF,
      examples: Object.fromEntries(
        codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]),
      ),
    },
  },
})

/** One for each code that some operation declares. */
const describeExamples = (codes: Iterable<ProblemCode>) =>
  Object.fromEntries(
    [...codes].map((code) => [
      code,
      { summary: PROBLEMS[code].title, value: describeProblem(code) },
    ]),
  )
