/** Eight letters and digits in two halves, as a technician reads them out (server: messages/support-code.ts). */
const SUPPORT_CODE = /^[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}$/i

export const isSupportCode = (text: string): boolean => SUPPORT_CODE.test(text)
