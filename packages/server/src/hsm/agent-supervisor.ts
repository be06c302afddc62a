import { SanadError } from '@sanad/protocol/text/problems'
import { AgentProcess, type Outcome } from './agent-process.ts'
import { prepareOpening, problemOfLoss, refusalIn } from './agent-opening.ts'
import type { AgentAnswers, AgentProblem, AgentRequest, OpenAnswer } from './agent-protocol.ts'
import { DEFAULT_LIMITS, type HsmConfig, type HsmLimits } from './hsm-config.ts'
import type { HsmChange, HsmHealth, HsmState } from './hsm.ts'
import { rememberRefusal } from './pin-file.ts'
import { RequestQueue, type Job, type Lane } from './request-queue.ts'

/**
 * Keeps an agent running and gives it work.
 *
 * starting → ready, and back when an agent is lost; → unavailable (the open circuit) when the device is ill,
 * tried again after a pause that doubles; → pin-refused for good. While starting, requests wait; in the other
 * states they fail at once.
 */
export class AgentSupervisor {
  readonly #config: HsmConfig
  readonly #limits: HsmLimits
  readonly #queue = new RequestQueue()
  #agent: AgentProcess | undefined
  #opened: OpenAnswer | undefined
  #state: HsmState = 'starting'
  #since = Date.now()
  #inFlight = 0
  #restarts = 0
  /** Device errors and lost agents since the last success. */
  #faults = 0
  #pauses = 0
  /** Why the state is not ready, in the words of the agent. */
  #trouble: AgentProblem | undefined
  #pause: NodeJS.Timeout | undefined
  #keepAlive: NodeJS.Timeout | undefined
  #listener: ((change: HsmChange) => void) | undefined

  constructor(config: HsmConfig) {
    this.#config = config
    this.#limits = { ...DEFAULT_LIMITS, ...config.limits }
  }

  get limits(): HsmLimits {
    return this.#limits
  }

  get agentPid(): number | undefined {
    return this.#agent?.pid
  }

  health(): HsmHealth {
    return {
      state: this.#state,
      ...(this.#opened !== undefined && { token: this.#opened.token }),
      queued: this.#queue.length,
      sessions: this.#state === 'ready' ? (this.#opened?.sessions ?? 0) : 0,
      restarts: this.#restarts,
      since: this.#since,
    }
  }

  whenChanged(listener: (change: HsmChange) => void): void {
    this.#listener = listener
  }

  /** Resolves when the first attempt has ended. @throws SanadError for what only a person can fix. */
  async start(): Promise<void> {
    const problem = await this.#launch()
    if (problem?.fault === 'permanent') {
      await this.close()
      throw new SanadError(problem.code, problem.detail)
    }
    this.#keepAlive = setInterval(() => this.#checkIdleAgent(), this.#limits.keepAliveMs).unref()
  }

  submit<V extends keyof AgentAnswers>(
    request: Extract<AgentRequest, { verb: V }>,
    { lane, limitMs, deadlineMs, isRepeatable }: SubmitOptions,
  ): Promise<AgentAnswers[V]>
  submit(request: AgentRequest, options: SubmitOptions): Promise<AgentAnswers[keyof AgentAnswers]> {
    const { lane, limitMs, deadlineMs, isRepeatable } = options
    return new Promise((resolve, reject) => {
      const refusal = this.#refusal()
      if (refusal !== undefined) {
        reject(refusal)
        return
      }
      const job: Job = { request, lane, limitMs, isRepeatable, resolve, reject, attempts: 0 }
      job.deadline = setTimeout(() => this.#expire(job), deadlineMs)
      this.#queue.push(job)
      this.#dispatch()
    })
  }

  async close(): Promise<void> {
    this.#enter('closed')
    clearTimeout(this.#pause)
    clearInterval(this.#keepAlive)
    this.#rejectWaiting()
    const agent = this.#agent
    this.#agent = undefined
    await agent?.close()
  }

  // ── Work ─────────────────────────────────────────────────────────────────────────────────────────

  /** Why a request is not even queued. */
  #refusal(): SanadError | undefined {
    const { length } = this.#queue
    const away = refusalIn(this.#state, this.#trouble)
    if (away !== undefined || length < this.#limits.queue) return away
    return new SanadError('hsm.overloaded', `${length} requests wait`)
  }

  /** Twice as many as there are sessions: the next request is at the agent before a session is free. */
  #dispatch(): void {
    const window = 2 * (this.#opened?.sessions ?? 0)
    const agent = this.#agent
    while (this.#state === 'ready' && agent?.isLost === false && this.#inFlight < window) {
      const job = this.#queue.take()
      if (job === undefined) return
      void this.#run(job, agent)
    }
  }

  async #run(job: Job, agent: AgentProcess): Promise<void> {
    clearTimeout(job.deadline)
    job.attempts++
    this.#inFlight++
    const outcome = await agent.call(job.request, job.limitMs)
    this.#inFlight--
    this.#settle(job, outcome, agent)
    this.#dispatch()
  }

  #settle(job: Job, outcome: Outcome, agent: AgentProcess): void {
    if ('answer' in outcome) {
      this.#faults = 0
      this.#pauses = 0
      job.resolve(outcome.answer)
    } else if ('lost' in outcome) {
      // First: or the retry would go to the same dead agent.
      this.#replace(agent)
      this.#retryOrReject(
        job,
        outcome.lost === 'ended',
        `the agent ${outcome.lost}: ${outcome.lastWords}`,
      )
    } else {
      this.#settleProblem(job, outcome.problem, agent)
    }
  }

  #settleProblem(job: Job, problem: AgentProblem, agent: AgentProcess): void {
    switch (problem.fault) {
      case 'permanent':
        job.reject(new SanadError(problem.code, problem.detail))
        return
      case 'login':
        agent.kill()
        this.#retryOrReject(job, true, problem.detail)
        return
      case 'device':
        job.reject(new SanadError(problem.code, problem.detail))
        this.#trouble = problem
        if (this.#agent === agent && ++this.#faults >= this.#limits.faults)
          this.#openCircuit(problem.detail)
        return
      case 'pin':
        job.reject(new SanadError(problem.code, problem.detail))
        this.#trouble = problem
        this.#stopForPin(problem.detail)
        return
    }
  }

  /** Once: a request that takes two agents down is not given a third. */
  #retryOrReject(job: Job, mayHelp: boolean, detail: string): void {
    const refusal = this.#refusal()
    if (mayHelp && job.isRepeatable && job.attempts < 2 && refusal === undefined) {
      job.deadline = setTimeout(() => this.#expire(job), this.#limits.deadlineMs)
      this.#queue.putBack(job)
    } else {
      job.reject(new SanadError('hsm.unavailable', detail))
    }
  }

  #expire(job: Job): void {
    if (!this.#queue.remove(job)) return
    const code = this.#state === 'ready' ? 'hsm.overloaded' : 'hsm.unavailable'
    job.reject(new SanadError(code, 'the deadline passed before the agent took the request'))
  }

  #rejectWaiting(): void {
    const refusal = this.#refusal() ?? new SanadError('hsm.unavailable')
    for (const job of this.#queue.takeAll()) {
      clearTimeout(job.deadline)
      job.reject(refusal)
    }
  }

  // ── The life of the agent ────────────────────────────────────────────────────────────────────────

  async #launch(): Promise<AgentProblem | undefined> {
    const request = await prepareOpening(this.#config)
    if ('code' in request) return this.#failToLaunch(request)
    if (this.#state === 'closed') return undefined
    const agent = new AgentProcess({
      environment: this.#config.environment,
      sessions: request.sessions,
    })
    this.#agent = agent
    const outcome = await agent.call(request, this.#limits.startMs)
    if (this.#agent !== agent) return undefined
    if ('answer' in outcome) {
      this.#opened = outcome.answer as OpenAnswer
      void agent.lost.then(() => this.#replace(agent))
      this.#enter('ready')
      this.#dispatch()
      return undefined
    }
    return this.#failToLaunch('problem' in outcome ? outcome.problem : problemOfLoss(outcome))
  }

  async #failToLaunch(problem: AgentProblem): Promise<AgentProblem> {
    this.#trouble = problem
    if (problem.fault === 'pin') {
      // A locked or expired PIN may be fixed on the token. The PIN file may be gone by now; then nothing
      // can be tried again anyway.
      if (problem.code === 'hsm.pin-refused')
        await rememberRefusal(this.#config.pinFile).catch(() => undefined)
      this.#stopForPin(problem.detail)
    } else {
      this.#openCircuit(problem.detail)
    }
    return problem
  }

  /** An agent that was ready has ended. */
  #replace(agent: AgentProcess): void {
    if (this.#agent !== agent || this.#state !== 'ready') return
    this.#restarts++
    this.#agent = undefined
    if (++this.#faults >= this.#limits.faults) {
      this.#openCircuit(agent.end)
    } else {
      this.#enter('starting', agent.end)
      void this.#launch()
    }
  }

  /** Callers are told at once, and the device is left in peace for a while. */
  #openCircuit(why: string): void {
    if (this.#state === 'closed') return
    const agent = this.#agent
    this.#agent = undefined
    agent?.kill()
    this.#enter('unavailable', why)
    this.#rejectWaiting()
    const [first, longest] = this.#limits.backoffMs
    const pauseMs = Math.min(longest, first * 2 ** this.#pauses++) * (0.5 + Math.random() / 2)
    clearTimeout(this.#pause)
    this.#pause = setTimeout(() => void this.#launch(), pauseMs)
  }

  /** Never tried again: each try may be the one that locks the token. */
  #stopForPin(why: string): void {
    if (this.#state === 'closed') return
    const agent = this.#agent
    this.#agent = undefined
    agent?.kill()
    clearTimeout(this.#pause)
    this.#enter('pin-refused', why)
    this.#rejectWaiting()
  }

  /** Keeps idle connections of network HSMs open, and finds a frozen agent before somebody needs it. */
  #checkIdleAgent(): void {
    if (this.#state !== 'ready' || this.#inFlight > 0) return
    const { callMs: limitMs, deadlineMs } = this.#limits
    this.submit({ verb: 'ping' }, { lane: 0, limitMs, deadlineMs, isRepeatable: true }).catch(
      () => undefined,
    )
  }

  #enter(state: HsmState, why = ''): void {
    if (this.#state === state || this.#state === 'closed') return
    this.#state = state
    this.#since = Date.now()
    this.#listener?.({ health: this.health(), why: why.slice(0, LONGEST_REASON) })
  }
}

/** Of a line in the log. */
const LONGEST_REASON = 300

export interface SubmitOptions {
  readonly lane: Lane
  readonly limitMs: number
  readonly deadlineMs: number
  readonly isRepeatable: boolean
}
