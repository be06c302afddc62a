/**
 * Which file of the build each module goes to: what the sign-in needs is one file of libraries and one of ours, and
 * what several pages share is one file more. Left to itself the bundler makes a file of each set of pages that share
 * a module: 57 requests before the first letter.
 */

interface ModuleInfo {
  readonly importedIds: readonly string[]
}

interface ChunkingContext {
  getModuleInfo(id: string): ModuleInfo | null
}

/** Where the first paint starts. */
const FIRST = ['/src/main.tsx', '/src/session/sign-in-page.tsx']

const isLibrary = (id: string): boolean => id.includes('/node_modules/')

/** Names for the bundler: null leaves the module to the next group. */
export function firstChunks(root: string) {
  let first: ReadonlySet<string> | undefined
  return (id: string, context: ChunkingContext): string | null => {
    first ??= reachableFrom(
      FIRST.map((path) => `${root}${path}`),
      context,
    )
    if (!first.has(id)) return null
    return isLibrary(id) ? 'libraries' : 'start'
  }
}

/** By imports that are there from the start; what a page imports when it is opened is not. */
function reachableFrom(ids: readonly string[], context: ChunkingContext): ReadonlySet<string> {
  const reached = new Set<string>()
  const open = [...ids]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (reached.has(id)) continue
    reached.add(id)
    open.push(...(context.getModuleInfo(id)?.importedIds ?? []))
  }
  return reached
}
