import { readElements } from './answer-elements.ts'
import { type AskOptions, type AskedVerb, askVerb } from './ask-verb.ts'
import {
  type DeviceEntry,
  isDevice,
  readDiscoveryElement,
  readInformationElement,
} from './device-entry.ts'
import { joinAnswers } from './join-answers.ts'
import type {
  EntryReading,
  Exchange,
  PortKind,
  PortReading,
  Refused,
  SbiAnswerName,
} from './reading.ts'
import type { SbiAnswer, SbiReply } from './sbi-request.ts'
import { DISCOVERY_VERBS, EDITIONS, type SbiEdition, type SbiVerb } from './sbi-verbs.ts'

/** Asks one SBI both questions, and reads what comes. */

export interface LookOptions extends AskOptions {
  /** Hears each answer as it came, octet by octet. */
  readonly heard?: (verb: SbiVerb, asked: AskedVerb) => void
}

/** What came of one of the two questions. */
export interface AnswerLook {
  /** Undefined when nothing answered. */
  readonly edition: SbiEdition | undefined
  readonly exchanges: readonly Exchange[]
  /** Undefined when the answer as a whole was not understood. */
  readonly entries: readonly DeviceEntry[] | undefined
}

export interface UnderstoodLook extends AnswerLook {
  readonly entries: readonly DeviceEntry[]
}

/** One look with both questions, whatever is known of the port. */
export async function lookAtPort(port: number, options: LookOptions): Promise<PortReading> {
  const discovery = await discover(port, undefined, options)
  const isClosed = discovery.exchanges.every((exchange) => exchange.isClosed === true)
  const information = isClosed ? undefined : await inform(port, discovery.edition, options)
  return joinLooks(port, discovery, information)
}

/** @param known the edition that worked before; without it each is tried until one works */
export function discover(
  port: number,
  known: SbiEdition | undefined,
  options: LookOptions,
): Promise<AnswerLook> {
  return ask(port, 'discovery', known === undefined ? EDITIONS : [known], options)
}

/**
 * The registration client asks `MOSIPDINFO` in every edition and `SBIDISC` in edition 1.0, so the edition of one
 * answer is only the first guess for the other.
 */
export function inform(
  port: number,
  first: SbiEdition | undefined,
  options: LookOptions,
): Promise<AnswerLook> {
  const editions = first === '1.0' ? EDITIONS.toReversed() : EDITIONS
  return ask(port, 'information', editions, options)
}

/** @param information undefined where it was not asked */
export function joinLooks(
  port: number,
  discovery: AnswerLook,
  information: AnswerLook | undefined,
): PortReading {
  const exchanges = [...discovery.exchanges, ...(information?.exchanges ?? [])]
  const entries = information === undefined ? [] : joinEntries(discovery.entries ?? [], information)
  return { port, kind: kindOf(discovery), exchanges, entries }
}

/** What both answers say of each device. */
export function joinEntries(
  discovered: readonly DeviceEntry[],
  { entries, exchanges }: AnswerLook,
): EntryReading[] {
  return joinAnswers(discovered, entries, entries ? undefined : exchanges.at(-1)?.refused)
}

async function ask(
  port: number,
  answer: SbiAnswerName,
  editions: readonly SbiEdition[],
  options: LookOptions,
): Promise<AnswerLook> {
  const exchanges: Exchange[] = []
  for (const edition of editions) {
    const { exchange, entries } = await askOnce(port, answer, edition, options)
    exchanges.push(exchange)
    if (entries !== undefined) return { edition, exchanges, entries }
    // Another verb would not find another program, or one that is faster.
    if (!isOtherVerbWorthIt(exchange)) break
  }
  // What an SBI says to the verb that it knows tells more than its refusal of the other.
  return { edition: undefined, exchanges: exchanges.toSorted(byWeight), entries: undefined }
}

const isOtherVerbWorthIt = ({ status, refused }: Exchange): boolean =>
  status !== undefined || refused?.code === 'client.sbi-not-http'

const byWeight = (a: Exchange, b: Exchange): number => weightOf(a) - weightOf(b)
const weightOf = ({ refused }: Exchange): number =>
  refused === undefined || refused.code === 'client.sbi-status-refused' ? 0 : 1

interface Asked {
  readonly exchange: Exchange
  readonly entries: readonly DeviceEntry[] | undefined
}

async function askOnce(
  port: number,
  answer: SbiAnswerName,
  edition: SbiEdition,
  options: LookOptions,
): Promise<Asked> {
  const verb = DISCOVERY_VERBS[edition][answer === 'discovery' ? 'discover' : 'inform']
  const asked = await askVerb(port, verb, options)
  options.heard?.(verb, asked)
  const { reply, tookMs } = asked
  return reply.kind === 'answer'
    ? readAnswer(reply, { answer, verb, tookMs })
    : { exchange: withoutAnswer(reply.kind, { answer, verb, tookMs }), entries: undefined }
}

type Question = Pick<Exchange, 'answer' | 'verb' | 'tookMs'>

function readAnswer(reply: SbiAnswer, question: Question): Asked {
  const { elements, findings } = readElements(reply, question.answer)
  const now = Date.now()
  const read = question.answer === 'discovery' ? readDiscoveryElement : readInformationElement
  const all = elements.map((element) => read(element, now))
  const [refused] = findings.refused
  const errors = all.flatMap((one) => (isDevice(one) ? [] : (one.errorCode ?? [])))
  const exchange: Exchange = {
    ...question,
    status: reply.status,
    ...(reply.contentType !== undefined && { contentType: reply.contentType.slice(0, 100) }),
    size: reply.body.length,
    tolerated: findings.tolerated,
    ...(refused !== undefined && { refused }),
    errors,
  }
  const isUnderstood = refused === undefined || elements.length > 0
  return { exchange, entries: isUnderstood ? all.filter(isDevice) : undefined }
}

/** What an exchange says when no answer came. */
const WITHOUT_ANSWER: Record<
  Exclude<SbiReply['kind'], 'answer'>,
  Pick<Refused, 'code' | 'reason'>
> = {
  closed: { code: 'client.sbi-not-readable', reason: 'no program listens at 127.0.0.1' },
  'hung-up': { code: 'client.sbi-not-readable', reason: 'it hung up before it answered' },
  silent: { code: 'client.sbi-too-slow', reason: 'it accepts connections and answers too slowly' },
  cut: {
    code: 'client.sbi-answer-cut',
    reason: 'the body was cut: the connection ended before Content-Length was reached',
  },
  'too-large': { code: 'client.answer-too-large', reason: 'the answer is larger than 256 KiB' },
  'not-http': { code: 'client.sbi-not-http', reason: 'what came is not HTTP' },
}

const withoutAnswer = (kind: keyof typeof WITHOUT_ANSWER, question: Question): Exchange => ({
  ...question,
  ...(kind === 'closed' && { isClosed: true }),
  tolerated: [],
  refused: { ...WITHOUT_ANSWER[kind], answer: question.answer, field: '' },
  errors: [],
})

/** Programs that are no SBI refuse its verbs, or do not speak HTTP. */
const FOREIGN = new Set(['client.sbi-not-http', 'client.sbi-status-refused'])

function kindOf({ exchanges, entries }: AnswerLook): PortKind {
  if (entries !== undefined) return 'sbi'
  const codes = exchanges.flatMap(({ refused }) => refused?.code ?? [])
  if (exchanges.every(({ isClosed }) => isClosed === true)) return 'closed'
  return codes.every((code) => FOREIGN.has(code)) ? 'not-an-sbi' : 'sbi'
}
