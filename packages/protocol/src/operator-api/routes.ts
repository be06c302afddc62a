/** Where the operator API is served. */
export const OPERATOR_API = '/api/v1'
