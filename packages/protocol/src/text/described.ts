import type { TSchema } from 'typebox'

/**
 * A schema that tells in one or two sentences what it holds: unit, format, source. The published JSON Schemas and
 * the tables of docs/protocol-messages.md are made of these; a test refuses a member without one.
 */
export function described<S extends TSchema>(description: string, schema: S): S {
  // TypeBox marks kinds and optional members by properties that do not enumerate; a spread would lose them.
  // What is added is an annotation, which no validator reads (JSON Schema 2020-12, §9.1).
  return Object.defineProperties(
    {},
    {
      ...Object.getOwnPropertyDescriptors(schema),
      description: { value: description, enumerable: true, writable: true, configurable: true },
    },
  ) as S
}
