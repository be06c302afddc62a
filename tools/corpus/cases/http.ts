import {
  both,
  bothRefused,
  group,
  inBoth,
  informationRefused,
  met,
  ready,
  unseen,
  written,
} from '../case.ts'
import {
  type Members,
  SLAP,
  discovered,
  registered,
  unregistered,
  unregisteredDiscovered,
} from '../device.ts'
import type { CorpusAnswer } from '../../../packages/simulator/src/corpus/corpus-case.ts'

/** A right device, whose two answers are sent in one odd way. */
const sent = (how: Partial<CorpusAnswer>, discovery: Partial<CorpusAnswer> = how) => ({
  MOSIPDISC: { json: [discovered(SLAP)], ...discovery },
  MOSIPDINFO: { json: [registered(SLAP)], ...how },
})
const ACCENT: Members = { error: { errorCode: '100', errorInfo: 'Appareil non enregistré ✗' } }
const LOGIN = '<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>'

export const HTTP = group('http', [
  {
    name: 'content-type-html',
    about: 'Content-Type is text/html, the body is right.',
    answers: sent({ headers: { 'Content-Type': 'text/html' } }),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'content-type-missing',
    about: 'There is no Content-Type.',
    answers: sent({ headers: { 'Content-Type': '' } }),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'chunked',
    about: 'The body comes in chunks, without Content-Length.',
    answers: sent({ chunked: true }),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'until-the-end-of-the-connection',
    about: 'There is no Content-Length: the body ends with the connection.',
    answers: sent({ contentLength: 'none' }),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'content-length-in-characters',
    about:
      'Content-Length counts characters, and errorInfo has two that need more than one octet: the end of the list is cut off.',
    answers: {
      MOSIPDISC: { json: [unregisteredDiscovered(SLAP, ACCENT)], contentLength: 'characters' },
      MOSIPDINFO: { json: [{ ...unregistered(SLAP), ...ACCENT }], contentLength: 'characters' },
    },
    client: { refused: bothRefused('answer-cut') },
    registrationClient: [unseen('not-json')],
  },
  {
    name: 'body-cut',
    about: 'The connection ends in the middle of the body.',
    answers: sent({ cutAfter: 500 }, {}),
    client: {
      refused: informationRefused('answer-cut'),
    },
    registrationClient: [unseen('answer-cut')],
  },
  {
    name: 'body-cut-without-length',
    about: 'There is no Content-Length, and the connection ends in the middle of the body.',
    answers: sent({ cutAfter: 500, contentLength: 'none' }, {}),
    client: {
      refused: informationRefused('answer-cut'),
    },
    registrationClient: [unseen('not-json')],
  },
  {
    name: 'slow-info',
    about:
      'MOSIPDINFO takes 8 seconds: a device that starts its sensor first. The registration client waits 10 s at first and, as it is shipped, 5 s when it asks again.',
    answers: sent({ delayMs: 8000 }, {}),
    client: { devices: [met()] },
    registrationClient: [unseen('answer-late')],
  },
  {
    name: 'slow-info-2-seconds',
    about: 'MOSIPDINFO takes 2 seconds, which the registration client waits for.',
    answers: sent({ delayMs: 2000 }, {}),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'slow-discovery',
    about: 'MOSIPDISC takes 8 seconds. The registration client waits 10 s for it.',
    answers: sent({}, { delayMs: 8000 }),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'too-slow',
    about: 'Both answers take 30 seconds.',
    answers: sent({ delayMs: 30_000 }),
    client: { refused: bothRefused('too-slow') },
    registrationClient: [unseen('answer-late')],
  },
  {
    name: 'in-small-pieces',
    about: 'The answers come in 16 pieces, 100 ms between two.',
    answers: sent({ trickleMs: 100 }),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'status-500-with-the-answer',
    about:
      'The status is 500 and the body is right. The registration client does not look at the status.',
    answers: sent({ status: 500 }),
    client: { devices: [met()], tolerated: inBoth('http-status') },
    registrationClient: [ready()],
  },
  {
    name: 'status-500',
    about: 'An SBI that fails: 500, with a page of its web server.',
    otherwise: {
      status: 500,
      text: '<h1>Internal Server Error</h1>',
      headers: { 'Content-Type': 'text/html' },
    },
    client: {
      refused: bothRefused('status-refused'),
    },
    registrationClient: [],
  },
  {
    name: 'status-404',
    about: 'A program that speaks HTTP and knows neither path: 404.',
    otherwise: { status: 404 },
    client: {
      refused: bothRefused('status-refused'),
    },
    registrationClient: [],
  },
  {
    name: 'status-405',
    about: 'A program that speaks HTTP and knows none of the verbs: 405.',
    client: {
      refused: bothRefused('status-refused'),
    },
    registrationClient: [],
  },
  {
    name: 'status-503',
    about: 'The SBI is still starting: 503, and says when to ask again.',
    otherwise: { status: 503, headers: { 'Retry-After': '5' } },
    client: {
      refused: bothRefused('status-refused'),
    },
    registrationClient: [],
  },
  {
    name: 'redirect',
    about:
      'The answer is a redirection to another port. Neither client follows it with these verbs.',
    otherwise: { status: 302, headers: { Location: 'http://127.0.0.1:4599/device', LOCATION: '' } },
    client: {
      refused: bothRefused('status-refused'),
    },
    registrationClient: [],
  },
  {
    name: 'html-page',
    about: 'Another program’s page, with status 200.',
    otherwise: { text: LOGIN, headers: { 'Content-Type': 'text/html' } },
    client: { refused: bothRefused('not-json') },
    registrationClient: [],
  },
  {
    name: 'empty-body',
    about: 'Status 200 and no body.',
    otherwise: {},
    client: { refused: bothRefused('not-json') },
    registrationClient: [],
  },
  {
    name: 'other-json',
    about: 'Another program, which answers every question with a JSON object of its own.',
    otherwise: { json: { status: 'UP', version: '3.2.1' } },
    client: {
      refused: bothRefused('field-refused'),
    },
    registrationClient: [],
  },
  {
    name: 'every-verb-answered',
    about:
      'An SBI that answers any verb, those that capture too. No client of ours ever sends one.',
    answers: both([discovered(SLAP)], [registered(SLAP)]),
    otherwise: { json: { biometrics: [] } },
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'headers-without-space',
    about:
      'The specification prints its headers without a space behind the colon, and so does this SBI; lines end in LF alone.',
    answers: written((list) => ({ raw: bare(list) })),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'http-1.0',
    about: 'The SBI answers with HTTP/1.0 and ends the connection.',
    answers: written((list) => ({ raw: old(list) })),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'info-hangs',
    about: 'MOSIPDISC is right and MOSIPDINFO hangs: a sensor that does not start.',
    answers: {
      MOSIPDISC: { json: [discovered(SLAP)] },
      MOSIPDINFO: { hangs: true },
    },
    client: {
      refused: informationRefused('too-slow'),
    },
    registrationClient: [unseen('answer-late')],
  },
])

function bare(list: unknown): string {
  const body = Buffer.from(JSON.stringify(list))
  const head = [
    'HTTP/1.1 200 OK',
    'CACHE-CONTROL:no-store',
    `Content-Length:${body.length}`,
    '',
    '',
  ]
  return Buffer.concat([Buffer.from(head.join('\n')), body]).toString('base64')
}

function old(list: unknown): string {
  const head = ['HTTP/1.0 200 OK', 'Content-Type: application/json', '', '']
  return Buffer.from(`${head.join('\r\n')}${JSON.stringify(list)}`).toString('base64')
}
