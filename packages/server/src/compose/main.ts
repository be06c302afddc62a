import { need, runProgram } from '@sanad/command-line/program'
import { PROGRAMS } from '@sanad/command-line/programs'
import { startServer } from './app.ts'
import { loadConfig } from '../platform/config.ts'
import { giveHeapBack } from '../platform/spare-heap.ts'

/** For what the failure wrote to reach standard error. */
const LONGEST_FAREWELL_MS = 1_000

await runProgram(PROGRAMS.server, async ({ values }) => {
  const config = await loadConfig(need(values.config, '--config <server.yaml>'))
  // What a failed start leaves open must not keep the process.
  const server = await startServer(config).catch((error: unknown) => {
    setTimeout(() => process.exit(), LONGEST_FAREWELL_MS).unref()
    throw error
  })
  giveHeapBack()
  let isStopping = false
  // A terminal signals the whole group, and a supervisor may signal again: the first one counts.
  const stop = (): void => {
    if (isStopping) return
    isStopping = true
    void server.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
})
