import type { TSchema } from 'typebox'
import Value from 'typebox/value'
import { SanadError } from '../text/problems.ts'
import { type Operation, isFileBody, paramsSchema } from './operation.ts'

/** Reads what was asked by the schemas of its operation, for those who serve it without the server’s framework. */

export interface AskedInput {
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Undefined where nothing was sent. */
  readonly body: unknown
}

/** @throws SanadError `request.malformed` for what is not of the declared form */
export function readInput(operation: Operation, { params, query, body }: AskedInput) {
  const { query: form, body: bodyForm } = operation
  return {
    params: read(paramsSchema(operation), params, 'params'),
    query: read(form, form === undefined ? undefined : gather(form, query), 'querystring'),
    body: isFileBody(bodyForm) ? body : read(bodyForm, body, 'body'),
  }
}

function read(form: TSchema | undefined, value: unknown, place: string): unknown {
  if (form === undefined) return undefined
  // A path and a query are text; a body has types of its own.
  const converted = place === 'body' ? value : Value.Convert(form, value)
  if (!Value.Check(form, converted)) throw new SanadError('request.malformed', place)
  return converted
}

/** A name that comes several times is a list, and so is one that may. */
function gather(form: TSchema, query: URLSearchParams): Record<string, string | string[]> {
  const { properties = {} } = form as { readonly properties?: Readonly<Record<string, TSchema>> }
  return Object.fromEntries(
    [...new Set(query.keys())].map((name) => {
      const member = properties[name]
      const isList = member !== undefined && 'type' in member && member.type === 'array'
      return [name, isList ? query.getAll(name) : (query.get(name) ?? '')]
    }),
  )
}
