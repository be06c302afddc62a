import { findNearest } from './nearest.ts'

/** What is wrong with a configuration file, in one sentence that names the place and never the value. */

export interface SchemaError {
  readonly keyword: string
  /** RFC 6901, in the schema, as a fragment: `#/properties/listen`. */
  readonly schemaPath: string
  /** RFC 6901, in the value: `/listen/port`. */
  readonly instancePath: string
  readonly params: object
  readonly message: string
}

/** @returns such as `listen/prot is not known; did you mean “port”?` */
export function describeMistake(schema: object, errors: readonly SchemaError[]): string {
  // A key that was mistyped is also one that is missing: the typing error explains both.
  const unknown = errors.find(({ keyword }) => keyword === 'boolean')
  const [first] = isChoice(errors) ? errors.toSorted((a, b) => depthOf(b) - depthOf(a)) : errors
  if (unknown !== undefined) return describeUnknownKey(schema, unknown)
  return first === undefined ? 'not valid' : `${placeOf(first)} ${describeRule(first)}`
}

/** Of several forms of a value, the one that was meant is the one in which the mistake lies deepest. */
const isChoice = (errors: readonly SchemaError[]): boolean =>
  errors.some(({ keyword }) => keyword === 'anyOf')

const depthOf = ({ instancePath }: SchemaError): number => instancePath.split('/').length

const placeOf = ({ instancePath }: SchemaError): string =>
  instancePath === '' ? 'the file' : instancePath.slice(1)

function describeUnknownKey(schema: object, error: SchemaError): string {
  const key = error.instancePath.split('/').at(-1) ?? ''
  const known = keysAt(schema, error.schemaPath.replace(/\/additionalProperties$/, ''))
  const nearest = findNearest(key, known)
  const remedy =
    nearest === undefined ? `known here: ${known.join(', ')}` : `did you mean “${nearest}”?`
  return `${placeOf(error)} is not known; ${remedy}`
}

function keysAt(schema: object, fragment: string): string[] {
  const at = fragment
    .split('/')
    .slice(1)
    .reduce<unknown>((part, name) => memberOf(part, name), schema)
  const properties = memberOf(at, 'properties')
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : []
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

function describeRule({ keyword, params, message }: SchemaError): string {
  const allowed = memberOf(params, 'allowedValues')
  if (keyword === 'enum' && Array.isArray(allowed)) return `must be one of ${allowed.join(', ')}`
  const missing = memberOf(params, 'requiredProperties')
  if (keyword === 'required' && Array.isArray(missing)) return `lacks ${missing.join(', ')}`
  return message
}
