import { flag } from '../pages/search-schema.ts'

/** `?add=true` opens the form, so that it can be linked to. */
export const MODEL_SEARCH = { add: flag } as const
