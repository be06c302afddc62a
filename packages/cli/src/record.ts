import { setTimeout as wait } from 'node:timers/promises'
import { EVENTS, type EventType } from '@sanad/protocol/domain/events'
import type { EventView, RecordQuery } from '@sanad/protocol/operator-api/events'
import type { FollowerView } from '@sanad/protocol/operator-api/followers'
import { listAll } from './pages.ts'
import { facts, moment, print, table } from './terminal.ts'
import { choicesOf, given } from './choices.ts'
import { type Said, type Verb, number } from './verb.ts'

// Object.keys widens to string; the table is closed.
const EVENT_TYPES = Object.keys(EVENTS) as EventType[]

const typesOf = (said: Said): Pick<RecordQuery, 'type'> =>
  given({ type: choicesOf(said, 'type', EVENT_TYPES) })

async function listEvents(said: Said): Promise<void> {
  const { connection, terminal } = said
  const rows: EventView[] = []
  const limit = number(said, 'limit') ?? 20
  for await (const row of listAll(connection, 'listEvents', { query: typesOf(said) }, limit))
    rows.push(row)
  for (const row of rows.toReversed()) printEvent(said, row)
  if (said.options['follow'] === true) await followEvents(said, rows[0]?.seq ?? 0)
  else if (rows.length === 0) print(terminal, [], () => 'None.')
}

/** The record has no gaps: the next number is what comes next. */
async function followEvents(said: Said, from: number): Promise<void> {
  for (let last = from; ; await wait(1_000)) {
    const { items } = await said.connection.call('listEvents', {
      query: { ...typesOf(said), limit: 200 },
    })
    for (const event of items.filter(({ seq }) => seq > last).toReversed()) printEvent(said, event)
    last = Math.max(last, items[0]?.seq ?? 0)
  }
}

function printEvent({ terminal }: Said, event: EventView): void {
  print(terminal, event, () =>
    [
      String(event.seq).padStart(8),
      event.at.slice(0, 19).replace('T', ' '),
      event.type.padEnd(32),
      event.actorName ?? event.actor,
      JSON.stringify(event.data),
    ].join('  '),
  )
}

async function listFollowers({ connection, terminal }: Said): Promise<void> {
  const list = await connection.call('listFollowers')
  print(terminal, list, () =>
    [
      `The last event is ${list.head}.`,
      table(FOLLOWER_COLUMNS, list.items.map(rowOfFollower)),
    ].join('\n'),
  )
}

const FOLLOWER_COLUMNS = ['FOLLOWER', 'STATE', 'PLACE', 'BEHIND', 'LAST SUCCESS', 'LAST FAILURE']

const rowOfFollower = (follower: FollowerView): readonly string[] => [
  follower.label ?? follower.name,
  follower.state,
  String(follower.place),
  String(follower.behind),
  moment(follower.lastSuccessAt),
  follower.lastFailure?.sentence ?? '–',
]

async function showTrust(said: Said): Promise<void> {
  const trust = await said.connection.call('readTrust')
  print(said.terminal, trust, () =>
    facts([
      ['server', trust.serverId],
      ['organisation', trust.organisation],
      ['mode', trust.mode],
      ['HSM', `${trust.hsm.state}, ${trust.hsm.token?.label ?? 'no token'}`],
      ['certified', trust.hsm.fipsCertificate ?? 'no: a software token'],
      [
        'keys',
        trust.hsm.keys
          .map(({ label, isProven }) => `${label}${isProven ? '' : ' (not proven)'}`)
          .join(', '),
      ],
      ...trust.providerCertificates.map(
        (one) =>
          [
            `${one.country} ${one.environment}`,
            `${one.subject}, until ${moment(one.notAfter)}`,
          ] as const,
      ),
      [
        'clock',
        `${trust.clock.state}, off by at most ${trust.clock.uncertaintyMs ?? '?'} ms (${trust.clock.source})`,
      ],
      ['database', trust.database.state],
      ['version', trust.version],
    ]),
  )
}

export const RECORD_VERBS: readonly Verb[] = [
  {
    name: 'record list',
    usage: '[--type <event>]… [--limit <n>] [--follow]',
    summary: 'the record of effects, oldest first; --follow waits for new events',
    options: {
      type: { type: 'string', multiple: true },
      limit: { type: 'string' },
      follow: { type: 'boolean' },
    },
    run: listEvents,
  },
  {
    name: 'record followers',
    usage: '',
    summary: 'what takes events of the record, such as webhooks, and how far each has come',
    run: listFollowers,
  },
  {
    name: 'trust show',
    usage: '',
    summary: 'HSM, keys, provider certificates, clock',
    run: showTrust,
  },
]
