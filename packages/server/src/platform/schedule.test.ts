import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { SanadError } from '@sanad/protocol/text/problems'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, startTestDatabase } from '../../test/test-database.ts'
import { makeLogger } from './log.ts'
import { type Job, Schedule } from './schedule.ts'

let db: TestDatabase
const started: (Schedule | ServerProcess)[] = []
beforeEach(async () => {
  db = await startTestDatabase()
})
afterEach(async () => {
  for (const one of started.splice(0)) await one.stop()
  await db[Symbol.asyncDispose]()
})

/** Another program, which shares nothing with this one but the database. */
class ServerProcess {
  readonly #child: ChildProcess
  #said = ''

  constructor(takesMs: number) {
    const { host, user, database } = db.connection
    const program = join(import.meta.dirname, '../../test/schedule-process.ts')
    this.#child = spawn(process.execPath, [program, host, user, database, String(takesMs)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child.stdout?.on('data', (text: Buffer) => (this.#said += text.toString()))
    started.push(this)
  }

  times(word: 'looking' | 'started' | 'done'): number {
    return this.#said.split('\n').filter((line) => line === word).length
  }

  async until(word: 'looking' | 'started' | 'done'): Promise<void> {
    await expect.poll(() => this.times(word), { timeout: 30_000 }).toBeGreaterThan(0)
  }

  /** As by a power cut: nothing is put in order first. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}

async function startSchedule(run: Job['run'], everyMs = 3_600_000): Promise<Schedule> {
  const schedule = new Schedule({
    database: db.database,
    log: makeLogger('silent'),
    // Looks only when the test says so.
    lookEveryMs: 3_600_000,
    jobs: [{ name: 'test-job', everyMs, run }],
  })
  started.push(schedule)
  await schedule.start()
  return schedule
}

const readJob = () =>
  db.database
    .selectFrom('scheduled_job')
    .selectAll()
    .where('name', '=', 'test-job')
    .executeTakeFirstOrThrow()

/** Lets the times on record be so much earlier, as if so much time had passed. */
const letPass = (seconds: number) =>
  db.pool.query(
    `update scheduled_job set due_at = due_at - $1 * interval '1 second',
       held_until = held_until - $1 * interval '1 second'`,
    [seconds],
  )

describe('a job on the schedule', { timeout: 60_000 }, () => {
  it('is done by one of two processes that both look for it', async () => {
    const processes = [new ServerProcess(500), new ServerProcess(500)]
    for (const one of processes) await one.until('looking')
    await expect
      .poll(() => processes.reduce((sum, one) => sum + one.times('done'), 0), { timeout: 30_000 })
      .toBe(1)
    // Some looks later, still once.
    await wait(300)
    expect(processes.reduce((sum, one) => sum + one.times('started'), 0)).toBe(1)
    expect(await readJob()).toMatchObject({ held_by: null, failures: 0 })
  })

  it('is taken over from a process that died over it, once its lease has run out', async () => {
    const dying = new ServerProcess(600_000)
    await dying.until('started')
    await dying.stop()
    const heir = new ServerProcess(0)
    await heir.until('looking')
    await wait(300)
    expect(heir.times('started')).toBe(0)
    await letPass(61)
    await heir.until('done')
    expect(await readJob()).toMatchObject({ held_by: null, failures: 0 })
  })

  it('comes back when its time has passed, and not sooner', async () => {
    let runs = 0
    const schedule = await startSchedule(async () => void runs++, 60_000)
    await expect.poll(() => runs).toBe(1)
    await schedule.settle()
    await schedule.look()
    await schedule.settle()
    expect(runs).toBe(1)
    await letPass(61)
    await schedule.look()
    await schedule.settle()
    expect(runs).toBe(2)
  })

  it('that fails is tried again after a time that doubles, up to ten minutes', async () => {
    const schedule = await startSchedule(() =>
      Promise.reject(new SanadError('hsm.unavailable', 'away')),
    )
    const waits: number[] = []
    for (let failures = 1; failures <= 9; failures++) {
      await expect.poll(async () => (await readJob()).failures).toBe(failures)
      await schedule.settle()
      const { due_at: dueAt, last_failure: code, held_by: heldBy } = await readJob()
      expect([code, heldBy]).toEqual(['hsm.unavailable', null])
      waits.push(Math.round((dueAt.getTime() - Date.now()) / 5000) * 5)
      await letPass(3_600)
      await schedule.look()
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 600, 600])
  })

  it('that was triggered while it ran runs once more, because it may not have seen what changed', async () => {
    let runs = 0
    const gate = Promise.withResolvers<void>()
    const schedule = await startSchedule(async () => {
      runs++
      if (runs === 1) await gate.promise
    })
    await expect.poll(() => runs).toBe(1)
    await schedule.trigger('test-job')
    await schedule.trigger('test-job')
    expect(runs).toBe(1)
    gate.resolve()
    await schedule.settle()
    await schedule.look()
    await schedule.settle()
    expect(runs).toBe(2)
    await schedule.look()
    await schedule.settle()
    expect(runs).toBe(2)
  })

  it('is told when its process stops, and then another may have it', async () => {
    const schedule = await startSchedule(
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new SanadError('server.overloaded')))
        }),
    )
    await expect.poll(async () => (await readJob()).held_by).not.toBeNull()
    await schedule.stop()
    expect(await readJob()).toMatchObject({ held_by: null, held_until: null })
  })
})
