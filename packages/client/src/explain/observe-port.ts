import { type AskedVerb, askVerb } from '../discovery/ask-verb.ts'
import { lookAtPort } from '../discovery/port-look.ts'
import type { PortReading } from '../discovery/reading.ts'
import type { SbiVerb } from '../discovery/sbi-verbs.ts'
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
    heard: (verb, asked) => void heard.set(verb, toObserved(asked)),
  })
  const ask = async (verb: SbiVerb): Promise<ObservedAnswer> =>
    heard.get(verb) ?? toObserved(await askVerb(port, verb, options))
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

function toObserved({ reply, tookMs }: AskedVerb): ObservedAnswer {
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
