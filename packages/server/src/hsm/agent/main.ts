import { SanadError } from '@sanad/protocol/text/problems'
import {
  KEY_OF_STATEMENT,
  type AgentAnswers,
  type AgentRequest,
  type FromAgent,
  type OpenRequest,
  type ToAgent,
} from '../agent-protocol.ts'
import { KEY_PURPOSES } from '../hsm.ts'
import { describeFault } from './faults.ts'
import { KeyRing } from './key-ring.ts'
import { ping } from './ping.ts'
import { SessionPool } from './session-pool.ts'
import { Signatures } from './signatures.ts'
import { Signer } from './signer.ts'
import { limitsOf } from './statements/statements.ts'
import { openToken, type Token } from './token.ts'

/**
 * The agent: a process of its own that alone holds the token, because a call into a vendor’s library may
 * never return, and then only killing the process helps.
 *
 * The PIN arrives over the channel from the parent, is used once and not kept.
 */

interface OpenedToken {
  readonly token: Token
  readonly keys: KeyRing
  readonly signer: Signer
}

let opened: OpenedToken | undefined

async function open(request: OpenRequest): Promise<AgentAnswers['open']> {
  if (opened !== undefined) throw new SanadError('hsm.request-refused', 'the token is open')
  const token = openToken(request)
  const { mode, accept = [] } = request
  const signatures = new Signatures(token)
  const pool = new SessionPool(token, request.sessions)
  const keys = new KeyRing({ token, pool, mode, accept })
  const signer = new Signer({ pool, keys, signatures, limits: limitsOf(request) })
  await keys.proveAll()
  opened = { token, keys, signer }
  return { token: token.identity, sessions: pool.size }
}

function answer(
  request: AgentRequest,
): Promise<AgentAnswers[keyof AgentAnswers]> | AgentAnswers[keyof AgentAnswers] {
  if (request.verb === 'open') return open(request)
  if (opened === undefined) throw new SanadError('hsm.unavailable', 'the token is not open')
  const { keys, signer } = opened
  switch (request.verb) {
    case 'sign':
      requireKnown(Object.hasOwn(KEY_OF_STATEMENT, request.kind))
      requireKnown(request.statement instanceof Uint8Array)
      return signer.sign(request)
    case 'generate-key':
      requireKnown(KEY_PURPOSES.includes(request.purpose))
      return keys.make(request.purpose, request.modulusBits)
    case 'list-keys':
      return keys.list()
    case 'prove-keys':
      return keys.proveAll()
    case 'ping':
      return ping(opened.token)
    default:
      return requireKnown(false)
  }
}

function requireKnown(isKnown: boolean): never | true {
  if (!isKnown) throw new SanadError('hsm.request-refused', 'no such request')
  return true
}

const outgoing: FromAgent[] = []

function send(message: FromAgent): void {
  // After the callbacks of this turn: sessions that finished together are answered together.
  if (outgoing.length === 0) setImmediate(() => process.send?.(outgoing.splice(0)))
  outgoing.push(message)
}

async function receive({ id, request }: ToAgent): Promise<void> {
  try {
    send({ id, answer: await answer(request) })
  } catch (error) {
    send({ id, problem: describeFault(error) })
  }
}

process.on('message', (messages: readonly ToAgent[]) => {
  for (const message of messages) void receive(message)
})
// The parent is gone: nobody is left to sign for. The module is not finalised, since that may block.
process.on('disconnect', () => process.exit(0))
// Ctrl-C and service managers signal the whole group; the parent, which may still need it, ends the agent.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
