/**
 * MDS 0.9.5 › Management Client, 9: no way to capture biometrics, and none to be made to.
 *
 * The one place that has these words: the request function refuses them, and a test searches the rest of
 * the source for them.
 */
export const FORBIDDEN_VERBS: readonly string[] = ['CAPTURE', 'RCAPTURE', 'STREAM']
