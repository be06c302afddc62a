import { parseArgs } from 'node:util'
import { SanadError } from '@sanad/protocol/problems'
import { startServer } from './app.ts'
import { loadConfig } from './platform/config.ts'

/** `sanad server --config server.yaml` */
const { values } = parseArgs({ options: { config: { type: 'string' } } })

async function run(path: string): Promise<void> {
  const server = await startServer(await loadConfig(path))
  let isStopping = false
  // A terminal signals the whole group, and whoever started us may signal again: the first one counts.
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
}

if (values.config === undefined) {
  process.stderr.write('sanad server --config <server.yaml>\n')
  process.exit(2)
}
try {
  await run(values.config)
} catch (error) {
  process.stderr.write(`${error instanceof SanadError ? error.message : String(error)}\n`)
  process.exit(1)
}
