import { readBody } from '@sanad/protocol/wire/envelope/request'
import { SanadError } from '@sanad/protocol/text/problems'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { IssueInTwo } from '../certificates/issue-in-two.ts'
import { examineNewKey } from '../certificates/new-key.ts'
import type { Answer } from '../messages/answers.ts'
import { isUniqueViolation } from '../platform/database.ts'
import type { Submission } from './cases.ts'
import { giveChallenges } from './challenges.ts'
import type { Claim } from './claim.ts'
import { conclude } from './conclude.ts'
import { answerOnce, findGivenAnswer, keepAnswers } from './given-answers.ts'
import { Groups } from '../platform/group-commit.ts'
import { type Granted, judge } from './judge.ts'
import type { RegistrarOptions } from './registrar-options.ts'

/**
 * Registers genuine devices.
 *
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 1 and 6; `issue-in-two.ts`.
 */

interface Asked {
  readonly claim: Claim
}

export class Registrar {
  readonly #options: RegistrarOptions
  readonly #challenges: Groups<Asked, Answer>
  readonly #issuing: IssueInTwo<Submission, Granted, Answer | undefined>

  constructor(options: RegistrarOptions) {
    this.#options = options
    const { database } = options
    this.#challenges = new Groups<Asked, Answer>({
      subjectOf,
      work: (asked) =>
        answerOnce(
          database,
          asked,
          (given) => given,
          (fresh) => this.#challenge(fresh),
        ),
    })
    this.#issuing = new IssueInTwo<Submission, Granted, Answer | undefined>({
      ...options,
      subjectOf,
      unlessAnswered: (submissions, work) =>
        answerOnce(database, submissions, (outcome) => ({ outcome }), work),
      judge: (tx, submissions) => judge(tx, options, submissions),
      conclude: (tx, signed) => conclude(tx, options, signed),
    })
  }

  /** @throws SanadError `message.replayed`, `database.unavailable` */
  answerChallenge(claim: Claim): Promise<Answer> {
    return this.#once(claim, () => this.#challenges.submit({ claim }))
  }

  /** @throws SanadError `message.*`, `hsm.*`, `certificate.no-issuer`, `database.unavailable` */
  register(claim: Claim, remoteAddress: string): Promise<Answer> {
    const body = readBody('registration', claim.request)
    return this.#once(claim, () => {
      const key = examineNewKey(body.csr, body.nonce)
      return this.#judgeUntilAnswered({ claim, body, key, remoteAddress })
    })
  }

  /**
   * What is decided can be overtaken until it is recorded: by an operator, or by a claim with the same key or
   * chip. Then it is judged again, and what was overtaken stands in the record, so that the answer is a verdict.
   *
   * @throws SanadError `request.conflict` when it is overtaken each time
   */
  async #judgeUntilAnswered(submission: Submission): Promise<Answer> {
    for (let judgements = 0; judgements < MOST_JUDGEMENTS; judgements++) {
      try {
        const answer = await this.#issuing.issue(submission)
        if (answer !== undefined) return answer
      } catch (error) {
        if (!isOvertaken(error)) throw error
      }
    }
    throw new SanadError('request.conflict', 'the device changed meanwhile')
  }

  /** A message that comes again gets the answer it got, even when both came at once. */
  async #once(claim: Claim, work: () => Promise<Answer>): Promise<Answer> {
    try {
      return await work()
    } catch (error) {
      if (!isUniqueViolation(error, 'registration_answer_pkey')) throw error
      const first = await findGivenAnswer(this.#options.database, claim)
      if (first === undefined) throw error
      return first
    }
  }

  #challenge(asked: readonly Asked[]): Promise<readonly Answer[]> {
    const { database, clock, policy } = this.#options
    return database.transaction().execute(async (tx) => {
      const now = clock()
      const challenges = await giveChallenges(tx, asked, now + policy.challengeLifetime)
      const answers = challenges.map(({ nonce, expiresAt }): Answer => ({
        type: 'registration-challenge-answer',
        body: { nonce, expiresAt: formatTimestamp(expiresAt) },
      }))
      await keepAnswers(
        tx,
        asked.map(({ claim }, index) => ({ claim, answer: answers[index] as Answer })),
        now + 2 * policy.messageWindow,
      )
      return answers
    })
  }
}

/** Two claims at once, and an operator who acts between them; more than that is somebody who tries. */
const MOST_JUDGEMENTS = 4

/**
 * A key that another claim was faster with, or a row that another transaction wrote first: one chip, one key, one
 * certificate that counts. The answer to a message that came twice is no conflict: it is given again.
 */
const isOvertaken = (error: unknown): boolean =>
  error instanceof SanadError
    ? error.code === 'registration.key-seen-before'
    : isUniqueViolation(error) && !isUniqueViolation(error, 'registration_answer_pkey')

/** However its letters are composed, one device has one name. */
function subjectOf({ claim: { digitalId } }: Asked): string {
  return [digitalId.make, digitalId.model, digitalId.serialNo]
    .map((part) => encodeURIComponent(part.normalize('NFC')))
    .join('/')
}
