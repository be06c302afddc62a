import { writeSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { openDatabase } from '../src/platform/database.ts'
import { makeLogger } from '../src/platform/log.ts'
import { Schedule } from '../src/platform/schedule.ts'

/** A server process as far as its schedule goes: says when the job starts, and when it has done it. */

const [host = '', user = '', database = '', takesMs = '0'] = process.argv.slice(2)
const say = (text: string): void => void writeSync(1, `${text}\n`)

const { database: db } = openDatabase({ connection: { host, user, database } })
const schedule = new Schedule({
  database: db,
  log: makeLogger('silent'),
  lookEveryMs: 50,
  jobs: [
    {
      name: 'test-job',
      everyMs: 3_600_000,
      run: async () => {
        say('started')
        await wait(Number(takesMs))
        say('done')
      },
    },
  ],
})
await schedule.start()
say('looking')
// Ended by a signal, as a process that dies.
await wait(600_000)
