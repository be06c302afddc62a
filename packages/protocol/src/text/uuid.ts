/** Lower-case, as PostgreSQL writes it. Apart from the schemas: a page reads an address without them. */
export const UUID_PATTERN = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'

const WHOLE_UUID = new RegExp(`^${UUID_PATTERN}$`)
export const isUuid = (text: string): boolean => WHOLE_UUID.test(text)
