import { lookAtPort } from '../discovery/port-look.ts'
import type { PortReading } from '../discovery/reading.ts'
import { type SbiQuestion, type SbiReply, askSbi } from '../discovery/sbi-request.ts'
import { type SbiVerb, VERB_PATHS } from '../discovery/sbi-verbs.ts'
import type { PortAnswers } from './registration-client/judge.ts'
import type { ObservedAnswer } from './registration-client/observed-answer.ts'

/** Asks one port what the client asks and what MOSIP's registration client asks, each once. Verbs of discovery alone. */

export interface PortObservation {
  readonly reading: PortReading
  readonly answers: PortAnswers
}

export interface ObserveOptions {
  /** Longest silence that is waited for, in milliseconds. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export async function observePort(port: number, options: ObserveOptions): Promise<PortObservation> {
  const heard = new Map<SbiVerb, ObservedAnswer>()
  const reading = await lookAtPort(port, {
    ...options,
    heard: ({ verb }: SbiQuestion, reply: SbiReply, tookMs: number) =>
      void heard.set(verb, toObserved(reply, tookMs)),
  })
  const ask = async (verb: SbiVerb): Promise<ObservedAnswer> =>
    heard.get(verb) ?? (await askOnce(port, verb, options))
  if (reading.kind === 'closed')
    return { reading, answers: allAs({ outcome: 'closed', tookMs: 0 }) }
  const information = await ask('MOSIPDINFO')
  const discovery = await ask('MOSIPDISC')
  const discovery10 = namesEdition10(information) ? await ask('SBIDISC') : discovery
  return { reading, answers: { information, discovery, discovery10 } }
}

const allAs = (answer: ObservedAnswer): PortAnswers => ({
  information: answer,
  discovery: answer,
  discovery10: answer,
})

async function askOnce(
  port: number,
  verb: SbiVerb,
  { timeoutMs, signal }: ObserveOptions,
): Promise<ObservedAnswer> {
  const isInformation = verb === 'MOSIPDINFO' || verb === 'SBIINFO'
  const path = isInformation ? VERB_PATHS.inform : VERB_PATHS.discover
  const body = isInformation ? {} : { body: { type: 'Biometric Device' } }
  const begin = performance.now()
  const reply = await askSbi({ port, verb, path, timeoutMs, ...body }, signal)
  return toObserved(reply, Math.round(performance.now() - begin))
}

function toObserved(reply: SbiReply, tookMs: number): ObservedAnswer {
  if (reply.kind !== 'answer') return { outcome: reply.kind, tookMs }
  const { status, contentType, body } = reply
  return {
    outcome: 'answer',
    status,
    body,
    tookMs,
    ...(contentType !== undefined && { contentType }),
  }
}

/** Only then does the registration client ask SBIDISC. */
const namesEdition10 = ({ body = new Uint8Array() }: ObservedAnswer): boolean =>
  [
    ...Buffer.from(body)
      .toString('latin1')
      .matchAll(/[\w-]{16,}/g),
  ].some(([text]) => Buffer.from(text, 'base64url').toString('latin1').includes('"1.0"'))
