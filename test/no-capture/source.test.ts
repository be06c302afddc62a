import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FORBIDDEN_VERBS } from '@sanad/client/discovery/forbidden-verbs'
import { askSbi } from '@sanad/client/discovery/sbi-request'
import type { SbiVerb } from '@sanad/client/discovery/sbi-verbs'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { LANGUAGE } from '../../tools/language.ts'
import { type SchemaNode, nodesOf, walkSchema } from '../../tools/schema-fields.ts'
import { listWords, listWordsIn } from './source-words.ts'

/** MDS 0.9.5 › Management Client, 9: no way to capture biometrics. What can be read off the source. */

const ROOT = join(import.meta.dirname, '..', '..')
const THE_LIST = 'packages/client/src/discovery/forbidden-verbs.ts'
/** `RCAPTURE` has the first in it. */
const FORBIDDEN = /capture|stream/i
/** Words of Node for files and sockets. */
const OF_NODE = new Set(['node:stream', 'createReadStream', 'createWriteStream'])

/** All of the client; of the server and the protocol, what makes messages and commands. */
const PLACES = [
  'packages/client/src',
  'packages/outbound/src',
  'packages/server/src/commands',
  'packages/server/src/messages',
  'packages/server/src/channel',
  'packages/protocol/src/domain/commands.ts',
  'packages/protocol/src/wire/messages.ts',
  'packages/protocol/src/wire/messages',
  'packages/protocol/src/wire/envelopes.ts',
  'packages/protocol/src/domain/device-facts.ts',
]

function listSources(places: readonly string[]): string[] {
  const output = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', ...places],
    { cwd: ROOT, encoding: 'utf8' },
  )
  return output.split('\n').filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
}

const forbiddenIn = (words: ReturnType<typeof listWords>) =>
  words.filter(({ text }) => FORBIDDEN.test(text) && !OF_NODE.has(text))

describe('The words of capture', () => {
  it('keeps the words of capture in one list of what is forbidden, out of client, commands and messages', () => {
    const sources = listSources(PLACES)
    expect(sources.length).toBeGreaterThan(100)
    const found = sources
      .filter((path) => path !== THE_LIST)
      .flatMap((path) =>
        forbiddenIn(listWords(join(ROOT, path))).map(
          ({ text, how }) => `${path}: ${text} (${how})`,
        ),
      )
    expect(found).toEqual([])
    expect(forbiddenIn(listWords(join(ROOT, THE_LIST))).map(({ text }) => text)).toEqual(
      expect.arrayContaining(['CAPTURE', 'RCAPTURE', 'STREAM']),
    )
  })

  it.each([
    ['whole', `send('CAPTURE')`],
    ['in small letters', `const rCapture = 1`],
    ['put together', `send('CAP' + 'TURE')`],
    ['put together from three', `send('R' + ('CAP' + 'TU') + 'RE')`],
    ['in a template', 'send(`STR${"EAM"}`)'],
    ['joined', `send(['CAP', 'TURE'].join(''))`],
    ['concatenated', `send('STR'.concat('EAM'))`],
    ['in constants one after the other', `const a = 'CAP', b = 'TURE'`],
    ['escaped', `send('\\x43APTURE')`],
    ['reversed', `send([...'ERUTPAC'].reverse().join(''))`],
    ['in base64', `send(atob('Q0FQVFVSRQ=='))`],
    ['in hex', `send(Buffer.from('53545245414d', 'hex'))`],
    ['as numbers', `send(String.fromCharCode(67, 65, 80, 84, 85, 82, 69))`],
    ['as a type', `type Verb = 'MOSIPDISC' | 'RCAPTURE'`],
    ['as a member', `sbi.capture()`],
    ['as a private member', `class A { #stream = 1 }`],
  ])('finds a word of capture %s', (_how, source) => {
    expect(forbiddenIn(listWordsIn(source))).not.toEqual([])
  })

  it('passes a word of capture in a comment', () => {
    expect(forbiddenIn(listWordsIn('// never a capture\nconst a = 1'))).toEqual([])
  })
})

const nameOf = (path: string): string => path.replace(/^packages\/(?:client\/src\/)?/, '')

describe('The function that asks an SBI', () => {
  it('types the question to an SBI to the four verbs of discovery and information', () => {
    expectTypeOf<SbiVerb>().toEqualTypeOf<'MOSIPDISC' | 'MOSIPDINFO' | 'SBIDISC' | 'SBIINFO'>()
    expectTypeOf(askSbi).parameter(0).toHaveProperty('verb').toEqualTypeOf<SbiVerb>()
  })

  it.each([...FORBIDDEN_VERBS, 'capture', 'GET', 'POST', 'CONNECT', ' SBIINFO', ''])(
    'refuses the verb %j at run time, before anything is sent',
    (verb) => {
      const question = { port: 1, verb: verb as SbiVerb, path: '/', timeoutMs: 1 }
      expect(() => askSbi(question)).toThrow(TypeError)
    },
  )

  /** Whoever opens a connection could ask something else; so each file that can is named here. */
  const CONNECTS: Record<string, string> = {
    'agent/command-line.ts': 'loads a command of its own when it is asked for',
    'agent/status-socket.ts': 'the client’s own status, on a local socket',
    'channel/live-channel.ts': 'the live channel to the management server',
    'discovery/sbi-request.ts': 'the function that asks an SBI',
    'hand-over/reload-hook.ts': 'tells the service of an SBI to read its files again',
    'key-stores/chip-link.ts': 'the chip of a device, on a local socket',
    'platform/listen-at.ts': 'the type of a server that is told where to listen',
    'platform/platform.ts': 'the type of the client’s own status server',
    'platform/windows/service-link.ts': 'the Windows service that started the client, on a pipe',
    'server-link/https-link.ts': 'the management server',
    'server-link/pinned-connection.ts': 'the management server',
    'server-link/tls-certificate.ts': 'tells addresses from names',
    'sbi-time/time-interface.ts': 'tells the time on loopback; it answers, and asks nobody',
    'outbound/src/connect-answer.ts': 'reads what the HTTP proxy answers',
    'outbound/src/dial.ts': 'the management server, directly or through the HTTP proxy',
    'outbound/src/exceptions.ts': 'tells addresses from names',
    'outbound/src/http-proxy.ts': 'the HTTP proxy',
    'outbound/src/open-tunnel.ts': 'the HTTP proxy',
  }
  const CONNECTING =
    /from '(?:node:)?(?:http|https|http2|net|tls|dgram|ws|undici)'|\bimport\(|\bfetch\(|\bWebSocket\(/

  it('speaks HTTP to a device in one function of the client only', () => {
    const sources = listSources(['packages/client/src', 'packages/outbound/src'])
    const connecting = sources
      .filter((path) => CONNECTING.test(readFileSync(join(ROOT, path), 'utf8')))
      .map(nameOf)
    expect(connecting.filter((path) => CONNECTS[path] === undefined)).toEqual([])
    expect(connecting).toContain('discovery/sbi-request.ts')
    const methods = sources.flatMap((path) =>
      [...readFileSync(join(ROOT, path), 'utf8').matchAll(/\bmethod: ([^,}\n]+)/g)].map(
        ([, method]) => `${nameOf(path)}: ${method?.trim()}`,
      ),
    )
    expect(methods.toSorted()).toEqual([
      'discovery/sbi-request.ts: question.verb',
      "hand-over/reload-hook.ts: 'POST'",
      "outbound/src/open-tunnel.ts: 'CONNECT'",
      "server-link/https-link.ts: 'GET'",
      "server-link/https-link.ts: 'POST'",
    ])
  })
})

describe('What client and server can say to each other', () => {
  const nodes = nodesOf(LANGUAGE).flatMap(([name, schema]) => [...walkSchema(schema, name)])
  const where = (matches: (schema: SchemaNode, path: string) => boolean): string[] =>
    nodes.filter(({ schema, path }) => matches(schema, path)).map(({ path }) => path)

  it('has no name and no value of a capture in any message', () => {
    const word = /bio|capture|stream|image|template/i
    expect(nodes.length).toBeGreaterThan(150)
    expect(
      where(
        ({ enum: values = [], const: value }, path) =>
          word.test(path) || [...values, value].some((one) => word.test(String(one))),
      ),
    ).toEqual([])
  })

  it('closes every object of a message to unknown members', () => {
    expect(
      where(
        ({ type, additionalProperties }) => type === 'object' && additionalProperties !== false,
      ),
    ).toEqual([])
  })

  it('bounds every text and list of a message', () => {
    expect(
      where(
        (schema) =>
          schema.type === 'string' &&
          schema.maxLength === undefined &&
          !isBounded(schema.pattern) &&
          schema.enum === undefined &&
          schema.const === undefined,
      ),
    ).toEqual([])
    expect(where(({ type, maxItems }) => type === 'array' && maxItems === undefined)).toEqual([])
  })

  it('leaves nothing in a message open but the bodies, which have their own schemas', () => {
    expect(
      where(
        ({ type, anyOf, enum: values, const: value }) =>
          type === undefined && anyOf === undefined && values === undefined && value === undefined,
      ),
    ).toEqual(['RequestEnvelope.body', 'AnswerEnvelope.body', 'CommandStatement.body'])
  })
})

/** Anchored at both ends, and nothing in it repeats without end. */
function isBounded(pattern: string | undefined): boolean {
  // In a class of characters these signs stand for themselves.
  const outside = pattern?.replaceAll(/\[(?:\\.|[^\]])*\]/g, '') ?? ''
  return /^\^.*\$$/.test(outside) && !/[*+]|\{\d+,\}/.test(outside)
}
