import { randomUUID } from 'node:crypto'
import { COMMAND_TYP, type CommandStatement } from '@sanad/protocol/domain/commands'
import type { CommandType } from '@sanad/protocol/domain/command-types'
import type { CommandReport } from '@sanad/protocol/domain/command-report'
import { encodeCertificateChain } from '@sanad/protocol/wire/envelope/certificates'
import { makeJws, signWith } from '@sanad/protocol/wire/envelope/signing'
import type { AnswerBody, RequestBody } from '@sanad/protocol/wire/messages'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { type TestAuthority, issue, makeRsaKey, spkiOf } from './test-pki.ts'

/** The commands of a test server: signed by a command key of its own, and sent until there is a last word. */

export interface OrderChanges extends Partial<Omit<CommandStatement, 'type' | 'body'>> {
  readonly signer?: CommandSigner
  readonly typ?: string
  readonly type?: string
  /** Beside the members that belong there. */
  readonly extra?: object
}

export type CommandSigner = ReturnType<typeof makeCommandSigner>

interface Waiting {
  readonly id: string
  readonly number: number
  readonly jws: string
}

export function makeCommandSigner(root: TestAuthority, usage: string = OID.managementCommand) {
  const { privateKey, publicKey } = makeRsaKey()
  const certificate = issue(root, {
    spki: spkiOf(publicKey),
    commonName: 'Management command key',
    usage,
    notAfter: Date.now() + 300 * 86_400_000,
  })
  return {
    certificateChain: [certificate] as readonly Uint8Array[],
    alg: 'RS256',
    signInput: signWith(privateKey, 'RS256'),
  }
}

const FINAL: ReadonlySet<string> = new Set(['succeeded', 'failed', 'refused', 'not-now'])
const AT_ONCE = 4

export class TestCommands {
  readonly questions: RequestBody<'commands'>[] = []
  readonly reports: CommandReport[] = []
  readonly signer: CommandSigner
  readonly #issuer: string
  readonly #now: () => number
  readonly #waiting = new Map<string, Waiting[]>()
  #number = 0

  constructor(root: TestAuthority, issuer: string, now: () => number) {
    this.signer = makeCommandSigner(root)
    this.#issuer = issuer
    this.#now = now
  }

  areWaiting(subject: string): boolean {
    return (this.#waiting.get(subject) ?? []).length > 0
  }

  /** The last word on each command, by the state it was reported in. */
  lastReport(id: string): CommandReport | undefined {
    return this.reports.findLast((report) => report.id === id)
  }

  /** @returns its id */
  async order(
    subject: string,
    type: CommandType,
    body: object = {},
    changes: OrderChanges = {},
  ): Promise<string> {
    const statement = this.#state(subject, { type, body, ...changes })
    await this.send(subject, statement, changes)
    return statement.id
  }

  async send(
    subject: string,
    statement: { readonly id: string; readonly number: number },
    { signer = this.signer, typ = COMMAND_TYP }: OrderChanges = {},
  ): Promise<string> {
    const header = { alg: signer.alg, typ, x5c: encodeCertificateChain(signer.certificateChain) }
    const jws = await makeJws(header, statement, signer.signInput)
    this.sendText(subject, { ...statement, jws })
    return jws
  }

  sendText(subject: string, waiting: Waiting): void {
    this.#waiting.set(subject, [...(this.#waiting.get(subject) ?? []), waiting])
  }

  forget(subject: string): void {
    this.#waiting.delete(subject)
  }

  answer(subject: string, question: RequestBody<'commands'>): AnswerBody<'commands-answer'> {
    this.questions.push(question)
    this.reports.push(...question.reports)
    const over = new Set(question.reports.filter(({ state }) => FINAL.has(state)).map(keyOf))
    const acknowledged = new Set(question.reports.map(keyOf))
    const left = (this.#waiting.get(subject) ?? []).filter((one) => !over.has(keyOf(one)))
    this.#waiting.set(
      subject,
      left.filter((one) => !acknowledged.has(keyOf(one))),
    )
    const commands = left.slice(0, AT_ONCE).map(({ jws }) => jws)
    return { commands, more: left.length > AT_ONCE }
  }

  #state(subject: string, { extra, ...all }: OrderChanges & { body: object }) {
    const { signer: _signer, typ: _typ, ...changes } = all
    const now = this.#now()
    const statement = {
      v: 1,
      id: randomUUID(),
      number: ++this.#number,
      iss: this.#issuer,
      aud: subject,
      issuedAt: formatTimestamp(now),
      notBefore: formatTimestamp(now - 1000),
      notAfter: formatTimestamp(now + 3_600_000),
      ...changes,
      ...extra,
    }
    this.#number = Math.max(this.#number, statement.number)
    return statement
  }
}

const keyOf = ({ id, number }: { readonly id: string; readonly number: number }): string =>
  `${id} ${number}`
