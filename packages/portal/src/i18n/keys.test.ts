import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const LOCALE = join(import.meta.dirname, '..', 'locales', 'en')

/** Beneath these a key is the name that the API itself has for the thing, so that it can be looked up by it. */
const NAMES_OF_THE_API = [
  'commands.compose.failedPercent',
  'commands.compose.lifeHours',
  'commands.compose.perMinute',
  'device.level.',
  'device.revoke.told.',
  'devices.type.',
  'facts.name.',
  'keys.groups.column.',
  'models.field.deviceProvider',
  'models.level-hint.',
  'policies.field.',
  'policies.hint.',
  'proposals.operation.',
]

/** Without the ending for a plural or a context. */
function listKeys(texts: object, above: string): string[] {
  return Object.entries(texts).flatMap(([name, text]: [string, unknown]) => {
    const key = `${above}.${name.replace(/_[a-z]+$/, '')}`
    return typeof text === 'object' && text !== null ? [key, ...listKeys(text, key)] : [key]
  })
}

it('the keys of the texts are in kebab-case', () => {
  const keys = readdirSync(LOCALE)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => {
      const texts = JSON.parse(readFileSync(join(LOCALE, file), 'utf8')) as object
      return listKeys(texts, file.slice(0, -'.json'.length))
    })
  expect(keys.length).toBeGreaterThan(1_000)
  const wrong = keys.filter(
    (key) =>
      !/^[a-z0-9.-]+$/.test(key) && !NAMES_OF_THE_API.some((prefix) => key.startsWith(prefix)),
  )
  expect(wrong).toEqual([])
})
