import { spawn } from 'node:child_process'
import type { Demo } from '../demo.ts'
import { CLIENT } from '../programs.ts'
import { type Promises, kept, keptIf, look } from './promise.ts'

/** Two clients never work over one state folder, whatever networks they are in. */
export async function checkOneClient(demo: Demo, promises: Promises): Promise<void> {
  await look(
    promises,
    'a second client over the same folder is refused across network namespaces',
    async () => {
      const isAble = (await runElsewhere('true')).code === 0
      if (!isAble) return kept('NOT SHOWN: this account cannot make a network namespace')
      const config = demo.paths.clientConfiguration
      const second = await runElsewhere(process.execPath, CLIENT, 'once', '--config', config)
      const isRefused = second.code === 1 && second.complaint.includes('client.already-running')
      return keptIf(isRefused, `ended with ${second.code}: ${second.complaint.slice(0, 200)}`)
    },
  )
}

interface Ended {
  readonly code: number | null
  readonly complaint: string
}

/** In a network of its own, in which not even 127.0.0.1 is the same. */
function runElsewhere(...command: readonly string[]): Promise<Ended> {
  const child = spawn('unshare', ['--net', ...command], { stdio: ['ignore', 'ignore', 'pipe'] })
  const { promise, resolve } = Promise.withResolvers<Ended>()
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  child.once('error', (error) => resolve({ code: null, complaint: error.message }))
  child.once('close', (code) => resolve({ code, complaint }))
  return promise
}
