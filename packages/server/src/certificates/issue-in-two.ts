import type { SanadError } from '@sanad/protocol/text/problems'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { Groups } from '../platform/group-commit.ts'
import type { DeviceCertificateIssuer, IssuanceRequest } from './device-certificate-issuer.ts'
import type { IssuanceIntent } from './issuance-intent.ts'

/**
 * Issues certificates in two transactions with the HSM between them: docs/issuance.md. The first judges and writes
 * down what will be signed; the second makes certificate, state, event and answer one effect. Power may fail between
 * any two steps: the device asks again and gets the same certificate. What comes together shares its transactions.
 */

/** What the first transaction says of one submission: what became of it already, or what the HSM is to sign. */
export type Judgement<Granted, Outcome> =
  | { readonly outcome: Outcome }
  | { readonly granted: Granted }

/** With the certificate, DER. */
export type Signed<Granted> = Granted & { readonly der: Uint8Array }

type Judge<Submission, Granted, Outcome> = (
  submissions: readonly Submission[],
) => Promise<readonly (Judgement<Granted, Outcome> | SanadError)[]>

export interface IssueInTwoOptions<
  Submission,
  Granted extends { readonly intent: IssuanceIntent },
  Outcome,
> {
  readonly database: Database
  readonly issuer: Pick<DeviceCertificateIssuer, 'signIssuance'>
  /** Names the device; no two submissions about one device are worked on at once. */
  readonly subjectOf: (one: Submission | Granted) => string
  /** Around the first transaction: what was answered before needs none. */
  readonly unlessAnswered?: (
    submissions: readonly Submission[],
    judge: Judge<Submission, Granted, Outcome>,
  ) => ReturnType<Judge<Submission, Granted, Outcome>>
  /** @returns in the order of the submissions */
  readonly judge: (
    tx: DatabaseTransaction,
    submissions: readonly Submission[],
  ) => ReturnType<Judge<Submission, Granted, Outcome>>
  /** @returns in the order of what was signed */
  readonly conclude: (
    tx: DatabaseTransaction,
    signed: readonly Signed<Granted>[],
  ) => Promise<readonly Outcome[]>
}

export class IssueInTwo<Submission, Granted extends { readonly intent: IssuanceIntent }, Outcome> {
  readonly #issuer: Pick<DeviceCertificateIssuer, 'signIssuance'>
  readonly #judging: Groups<Submission, Judgement<Granted, Outcome>>
  readonly #concluding: Groups<Signed<Granted>, Outcome>

  constructor({
    database,
    issuer,
    subjectOf,
    unlessAnswered = (submissions, work) => work(submissions),
    judge,
    conclude,
  }: IssueInTwoOptions<Submission, Granted, Outcome>) {
    this.#issuer = issuer
    this.#judging = new Groups<Submission, Judgement<Granted, Outcome>>({
      subjectOf,
      work: (submissions) =>
        unlessAnswered(submissions, (fresh) =>
          database.transaction().execute((tx) => judge(tx, fresh)),
        ),
    })
    this.#concluding = new Groups<Signed<Granted>, Outcome>({
      subjectOf,
      work: (signed) => database.transaction().execute((tx) => conclude(tx, signed)),
    })
  }

  /** @throws SanadError `hsm.*`, `certificate.*`, `database.unavailable`, and what judging and concluding throw */
  async issue(submission: Submission): Promise<Outcome> {
    const judged = await this.#judging.submit(submission)
    if ('outcome' in judged) return judged.outcome
    const { granted } = judged
    // Outside any transaction: an HSM that stalls holds no row.
    const der = await this.#issuer.signIssuance(granted.intent)
    return this.#concluding.submit({ ...granted, der })
  }
}

/** Plans for all cases in one statement. @returns nothing for a case whose key was seen before */
export async function planEach<Case>(
  tx: DatabaseTransaction,
  issuer: Pick<DeviceCertificateIssuer, 'planIssuances'>,
  cases: readonly Case[],
  requestFor: (one: Case) => IssuanceRequest | Promise<IssuanceRequest>,
): Promise<ReadonlyMap<Case, IssuanceIntent>> {
  if (cases.length === 0) return new Map()
  const intents = await issuer.planIssuances(
    tx,
    await Promise.all(cases.map(async (one) => requestFor(one))),
  )
  return new Map(
    cases.flatMap((one, index) => {
      const intent = intents[index]
      return intent === undefined ? [] : [[one, intent] as const]
    }),
  )
}
