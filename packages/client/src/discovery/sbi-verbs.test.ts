import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FORBIDDEN_VERBS } from './forbidden-verbs.ts'
import { askSbi } from './sbi-request.ts'
import { DISCOVERY_VERBS, type SbiVerb, requireDiscoveryVerb } from './sbi-verbs.ts'

const SOURCE = join(import.meta.dirname, '..')
/** Words of capture in any case, and the paths they go to; `stream` of Node's own modules is not one. */
const CAPTURE = /\b(?:R?CAPTURE|STREAM)\b|rcapture|\/capture|\/stream\b/

it('can ask an SBI for discovery and information, and for nothing else', () => {
  expect(DISCOVERY_VERBS).toEqual({
    '0.9.5': { discover: 'MOSIPDISC', inform: 'MOSIPDINFO' },
    '1.0': { discover: 'SBIDISC', inform: 'SBIINFO' },
  })
})

it('names the verbs of capture only in the list of what is forbidden', () => {
  const files = globSync('**/*.ts', { cwd: SOURCE }).filter((file) => !file.endsWith('.test.ts'))
  expect(files.length).toBeGreaterThan(40)
  const naming = files.filter((file) => CAPTURE.test(readFileSync(join(SOURCE, file), 'utf8')))
  expect(naming).toEqual(['discovery/forbidden-verbs.ts'])
})

it.each([...FORBIDDEN_VERBS, 'GET', 'POST', 'MOSIPDISC '])(
  'refuses %j before anything is sent',
  (verb) => {
    expect(() => requireDiscoveryVerb(verb)).toThrow(TypeError)
    const question = { port: 1, verb: verb as SbiVerb, path: '/', timeoutMs: 1 }
    expect(() => askSbi(question)).toThrow(TypeError)
  },
)
