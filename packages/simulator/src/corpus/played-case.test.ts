import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Compile } from 'typebox/compile'
import { expect, it } from 'vitest'
import { type CorpusAnswer, CorpusCase } from './corpus-case.ts'
import { PlayedCase } from './played-case.ts'
import { readCase, readCorpus, readTlsIdentity } from './read-corpus.ts'

const caseOf = (answer: CorpusAnswer, listen?: CorpusCase['listen']): CorpusCase => ({
  ...readCase('empty-lists'),
  answers: { MOSIPDINFO: answer },
  ...(listen && { listen }),
})

/** All that comes to this question until the other side closes, as Latin-1. */
function ask(port: number, verb = 'MOSIPDINFO', host = '127.0.0.1'): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const chunks: Buffer[] = []
  const socket = connect(port, host, () =>
    socket.write(`${verb} /info HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`),
  )
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => resolve(''))
  socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
  return promise
}

it('plays the JSON of a case with the headers of the specification', async () => {
  await using played = await PlayedCase.open(caseOf({ json: [{ a: 1 }] }))
  const answer = await ask(played.port)
  expect(answer).toContain('HTTP/1.1 200 OK\r\n')
  expect(answer).toContain('CACHE-CONTROL: no-store\r\n')
  expect(answer).toContain('Content-Length: 9\r\n')
  expect(answer.endsWith('\r\n\r\n[{"a":1}]')).toBe(true)
})

it('answers 405 to a verb that the case does not name, and notes every verb', async () => {
  await using played = await PlayedCase.open(caseOf({ json: [] }))
  expect(await ask(played.port, 'MOSIPDISC')).toContain('HTTP/1.1 405 ')
  expect(played.verbs).toEqual(['MOSIPDISC'])
})

it.each<[string, CorpusAnswer, RegExp]>([
  [
    'counts characters',
    { text: '"é"', contentLength: 'characters' },
    /Content-Length: 3\r\n.*\r\n\r\n"Ã©"$/s,
  ],
  [
    'leaves the length out',
    { text: '[]', contentLength: 'none' },
    /^(?!.*Content-Length).*\r\n\r\n\[\]$/s,
  ],
  [
    'sends chunks',
    { text: '[]', chunked: true },
    /Transfer-Encoding: chunked.*\r\n\r\n2\r\n\[\]\r\n0\r\n\r\n$/s,
  ],
  ['cuts the body', { text: '[1,2]', cutAfter: 2 }, /Content-Length: 5\r\n.*\r\n\r\n\[1$/s],
  [
    'sends what follows the body',
    { text: '[]', trailer: 'AAAA' },
    /Content-Length: 2\r\n.*\[\]\0\0\0$/s,
  ],
  ['sends in pieces', { text: '[1,2,3]', trickleMs: 1 }, /\r\n\r\n\[1,2,3\]$/s],
  ['sends what is not HTTP', { raw: Buffer.from('-ERR').toString('base64') }, /^-ERR$/],
])('%s where the case says so', async (_, answer, expected) => {
  await using played = await PlayedCase.open(caseOf(answer))
  expect(await ask(played.port)).toMatch(expected)
})

it('is reached at 127.0.0.1 while it listens on all addresses', async () => {
  await using played = await PlayedCase.open(caseOf({ text: '[]' }, { address: '::' }))
  expect(await ask(played.port)).toContain('[]')
})

it('is not reached at 127.0.0.1 while it listens on ::1 alone', async () => {
  await using played = await PlayedCase.open(caseOf({ text: '[]' }, { address: '::1' }))
  expect(await ask(played.port)).toBe('')
  expect(await ask(played.port, 'MOSIPDINFO', '::1')).toContain('[]')
})

it('speaks TLS where the case says so', async () => {
  await using played = await PlayedCase.open(caseOf({ text: '[]' }, { tls: true }))
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  const socket = connectTls(
    { port: played.port, host: '127.0.0.1', ca: readTlsIdentity().cert },
    () => resolve(socket.authorized),
  )
  socket.on('error', reject)
  expect(await promise).toBe(true)
  socket.destroy()
})

it('names the nearest case for a name that there is not', () => {
  expect(() => readCase('slow-inf')).toThrow('did you mean “slow-info”?')
})

it('every case of the corpus of SBI answers follows its schema', () => {
  const check = Compile(CorpusCase)
  const wrong = readCorpus().filter((one) => !check.Check(one))
  expect(wrong.map(({ name }) => name)).toEqual([])
})
