import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Demo } from '../demo.ts'
import { demoPaths } from '../demo-paths.ts'
import { findFreePort } from '../free-ports.ts'
import { checkRegistration } from './check-registration.ts'
import { checkCommands } from './check-commands.ts'
import { checkLeaks } from './check-leaks.ts'
import { checkRecord } from './check-record.ts'
const directory = await mkdtemp(join(tmpdir(), 'sanad-check-'))
await chmod(directory, 0o711)
const promises = {}
const started = performance.now()
const demo = await Demo.start(demoPaths(join(directory, 'demo')), { host: '::', port: await findFreePort(), checkInSeconds: 5 }, console.error)
try {
  await checkRegistration(demo, promises, started)
  await checkCommands(demo, promises)
  const t = performance.now()
  await checkLeaks(demo, promises)
  console.log('leaks took', performance.now() - t)
  await checkRecord(demo, promises)
} finally { await demo.stop(); await rm(directory, { recursive: true, force: true }) }
console.log(JSON.stringify(promises, null, 1))
process.exit(0)
