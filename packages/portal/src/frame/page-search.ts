/** What addresses of simple lists say. */
export interface CursorSearch {
  readonly after?: string
  readonly page?: number
}

export function readCursorSearch(raw: Readonly<Record<string, unknown>>): CursorSearch {
  const after = readText(raw['after'], 512)
  const page = Number(raw['page'])
  if (after === undefined) return {}
  return { after, ...(Number.isInteger(page) && page > 1 && { page }) }
}

/** `?add=true` opens the form, so that it can be linked to. */
export function readAddSearch(raw: Readonly<Record<string, unknown>>): { add?: true } {
  return raw['add'] === true ? { add: true } : {}
}

export function readText(value: unknown, longest: number): string | undefined {
  // The router reads `q=123` as a number.
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || text.trim() === '') return undefined
  return text.slice(0, longest)
}
