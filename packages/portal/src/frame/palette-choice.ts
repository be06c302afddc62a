import type { Command } from './commands.tsx'

/**
 * What Enter opens when it was pressed before the answer came: what the text spells out, or the only match. Among
 * several devices a scanner must not choose; among commands the first is what a person has in mind.
 */
export function commandToOpen<C extends Pick<Command, 'label'>>(
  found: readonly C[],
  text: string,
  mode: 'search' | 'command',
): C | undefined {
  const words = text.trim().toLowerCase()
  const spelledOut = found.find(({ label }) => label.toLowerCase() === words)
  const isClear = found.length === 1 || mode === 'command'
  return spelledOut ?? (isClear ? found[0] : undefined)
}
