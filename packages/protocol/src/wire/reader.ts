import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { SanadError } from '../text/problems.ts'

export type Reader<T> = (value: unknown) => T

export function makeReader<S extends TSchema>(schema: S): Reader<Static<S>> {
  const check = Compile(schema)
  return (value) => {
    // Only that it does not fit: the value may hold what must not be logged.
    if (!check.Check(value)) throw new SanadError('message.body-refused')
    return value as Static<S>
  }
}
