import { PORTS_AT_ONCE, type PortRange, forEachOf, listPorts } from '../discovery/port-range.ts'
import {
  type EntryReading,
  type Exchange,
  type Refused,
  type Tolerated,
  listDecisive,
} from '../discovery/reading.ts'
import { pathOf } from '../discovery/sbi-verbs.ts'
import { TOLERANCES } from '../discovery/tolerances.ts'
import type {
  DeviceExplanation,
  ExchangeExplanation,
  Finding,
  PortExplanation,
  RegistrationClientPart,
} from './explanation.ts'
import { ruleOfRefused, ruleOfTolerated } from './field-rules.ts'
import { decideDevice, decidePort } from './next-step.ts'
import { type PortObservation, observePort } from './observe-port.ts'
import {
  type PortAnswers,
  type RegistrationClientView,
  judgeAnswer,
  judgePort,
} from './registration-client/judge.ts'
import { REASONS } from './registration-client/reasons.ts'
import { listSignedDigitalIds } from './registration-client/listing.ts'
import { readBody } from './registration-client/observed-answer.ts'
import { listProofs } from './server-proof.ts'
import { type WhoListens, findWhoListens } from './who-listens.ts'

/** Looks at ports, and says of each what a field engineer and the maker of an SBI should know. Never captures. */

export interface ExplainOptions {
  readonly ports: PortRange
  /** A person named the one port; else the range is searched, and closed ports are left out. */
  readonly isAsked: boolean
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Serial numbers of chips whose link is served; undefined where there is no configuration. */
  readonly chipLinks: ReadonlySet<string> | undefined
  /** What the running client says of a device, by serial number. */
  readonly said: ReadonlyMap<string, string>
}

export async function explainPorts(options: ExplainOptions): Promise<PortExplanation[]> {
  const { ports, isAsked } = options
  const programs = await findWhoListens(ports)
  const wanted = isAsked || programs === undefined ? listPorts(ports) : [...programs.keys()]
  const explained: PortExplanation[] = []
  await forEachOf(wanted, PORTS_AT_ONCE, async (port) => {
    const observed = await observePort(port, options)
    if (observed.reading.kind === 'closed' && !isAsked && programs === undefined) return
    explained.push(explainPort(observed, programs?.get(port), options))
  })
  return explained.toSorted((a, b) => a.port - b.port)
}

function explainPort(
  observed: PortObservation,
  listener: WhoListens | undefined,
  options: ExplainOptions,
): PortExplanation {
  const { reading, answers } = observed
  const { port, kind } = reading
  const views = viewPort(answers)
  const devices = [...reading.entries, ...listUnread(reading.entries, views)].map((entry) =>
    explainDevice(entry, views, options),
  )
  const found = {
    port,
    ...(listener && { listener: withoutPort(listener) }),
    kind,
    exchanges: listDecisive(reading).map(explainExchange),
    devices,
  }
  return { ...found, ...decidePort(found, options.isAsked) }
}

/** What the registration client makes of one port, and what the server would: read once for all of its devices. */
interface PortViews {
  readonly views: readonly RegistrationClientView[]
  /** Why the registration client lists nothing of the port; undefined when it can read the list. */
  readonly whyNone: ReturnType<typeof judgeAnswer>
  readonly signedDigitalIds: ReturnType<typeof listSignedDigitalIds>
}

const viewPort = (answers: PortAnswers): PortViews => ({
  views: judgePort(answers, new Date()),
  whyNone: judgeAnswer(answers.information),
  signedDigitalIds: listSignedDigitalIds(readBody(answers.information)),
})

/** Devices that the registration client lists and the discovery leaves out: the client does not meet them. */
const listUnread = (entries: readonly EntryReading[], { views }: PortViews): EntryReading[] =>
  views.flatMap(({ serialNo, verdict }) => {
    if (verdict === 'unseen' || serialNo === undefined) return []
    if (entries.some((entry) => nameEntry(entry).serialNo === serialNo)) return []
    const refused: Refused = {
      code: 'client.sbi-device-not-discovered',
      answer: 'discovery',
      field: '',
      reason: 'the discovery leaves this device out',
    }
    return [{ outcome: 'not-understood', name: { serialNo }, refused: [refused], tolerated: [] }]
  })

const withoutPort = ({ isAtLoopback, program, pid }: WhoListens) => ({
  ...(program !== undefined && { program }),
  ...(pid !== undefined && { pid }),
  isAtLoopback,
})

function explainExchange(exchange: Exchange): ExchangeExplanation {
  const { verb, status, contentType, size, tookMs, tolerated, refused, errors } = exchange
  return {
    verb,
    path: pathOf(verb),
    ...(status !== undefined && { status }),
    ...(contentType !== undefined && { contentType }),
    ...(size !== undefined && { octets: size }),
    tookMs: Math.round(tookMs),
    tolerated: tolerated.map(explainTolerated),
    ...(refused && { refused: explainRefused(refused) }),
    errors: [...errors],
  }
}

function explainTolerated({ kind, answer, field, found, taken }: Tolerated): Finding {
  const words = `${TOLERANCES[kind].words} Taken: ${taken}.`
  return { answer, field, found, ...ruleOfTolerated(field, answer, kind), words, kind }
}

function explainRefused({ code, answer, field, reason, found }: Refused): Finding {
  return {
    answer,
    field,
    ...(found !== undefined && { found }),
    ...ruleOfRefused(field, answer, code),
    words: reason,
    code,
  }
}

function explainDevice(
  entry: EntryReading,
  port: PortViews,
  { chipLinks, said }: ExplainOptions,
): DeviceExplanation {
  const named = nameEntry(entry)
  const serialNo = named.serialNo
  const client = serialNo === undefined ? undefined : said.get(serialNo)
  const found = {
    ...named,
    isUnderstood: entry.outcome === 'understood',
    tolerated: entry.tolerated.map(explainTolerated),
    refused: entry.outcome === 'understood' ? [] : entry.refused.map(explainRefused),
    registrationClient: explainView(
      port.views.find((view) => view.serialNo === serialNo),
      port,
    ),
    server: entry.outcome === 'understood' ? proofsOf(entry, port, chipLinks) : [],
    ...(client !== undefined && { client }),
  }
  return { ...found, ...decideDevice(found) }
}

function nameEntry(entry: EntryReading) {
  if (entry.outcome !== 'understood') return entry.name
  const { digitalId, level, deviceStatus } = entry.device
  const { serialNo, make, model, type, deviceSubType } = digitalId
  return { serialNo, make, model, modality: `${type}, ${deviceSubType}`, level, deviceStatus }
}

function proofsOf(
  entry: EntryReading & { readonly outcome: 'understood' },
  { signedDigitalIds }: PortViews,
  chipLinks: ReadonlySet<string> | undefined,
) {
  const { serialNo } = entry.device.digitalId
  return listProofs({
    device: entry.device,
    tolerated: entry.tolerated,
    isDigitalIdSigned: signedDigitalIds.get(serialNo),
    hasChipLink: chipLinks?.has(serialNo),
  })
}

function explainView(
  view: RegistrationClientView | undefined,
  { whyNone }: PortViews,
): RegistrationClientPart {
  if (view === undefined) {
    const { why, field } = whyNone ?? { why: 'not-described' as const }
    const verdict = why === 'answer-too-large' ? 'unknown' : 'unseen'
    return { verdict, why, words: REASONS[why], ...(field !== undefined && { field }) }
  }
  const { verdict, modality, certification, why, field, issuers } = view
  return {
    verdict,
    ...(modality !== undefined && { modality }),
    ...(certification !== undefined && { level: certification }),
    ...(why && { why, words: REASONS[why] }),
    ...(field !== undefined && { field }),
    ...(issuers && { trusts: issuers.map((name) => name.replaceAll('\n', ', ')) }),
  }
}
