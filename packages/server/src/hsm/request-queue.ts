import type { SanadError } from '@sanad/protocol/text/problems'
import type { AgentAnswers, AgentRequest } from './agent-protocol.ts'

/** What waits for the agent. Lower lanes go first: revocation and time before issuance, issuance before the rest. */
export type Lane = 0 | 1 | 2

export interface Job {
  readonly request: AgentRequest
  readonly lane: Lane
  /** How long the agent may be silent on it. */
  readonly limitMs: number
  /** Whether a second execution has the same effect as the first. */
  readonly isRepeatable: boolean
  readonly resolve: (answer: AgentAnswers[keyof AgentAnswers]) => void
  readonly reject: (error: SanadError) => void
  attempts: number
  deadline?: NodeJS.Timeout
}

export class RequestQueue {
  readonly #lanes: readonly [Job[], Job[], Job[]] = [[], [], []]
  #length = 0

  get length(): number {
    return this.#length
  }

  push(job: Job): void {
    this.#lanes[job.lane].push(job)
    this.#length++
  }

  /** For a job that was taken already and lost its agent. */
  putBack(job: Job): void {
    this.#lanes[job.lane].unshift(job)
    this.#length++
  }

  take(): Job | undefined {
    const job = this.#lanes.find((lane) => lane.length > 0)?.shift()
    if (job !== undefined) this.#length--
    return job
  }

  remove(job: Job): boolean {
    const at = this.#lanes[job.lane].indexOf(job)
    if (at === -1) return false
    this.#lanes[job.lane].splice(at, 1)
    this.#length--
    return true
  }

  takeAll(): Job[] {
    const jobs = this.#lanes.flatMap((lane) => lane.splice(0))
    this.#length = 0
    return jobs
  }
}
